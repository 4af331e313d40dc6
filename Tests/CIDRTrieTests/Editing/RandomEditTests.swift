import Addresses
import Foundation
import SeededRandom
import Testing
import Time

@testable import CIDRTrie

@Suite("Random edits")
struct RandomEditTests {
    /// 700 edits of each of 15 shapes; more by an environment variable, for a build with
    /// optimization.
    private static let editCount =
        ProcessInfo.processInfo.environment["TRIE_EDITS"].flatMap { Int($0) } ?? 700

    @Test(
        "After each edit a list decides as if compiled, and as a search of all rules does",
        arguments: ListShape.allCases
    )
    func shape(_ shape: ListShape) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var list = EditedList(shape, seed: seed)
        for number in 0..<Self.editCount {
            try list.edit(by: .inPlace)
            let place: Comment = "\(shape), seed \(seed), edit \(number)"
            let isCompared = number % shape.comparisonInterval == 0 || Self.editCount > 700
            guard expectAgreement(&list, isCompared: isCompared, place) else { return }
        }
    }

    @Test(
        "The method chosen for an edit does not change the verdicts",
        arguments: ListShape.allCases
    )
    func chosenMethod(_ shape: ListShape) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var list = EditedList(shape, seed: seed)
        for number in 0..<40 {
            try list.edit(by: nil)
            let place: Comment = "\(shape), seed \(seed), edit \(number)"
            guard expectAgreement(&list, isCompared: false, place) else { return }
        }
    }

    /// - Returns: `false` once something is wrong.
    private func expectAgreement(
        _ list: inout EditedList,
        isCompared: Bool,
        _ place: Comment
    ) -> Bool {
        let addresses = list.addresses()
        let now = list.randomTime()
        let trie = list.trie
        let compiled = isCompared ? CompiledTrie(trie.rules) : nil
        for address in addresses {
            let expected = list.match(for: address, at: nil)
            let isRight =
                trie.match(for: address) == expected
                && trie.verdict(for: address)
                    == (expected.map { trie.rules.action(of: $0) } ?? .deny)
                && trie.match(for: address, at: now) == list.match(for: address, at: now)
                && compiled.map { $0.match(for: address) == expected } ?? true
            guard isRight else {
                Issue.record("\(address) at \(now.seconds): \(place)")
                return false
            }
        }
        do {
            if isCompared { try trie.checkInvariants() }
        } catch {
            Issue.record("\(error): \(place)")
            return false
        }
        return true
    }
}

extension ListShape {
    /// Without optimization, compiling takes long if the root table has 65,536 slots.
    fileprivate var comparisonInterval: Int {
        switch self {
        case .levelled, .crowded, .wide6: 200
        default: 20
        }
    }
}

import Addresses
import SeededRandom
import Synchronization
import Testing
import Time

@testable import CIDRTrie

/// Worth most under the thread sanitizer.
@Suite("Lookups while a list is edited")
struct PublicationTests {
    /// What readers take and a writer replaces.
    private final class Published: Sendable {
        private let trie: Mutex<CompiledTrie>
        private let isFinished = Mutex(false)

        init(_ trie: CompiledTrie) { self.trie = Mutex(trie) }

        var current: CompiledTrie {
            get { trie.withLock { $0 } }
            set { trie.withLock { $0 = newValue } }
        }

        var isDone: Bool { isFinished.withLock { $0 } }

        func finish() { isFinished.withLock { $0 = true } }
    }

    @Test(
        "Each version decides by its own rules, however many versions come after it",
        arguments: [ListShape.hosts, .routes, .mixed, .levelled]
    )
    func readers(_ shape: ListShape) async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var list = EditedList(shape, seed: seed)
        let published = Published(list.trie)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for reader in 0..<3 {
                group.addTask {
                    var random = SeededGenerator(seed: seed &+ UInt64(reader))
                    var lookupCount = 0
                    repeat {
                        Self.look(up: shape, in: published.current, &random, seed)
                        lookupCount += 1
                        await Task.yield()
                    } while !published.isDone
                    return lookupCount
                }
            }
            for _ in 0..<200 {
                try list.edit(by: .inPlace)
                published.current = list.trie
                await Task.yield()
            }
            published.finish()
            for try await lookupCount in group { #expect(lookupCount > 0) }
        }
        try list.trie.checkInvariants()
    }

    /// A rule that matches contains the address, and is enabled, in the same version.
    private static func look(
        up shape: ListShape,
        in trie: CompiledTrie,
        _ random: inout SeededGenerator,
        _ seed: UInt64
    ) {
        for _ in 0..<20 {
            let address = shape.block(&random).first
            guard let index = trie.match(for: address, at: UnixTime(seconds: 0)) else { continue }
            let isRight =
                trie.rules.block(of: index).contains(address) && trie.rules.isEnabled(index)
                && trie.verdict(for: address) == trie.rules.action(of: index)
            if !isRight { Issue.record("\(address), \(shape), seed \(seed)") }
        }
    }
}

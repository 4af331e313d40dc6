import Addresses
import CIDRTrie

/// How long a change of one list takes, compared to compiling it again.
///
/// The list before the change is kept, as by those who are still reading it.
struct EditReport: Codable {
    var list: String
    var ruleCount: Int
    /// Milliseconds by kind of edit; medians.
    var milliseconds: [String: Double] = [:]
    var compileMilliseconds: Double
    /// What the list takes after all edits: all of it, and what edits have left unused.
    var byteCount: Int
    var freeByteCount: Int

    init(of sample: SampleList, rounds: Int) throws {
        let rules = CIDRList(parsing: sample.text.span).rules
        var edited = EditedList(CompiledTrie(rules), seed: UInt64(rules.count))
        var times: [String: [Double]] = [:]
        for _ in 0..<max(rounds, 3) {
            for kind in EditedList.Kind.allCases {
                let (insertion, removal) = try edited.insertAndRemove(kind)
                times["add \(kind.rawValue)", default: []].append(insertion)
                times["remove \(kind.rawValue)", default: []].append(removal)
            }
            times["change a description", default: []].append(try edited.changeDescription())
        }
        list = sample.name
        ruleCount = rules.count
        milliseconds = times.mapValues(\.median)
        compileMilliseconds =
            (0..<3).map { _ in
                nanoseconds(per: 1) { _ = CompiledTrie(rules) } / 1e6
            }.median
        let statistics = edited.trie.statistics
        byteCount = statistics.byteCount + statistics.ruleByteCount
        freeByteCount = statistics.freeByteCount
    }
}

/// A list that is changed by one edit at a time.
struct EditedList {
    enum Kind: String, CaseIterable {
        case host = "a /32"
        case eighth = "a /8"
        case all = "0.0.0.0/0"

        var prefixLength: UInt8 {
            switch self {
            case .host: 32
            case .eighth: 8
            case .all: 0
            }
        }
    }

    private(set) var trie: CompiledTrie
    private var random: SplitMix64

    init(_ trie: CompiledTrie, seed: UInt64) {
        self.trie = trie
        random = SplitMix64(state: seed)
    }

    /// - Returns: milliseconds.
    mutating func insertAndRemove(_ kind: Kind) throws -> (insertion: Double, removal: Double) {
        let bits = UInt32.random(in: 0...UInt32.max, using: &random)
        let block = CIDRBlock(
            containing: .v4(IPv4Address(bits: bits)),
            prefixLength: kind.prefixLength
        )
        var index = 0
        let insertion = try milliseconds(.insert(Rule(block: block, action: .deny)), &index)
        return (insertion, try milliseconds(.remove(index), &index))
    }

    mutating func changeDescription() throws -> Double {
        guard let index = trie.ascending.randomElement(using: &random) else { return 0 }
        var rule = trie.rules[index]
        rule.description = "changed"
        var unused = 0
        return try milliseconds(.replace(index, with: rule), &unused)
    }

    private mutating func milliseconds(_ edit: RuleEdit, _ index: inout Int) throws -> Double {
        var next = trie
        var indices: [Int] = []
        let start = ContinuousClock.now
        indices = try next.apply([edit])
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        trie = next
        index = indices[0]
        return Double(seconds) * 1e3 + Double(attoseconds) / 1e15
    }
}

extension EditReport {
    /// In Markdown.
    static func table(_ reports: [EditReport]) -> String {
        let kinds = Set(reports.flatMap(\.milliseconds.keys)).sorted()
        let head =
            ["list", "rules"] + kinds.map { "\($0) ms" }
            + ["compile ms", "bytes per rule", "free bytes"]
        let rows = reports.map { report in
            [report.list, "\(report.ruleCount)"]
                + kinds.map { ListReport.figure(report.milliseconds[$0] ?? 0, places: 3) }
                + [
                    ListReport.figure(report.compileMilliseconds),
                    ListReport.figure(Double(report.byteCount) / Double(report.ruleCount)),
                    "\(report.freeByteCount)",
                ]
        }
        let rule = ["---"] + head.dropFirst().map { _ in "--:" }
        return ([head, rule] + rows).map { "| \($0.joined(separator: " | ")) |" }
            .joined(separator: "\n")
    }
}

import Addresses
import CIDRTrie
import Foundation

/// What one list takes and how fast it answers.
struct ListReport: Codable {
    var list: String
    var ruleCount: Int
    var parseMilliseconds: Double
    var orderMilliseconds: Double
    var compileMilliseconds: Double
    var imageLoadMilliseconds: Double
    var bytesPerRule: Double
    var bytesPerRuleWithRules: Double
    var lookups: [String: LookupTimes] = [:]

    init(of sample: SampleList, rounds: Int) throws {
        list = sample.name
        var parsed = CIDRList(parsing: sample.text.span)
        guard let error = parsed.errors.first else {
            let ruleSet = try RuleSet(parsed.rules)
            let trie = CompiledTrie(ruleSet)
            let image = trie.image()
            ruleCount = parsed.rules.count
            let builds = 3
            parseMilliseconds = Self.milliseconds(builds) {
                parsed = CIDRList(parsing: sample.text.span)
            }
            orderMilliseconds = try Self.milliseconds(builds) { _ = try RuleSet(parsed.rules) }
            compileMilliseconds = Self.milliseconds(builds) { _ = CompiledTrie(ruleSet) }
            imageLoadMilliseconds = try Self.milliseconds(builds) {
                _ = try CompiledTrie(image: image)
            }
            let statistics = trie.statistics
            bytesPerRule = Double(statistics.byteCount) / Double(ruleCount)
            bytesPerRuleWithRules =
                bytesPerRule + Double(statistics.ruleByteCount) / Double(ruleCount)
            lookups = Self.lookups(in: trie, rounds: rounds)
            return
        }
        throw SampleError(list: sample.name, error: error)
    }

    private static func milliseconds(_ rounds: Int, _ body: () throws -> Void) rethrows -> Double {
        var times: [Double] = []
        for _ in 0..<rounds {
            let start = ContinuousClock.now
            try body()
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            times.append(Double(seconds) * 1e3 + Double(attoseconds) / 1e15)
        }
        return times.median
    }

    private static func lookups(in trie: CompiledTrie, rounds: Int) -> [String: LookupTimes] {
        let queries = Queries(inside: trie.rules)
        var times: [String: [LookupTimes]] = [:]
        var sum: UInt32 = 0
        if !queries.v4.isEmpty {
            let painted = DIR248(trie.rules)
            let ranges = RangeLookup(painted)
            expectAgreement(TrieLookup(trie: trie), painted, ranges, about: queries.v4)
            for _ in 0..<rounds {
                times[TrieLookup.name, default: []].append(
                    LookupTimes(TrieLookup(trie: trie), queries.v4, sum: &sum)
                )
                times[RangeLookup.name, default: []].append(
                    LookupTimes(ranges, queries.v4, sum: &sum)
                )
                times[DIR248.name, default: []].append(LookupTimes(painted, queries.v4, sum: &sum))
            }
        } else {
            for _ in 0..<rounds {
                times[TrieLookup.name, default: []].append(LookupTimes(trie, queries.v6, sum: &sum))
            }
        }
        if sum == 1 { FileHandle.standardError.write(Data("\n".utf8)) }
        return times.mapValues(LookupTimes.init(medianOf:))
    }
}

/// Structures that disagree are not worth a measurement.
private func expectAgreement(
    _ trie: TrieLookup,
    _ painted: DIR248,
    _ ranges: RangeLookup,
    about queries: [UInt32]
) {
    for bits in queries {
        let found = trie.find(bits)
        precondition(
            painted.find(bits) == found && ranges.find(bits) == found,
            "\(IPv4Address(bits: bits)): \(found), \(painted.find(bits)), \(ranges.find(bits))"
        )
    }
}

struct SampleError: Error, CustomStringConvertible {
    let list: String
    let error: CIDRListError

    var description: String { "\(list):\(error)" }
}

/// Random addresses inside random blocks.
struct Queries {
    static let count = 1_000_000
    private(set) var v4: [UInt32] = []
    private(set) var v6: [IPv6Address] = []

    init(inside rules: RuleTable) {
        var random = SplitMix64(state: 1)
        let blocks = rules.map(\.block)
        for _ in 0..<Self.count {
            guard let block = blocks.randomElement(using: &random) else { return }
            let host = UInt128.random(in: 0...UInt128.max, using: &random) & block.hostMask
            switch IPAddress(block.family, bits: block.network.bits | host) {
            case .v4(let address): v4.append(address.bits)
            case .v6(let address): v6.append(address)
            }
        }
    }
}

extension ListReport {
    static func json(_ reports: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(reports), as: UTF8.self)
    }

    /// In Markdown.
    static func table(_ reports: [ListReport]) -> String {
        let head = """
            | list | structure | independent ns | dependent ns | cold ns |
            |---|---|---|---|---|
            """
        let lookups = reports.flatMap { report in
            report.lookups.sorted { $0.key < $1.key }.map { name, times in
                let figures = [times.independent, times.dependent, times.cold].map { figure($0) }
                return "| \(report.list) | \(name) | \(figures.joined(separator: " | ")) |"
            }
        }
        let buildHead = """
            | list | rules | parse ms | order ms | compile ms | load image ms | bytes a rule | with the rules |
            |---|---|---|---|---|---|---|---|
            """
        let builds = reports.map { report in
            let times = [
                report.parseMilliseconds, report.orderMilliseconds, report.compileMilliseconds,
                report.imageLoadMilliseconds, report.bytesPerRule, report.bytesPerRuleWithRules,
            ].map { figure($0) }
            return "| \(report.list) | \(report.ruleCount) | \(times.joined(separator: " | ")) |"
        }
        return ([head] + lookups + ["", buildHead] + builds).joined(separator: "\n")
    }

    static func figure(_ number: Double, places: Int = 1) -> String {
        String(format: number < 10 ? "%.\(places)f" : "%.0f", number)
    }
}

import SeededRandom
import TestInputs
import Testing
import Traffic

/// Random connects and ends of many sources, each failure with its seed.
@Suite("The table of sources under random load")
struct SourceTableRandomTests {
    /// What a source has, counted naively.
    private struct Count {
        var open = 0
        var bucket: LeakyBucket

        mutating func release() {
            open = max(0, open - 1)
        }
    }

    @Test("It decides as separate counts and leaky buckets do", arguments: SeededGenerator.seeds)
    func agreement(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let (connections, rate) = (4, 20)
        let limits = SourceTableTests.limits(connections: connections, rate: rate)
        var table = SourceTable(capacity: 1_000)
        var counts: [Int: Count] = [:]
        var now: Int64 = 0
        for _ in 0..<5_000 {
            now += generator.span(bitCount: 6)
            let number = Int.random(in: 0..<12, using: &generator)
            if Int.random(in: 0..<3, using: &generator) == 0 {
                table.release(SourceTableTests.source(number))
                counts[number]?.release()
                continue
            }
            let fresh = LeakyBucket(ratePerSecond: Int64(rate), capacity: 40, at: now)
            var count = counts[number] ?? Count(bucket: fresh)
            let expected: SourceTable.Admission =
                !count.bucket.take(at: now)
                ? .tooFast : count.open < connections ? .admitted : .tooManyConnections
            if expected == .admitted { count.open += 1 }
            counts[number] = count
            let admission = table.admit(SourceTableTests.source(number), limits: limits, at: now)
            #expect(admission == expected, "seed \(seed), at \(now)")
        }
    }

    @Test(
        "A flood of sources neither outgrows it nor lifts a limit",
        arguments: SeededGenerator.seeds
    )
    func flood(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let limits = SourceTableTests.limits(connections: 3, rate: 5)
        var table = SourceTable(capacity: 16)
        var open: [Int: Int] = [:]
        var now: Int64 = 0
        for _ in 0..<20_000 {
            now += generator.span(bitCount: 8)
            let number = Int.random(in: 0..<60, using: &generator)
            if let count = open[number], count > 0, Bool.random(using: &generator) {
                table.release(SourceTableTests.source(number))
                open[number] = count - 1
            } else if table.admit(SourceTableTests.source(number), limits: limits, at: now)
                == .admitted
            {
                open[number, default: 0] += 1
            }
            #expect(table.count <= 16, "seed \(seed)")
            #expect(open[number, default: 0] <= 3, "seed \(seed)")
        }
    }
}

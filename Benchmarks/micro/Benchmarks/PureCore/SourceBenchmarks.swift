import Addresses
import Benchmark
import Traffic

/// As many sources as the table behind one of the gateway's locks remembers.
private let capacity = 2_048
/// Monotonic milliseconds.
private let now: Int64 = 3_600_000
private let newcomer = SourceKey(.v4(IPv4Address(203, 0, 113, 7)))

func measureSources() {
    measure("Sources: a known one comes and goes", each: Sample.sources) {
        SourceTable(Sample.sources)
    } change: { table, source in
        table.admit(source, expecting: .admitted)
        table.release(source)
    }
    measure("Sources: a new one comes", each: Sample.sources) {
        SourceTable(capacity: capacity)
    } change: { table, source in
        table.admit(source, expecting: .admitted)
    }
    measure("Sources: one that comes too often is refused", each: Sample.sources) {
        SourceTable(Sample.sources + Sample.sources)
    } change: { table, source in
        table.admit(source, expecting: .tooFast)
    }
    measure("Sources: a full table does not count a new one", each: Sample.sources) {
        var table = SourceTable(Sample.otherSources(count: capacity))
        // Looks in vain for sources to forget, which the next ones then do not.
        table.admit(newcomer, expecting: .uncounted)
        return table
    } change: { table, source in
        table.admit(source, expecting: .uncounted)
    }
    measureSweep()
}

/// What a new source may have to wait for, once every 100 ms.
private func measureSweep() {
    Benchmark("Sources: 2,048 are forgotten for a new one", configuration: .alone) { benchmark in
        let sources = Sample.otherSources(count: capacity)
        var table = SourceTable(sources)
        for source in sources { table.release(source) }
        benchmark.startMeasurement()
        table.admit(newcomer, at: now + 60_000, expecting: .admitted)
        benchmark.stopMeasurement()
        require(table.count == 1, "nothing was forgotten")
    }
}

extension SourceTable {
    /// A table where each of `sources` has come once.
    fileprivate init(_ sources: [SourceKey]) {
        self.init(capacity: capacity)
        for source in sources { admit(source, expecting: .admitted) }
    }

    /// One new connection per second, and two in a burst.
    fileprivate mutating func admit(
        _ source: SourceKey,
        at now: Int64 = now,
        expecting expected: Admission
    ) {
        var limits = ConnectionLimits()
        limits.connectRatePerSource = 1
        let admission = admit(source, limits: limits, at: now)
        require(admission == expected, "\(admission) in place of \(expected)")
    }
}

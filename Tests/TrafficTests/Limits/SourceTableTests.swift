import Addresses
import Testing
import Traffic

@Suite("The table of sources")
struct SourceTableTests {
    static func source(_ number: Int) -> SourceKey {
        SourceKey(.v4(IPv4Address(bits: UInt32(truncatingIfNeeded: number))))
    }

    static func limits(connections: Int = 0, rate: Int = 0) -> ConnectionLimits {
        var limits = ConnectionLimits()
        limits.connectionsPerSource = connections
        limits.connectRatePerSource = rate
        return limits
    }

    private let source = Self.source(1)

    @Test("A source has at most as many concurrent connections as its limit")
    func concurrency() {
        let limits = Self.limits(connections: 3)
        var table = SourceTable(capacity: 8)
        for _ in 0..<3 { #expect(table.admit(source, limits: limits, at: 0) == .admitted) }
        #expect(table.admit(source, limits: limits, at: 0) == .tooManyConnections)
        #expect(table.admit(Self.source(2), limits: limits, at: 0) == .admitted)
        table.release(source)
        #expect(table.admit(source, limits: limits, at: 0) == .admitted)
        #expect(table.admit(source, limits: limits, at: 0) == .tooManyConnections)
    }

    @Test("A source opens twice its rate in one burst, and then its rate")
    func rate() {
        let limits = Self.limits(rate: 10)
        var table = SourceTable(capacity: 8)
        let burst = (0..<100).count { _ in
            table.admit(source, limits: limits, at: 5) == .admitted
        }
        #expect(burst == 20)
        #expect(table.admit(source, limits: limits, at: 104) == .tooFast)
        #expect(table.admit(source, limits: limits, at: 105) == .admitted)
        #expect(table.admit(source, limits: limits, at: 105) == .tooFast)
    }

    @Test("Releasing gives connections back, not what counts for the rate")
    func releaseAndRate() {
        let limits = Self.limits(connections: 1, rate: 1)
        var table = SourceTable(capacity: 8)
        for _ in 0..<2 {
            #expect(table.admit(source, limits: limits, at: 0) == .admitted)
            table.release(source)
        }
        #expect(table.admit(source, limits: limits, at: 0) == .tooFast)
    }

    @Test("A limit of 0 means no limit")
    func noLimits() {
        var table = SourceTable(capacity: 2)
        for number in 0..<1_000 {
            let admission = table.admit(Self.source(number % 5), limits: Self.limits(), at: 0)
            #expect(admission == (table.count == 2 && number % 5 > 1 ? .uncounted : .admitted))
        }
        #expect(table.count <= 2)
    }

    @Test("Releasing an unknown source changes nothing")
    func unknownRelease() {
        let limits = Self.limits(connections: 1)
        var table = SourceTable(capacity: 2)
        table.release(source)
        #expect(table.count == 0)
        #expect(table.admit(source, limits: limits, at: 0) == .admitted)
        for _ in 0..<3 { table.release(source) }
        #expect(table.admit(source, limits: limits, at: 0) == .admitted)
        #expect(table.admit(source, limits: limits, at: 0) == .tooManyConnections)
    }

    @Test("A full table denies no client: it only counts the sources that it knows")
    func full() {
        let limits = Self.limits(connections: 5)
        var table = SourceTable(capacity: 3)
        for number in 0..<3 {
            #expect(table.admit(Self.source(number), limits: limits, at: 0) == .admitted)
        }
        #expect(table.admit(Self.source(3), limits: limits, at: 10_000) == .uncounted)
        #expect(table.admit(Self.source(2), limits: limits, at: 10_000) == .admitted)
        #expect(table.count == 3)
    }

    @Test(
        "A full table forgets sources without connections: first those whose rate has recovered"
    )
    func forgetting() {
        let limits = Self.limits(connections: 5, rate: 1)
        var table = SourceTable(capacity: 3)
        for number in 0..<3 {
            let admission = table.admit(
                Self.source(number),
                limits: limits,
                at: Int64(number) * 500
            )
            #expect(admission == .admitted)
        }
        table.release(Self.source(0))
        table.release(Self.source(1))
        #expect(table.admit(Self.source(3), limits: limits, at: 1_000) == .admitted)
        #expect(table.count == 3, "source 0 has all of its rate again, source 1 not yet")
        #expect(table.admit(Self.source(4), limits: limits, at: 1_100) == .admitted)
        #expect(table.count == 3, "only those without connections go")
        table.release(Self.source(2))
        #expect(table.admit(Self.source(2), limits: limits, at: 1_100) == .admitted)
    }

    @Test("A full table is swept no more often than every 100 ms")
    func sweeping() {
        let limits = Self.limits(connections: 5)
        var table = SourceTable(capacity: 1)
        #expect(table.admit(Self.source(0), limits: limits, at: 0) == .admitted)
        #expect(table.admit(Self.source(1), limits: limits, at: 0) == .uncounted)
        table.release(Self.source(0))
        #expect(table.admit(Self.source(1), limits: limits, at: 99) == .uncounted)
        #expect(table.admit(Self.source(1), limits: limits, at: 100) == .admitted)
    }
}

import Operations
import Policy
import Testing
import Time

@Suite("Counts per minute")
struct CountHistoryTests {
    /// A minute's beginning.
    private let start: Int64 = 1_795_428_000

    private func listener(
        _ warehouse: String?,
        address: String = "0.0.0.0:9030",
        protocol: ServiceProtocol = .mysql,
        accepted: UInt64,
        denied: UInt64 = 0,
        active: Int = 0,
        bytes: UInt64 = 0
    ) -> ListenerStatus {
        var status = ListenerStatus()
        status.warehouse = warehouse
        status.address = address
        status.protocol = `protocol`
        status.accepted = accepted
        status.admitted = accepted - denied
        status.denied = denied > 0 ? ["notInWhitelist": denied] : [:]
        status.ends = ["clientClosed": accepted - UInt64(active)]
        status.activeConnections = active
        status.bytesIn = bytes
        return status
    }

    /// Just after the minute with this number has ended.
    private func end(of minute: Int64) -> UnixTime {
        UnixTime(seconds: start + (minute + 1) * 60 + 1)
    }

    private func series(_ history: CountHistory, step: Int64? = nil) throws -> CountTable.Series {
        try #require(try history.table(step: step).series.first)
    }

    @Test("A minute has what the counters have more at its end")
    func minutes() throws {
        var history = CountHistory()
        history.record(
            [listener("W", accepted: 3, denied: 1, active: 2, bytes: 10)],
            at: end(of: 0)
        )
        history.record(
            [listener("W", accepted: 3, denied: 1, active: 1, bytes: 10)],
            at: end(of: 1)
        )
        history.record(
            [listener("W", accepted: 9, denied: 2, active: 4, bytes: 70)],
            at: end(of: 2)
        )
        let series = try series(history)
        #expect(series.accepted == [3, 0, 6] && series.denied == [1, 0, 1])
        #expect(series.admitted == [2, 0, 5] && series.closed == [1, 1, 3])
        #expect(series.active == [2, 1, 4] && series.bytesIn == [10, 0, 60])
        #expect(try history.table().since == UnixTime(seconds: start))
    }

    @Test("Listeners of one warehouse, link and protocol are one series")
    func sums() throws {
        var history = CountHistory()
        history.record(
            [
                listener("W", accepted: 1, active: 1),
                listener("W", address: "b", accepted: 2, active: 2),
                listener("W", protocol: .http, accepted: 5), listener(nil, accepted: 7),
            ],
            at: end(of: 0)
        )
        let table = try history.table()
        #expect(table.series.map(\.accepted) == [[7], [3], [5]])
        #expect(table.series.map(\.active) == [[0], [3], [0]])
        #expect(table.series.map(\.warehouse) == [nil, "W", "W"])
    }

    @Test("A listener that was replaced counts from its beginning")
    func restart() throws {
        var history = CountHistory()
        history.record([listener("W", accepted: 100)], at: end(of: 0))
        history.record([listener("W", accepted: 4)], at: end(of: 1))
        history.record([], at: end(of: 2))
        #expect(try series(history).accepted == [100, 4, 0])
    }

    @Test("Denials are counted by reason too, over all listeners of a series")
    func reasons() throws {
        func denying(_ address: String, _ denied: [String: UInt64]) -> ListenerStatus {
            var status = listener("W", address: address, accepted: 9)
            status.denied = denied
            return status
        }
        var history = CountHistory()
        history.record(
            [denying("a", ["notInWhitelist": 2]), denying("b", ["notInWhitelist": 1])],
            at: end(of: 0)
        )
        history.record(
            [denying("a", ["notInWhitelist": 2, "linkClosed": 4]), denying("b", [:])],
            at: end(of: 2)
        )
        #expect(
            try series(history).deniedBy == [
                "notInWhitelist": [3, 0, 0], "linkClosed": [0, 0, 4],
            ]
        )
        #expect(try series(history, step: 5).deniedBy["linkClosed"] == [4])
        // Only minutes that are shown count.
        let late = try history.table(since: end(of: 0)).series[0]
        #expect(late.deniedBy == ["linkClosed": [0, 4]])
    }

    @Test("Reasons without room are in the sum; those that are silent make room")
    func reasonLimit() throws {
        var history = CountHistory(reasonLimit: 1)
        var status = listener("W", accepted: 9)
        status.denied = ["notInWhitelist": 2]
        history.record([status], at: end(of: 0))
        status.denied = ["notInWhitelist": 2, "linkClosed": 1]
        history.record([status], at: end(of: 1))
        #expect(try series(history).deniedBy.keys.sorted() == ["notInWhitelist"])
        #expect(try series(history).denied == [2, 1])
        status.denied["linkClosed"] = 5
        history.record([status], at: end(of: 1_500))
        #expect(try series(history, step: 1).deniedBy.keys.sorted() == ["linkClosed"])
    }

    @Test("Minutes that were missed are empty")
    func gaps() throws {
        var history = CountHistory()
        history.record([listener("W", accepted: 1)], at: end(of: 0))
        history.record([listener("W", accepted: 9)], at: end(of: 4))
        #expect(try series(history).accepted == [1, 0, 0, 0, 8])
    }

    @Test("A day is kept, in rings that do not grow")
    func day() throws {
        var history = CountHistory()
        for minute in 0..<2_000 {
            history.record(
                [listener("W", accepted: UInt64(minute) + 1)],
                at: end(of: Int64(minute))
            )
        }
        let table = try history.table(step: 1)
        #expect(table.steps == 1_440 && table.series.map(\.accepted.count) == [1_440])
        #expect(table.series[0].accepted.allSatisfy { $0 == 1 })
        #expect(table.since == UnixTime(seconds: start + 560 * 60))
    }

    @Test("A gap of more than a day leaves nothing behind")
    func longGap() throws {
        var history = CountHistory()
        history.record([listener("W", accepted: 5)], at: end(of: 0))
        history.record([listener("W", accepted: 6)], at: end(of: 1_000_000))
        let series = try series(history, step: 1)
        #expect(series.accepted.count == 1_440 && series.accepted.reduce(0, +) == 1)
    }

    @Test("A clock that is set back takes back the minutes after it")
    func clock() throws {
        var history = CountHistory()
        for minute in 0..<10 {
            history.record(
                [listener("W", accepted: UInt64(minute) + 1)],
                at: end(of: Int64(minute))
            )
        }
        history.record([listener("W", accepted: 12)], at: end(of: 4))
        #expect(try series(history).accepted == [1, 1, 1, 1, 3])
        history.record([listener("W", accepted: 13)], at: end(of: -3))
        #expect(try series(history).accepted == [1])
        history.record([listener("W", accepted: 14)], at: UnixTime(seconds: -5))
        #expect(try history.table().steps == 1)
    }

    @Test("Steps are sums, and start at multiples of their length")
    func steps() throws {
        var history = CountHistory()
        for minute in 3..<12 {
            history.record(
                [listener("W", accepted: UInt64(minute) - 2, active: 1)],
                at: end(of: Int64(minute))
            )
        }
        let table = try history.table(step: 5)
        #expect(table.since == UnixTime(seconds: start) && table.stepSeconds == 300)
        #expect(table.series[0].accepted == [2, 5, 2] && table.steps == 3)
        let later = try history.table(since: UnixTime(seconds: start + 10 * 60), step: 5)
        #expect(later.series[0].accepted == [2])
    }

    @Test("Any since is understood, however far away", arguments: [Int64.min, -1, 0, .max])
    func extremes(_ seconds: Int64) throws {
        var history = CountHistory()
        history.record([listener("W", accepted: 1)], at: end(of: 0))
        #expect(try history.table(since: UnixTime(seconds: seconds)).steps == 1)
    }

    @Test("There are at most so many series; silent ones make room")
    func limit() throws {
        var history = CountHistory(seriesLimit: 2)
        let all = (0..<5).map { listener("W\($0)", accepted: $0 < 4 ? 1 : 0) }
        history.record(all, at: end(of: 0))
        #expect(history.seriesCount == 2 && history.omittedSeries == 2)
        history.record(all, at: end(of: 2_000))
        #expect(history.omittedSeries == 0)
        let new = (5..<7).map { listener("W\($0)", accepted: 1) }
        history.record(new, at: end(of: 2_001))
        #expect(try history.table(step: 1).series.map(\.warehouse) == ["W5", "W6"])
    }

    @Test("What a reader may not see is not in the table")
    func scope() throws {
        var history = CountHistory()
        history.record([listener("A", accepted: 1), listener("B", accepted: 1)], at: end(of: 0))
        #expect(try history.table { $0 == "B" }.series.map(\.warehouse) == ["B"])
    }

    @Test("Too long an answer is refused, with the step that does; without a step it is chosen")
    func tooLong() throws {
        var history = CountHistory()
        let all = (0..<100).map { listener("W\($0)", accepted: 1) }
        history.record(all, at: end(of: 0))
        history.record(all, at: end(of: 1_439))
        #expect(try history.table().stepSeconds == 300)
        #expect(throws: CountQueryError.tooManyValues(limit: 50_000, step: 300)) {
            try history.table(step: 1)
        }
        #expect(try history.table(step: 1) { $0 == "W7" }.steps == 1_440)
    }

    @Test("Before the first minute there is nothing")
    func empty() throws {
        let table = try CountHistory().table()
        #expect(table.series.isEmpty && table.steps == 0 && table.since == nil)
    }
}

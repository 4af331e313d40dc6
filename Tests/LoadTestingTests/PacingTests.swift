import Addresses
import Testing

@testable import LoadTesting

@Suite struct PacingTests {
    @Test func handsOutAnOpenLoopsBeginningsAtTheirTimes() {
        var pacer = Pacer(.openLoop(perSecond: 1_000), start: 5_000_000, end: 10_000_000)
        #expect(pacer.take(at: 4_999_999) == nil)
        #expect(pacer.take(at: 5_000_000) == 5_000_000)
        #expect(pacer.nextDue(at: 5_000_000) == 6_000_000)
        // After a stall all that were due come at once, each from its own time.
        #expect(pacer.take(at: 9_500_000) == 6_000_000)
        #expect(pacer.take(at: 9_500_000) == 7_000_000)
        #expect(pacer.missed.count == 2)
        #expect(pacer.take(at: 9_500_000) == 8_000_000)
        #expect(pacer.take(at: 9_500_000) == 9_000_000)
        #expect(pacer.take(at: 11_000_000) == nil)
        #expect(!pacer.isExhausted(at: 9_500_000))
        #expect(pacer.isExhausted(at: 10_000_000))
        #expect(pacer.missed.count == 0)
    }

    @Test func dropsTheBacklogOfTheWarmUpWhereMeasuringBegins() {
        var pacer = Pacer(
            .openLoop(perSecond: 1_000),
            start: 0,
            measuredFrom: 5_000_000,
            end: 10_000_000
        )
        #expect(pacer.take(at: 4_000_000) == 0)
        #expect(pacer.nextDue(at: 4_000_000) == 1_000_000)
        #expect(pacer.take(at: 7_000_000) == 5_000_000)
        #expect(pacer.missedInWarmUp == 4)
        #expect(pacer.missed.count == 4)
    }

    @Test func beginsNothingFromTheEndOnWhateverWasDueBefore() {
        var pacer = Pacer(.openLoop(perSecond: 1_000), start: 0, end: 10_000_000)
        #expect(pacer.take(at: 9_999_999) == 0)
        #expect(pacer.take(at: 10_000_000) == nil)
        #expect(pacer.isExhausted(at: 10_000_000))
        var waits: [Int64] = []
        pacer.missed.forEachWait(until: 10_000_000) { wait, count in
            waits += [Int64](repeating: wait, count: count)
        }
        #expect(waits == (1...9).map { 10_000_000 - $0 * 1_000_000 })
    }

    @Test func tellsTheWaitsOfMillionsInFewGroups() {
        let pacer = Pacer(.openLoop(perSecond: 10_000_000), start: 0, end: 1_000_000_000)
        var (groups, count, sum) = (0, 0, 0.0)
        pacer.missed.forEachWait(until: 1_000_000_000) {
            groups += 1
            count += $1
            sum += Double($0) * Double($1)
        }
        #expect(count == 10_000_000)
        #expect(groups <= 10_001)
        #expect(abs(sum / Double(count) - 5e8) < 1e6)
    }

    @Test(arguments: [Pace.closedLoop, .openLoop(perSecond: 1_000)])
    func doesNotCountTheWarmUpAgainstTheLimit(pace: Pace) {
        var pacer = Pacer(pace, start: 0, measuredFrom: 5_000_000, end: 90_000_000, limit: 2)
        for _ in 0..<3 { #expect(pacer.take(at: 4_000_000) != nil) }
        #expect(pacer.take(at: 6_000_000) != nil)
        #expect(pacer.take(at: 7_000_000) != nil)
        #expect(pacer.take(at: 8_000_000) == nil)
        #expect(pacer.isExhausted(at: 8_000_000))
        #expect(pacer.missed.count == 0)
    }

    @Test(arguments: [0.3, 3, 7, 999.9, 48_000, 1e8 / 3])
    func findsThePlaceOfATimeInASchedule(rate: Double) throws {
        let schedule = Schedule(.openLoop(perSecond: rate), start: 1_000)
        for place in [0, 1, 2, 1_000, 123_457] {
            let due = try #require(schedule.due(place, at: 0))
            #expect(schedule.firstPlace(dueFrom: due) <= place)
            #expect(schedule.firstPlace(dueFrom: due + 1) > place)
        }
    }

    @Test func doesNotDriftOverMillionsOfOperations() {
        var pacer = Pacer(.openLoop(perSecond: 3), start: 0, end: .max)
        var last: Int64 = 0
        for _ in 0..<3_000_001 { last = pacer.take(at: .max - 1) ?? -1 }
        #expect(last == 1_000_000_000_000_000)
    }

    @Test func handsOutAClosedLoopsBeginningsAtOnceUpToTheEndOrTheLimit() {
        var pacer = Pacer(.closedLoop, start: 0, end: 100, limit: 2)
        #expect(pacer.take(at: 7) == 7)
        #expect(pacer.take(at: 8) == 8)
        #expect(pacer.take(at: 9) == nil)
        var ended = Pacer(.closedLoop, start: 0, end: 100)
        #expect(ended.take(at: 100) == nil)
        #expect(ended.missed.count == 0)
    }

    @Test(arguments: [1, 2, 3, 7])
    func sharesAPlanWithoutRest(threads: Int) {
        var plan = LoadPlan()
        plan.connections = 100
        plan.threads = threads
        plan.operationLimit = 1_001
        plan.pace = .openLoop(perSecond: 900)
        let shares = (0..<threads).map { plan.share(ofThread: $0) }
        #expect(shares.map(\.connections).reduce(0, +) == 100)
        #expect(shares.compactMap(\.operationLimit).reduce(0, +) == 1_001)
        #expect(shares.allSatisfy { $0.pace == .openLoop(perSecond: 900 / Double(threads)) })
    }

    @Test func tellsWhatIsWrongWithAPlan() {
        var plan = LoadPlan()
        #expect(plan.problem == nil)
        plan.threads = 2
        #expect(plan.problem == "use at least one connection per thread")
        plan.connections = 2
        plan.duration = .zero
        #expect(plan.problem == "use a duration and a timeout above 0")
        plan.duration = .seconds(1)
        plan.pace = .openLoop(perSecond: .nan)
        #expect(plan.problem?.contains("rate") == true)
    }

    @Test func takesClientsFromAllBlocksInTurn() throws {
        let blocks = ["10.0.0.0/31", "2001:db8::/127"].compactMap { try? CIDRBlock(parsing: $0) }
        let clients = try #require(ClientAddresses(blocks))
        let addresses = (0..<6).map { "\(clients.client(ofConnection: $0).ip)" }
        #expect(
            addresses == [
                "10.0.0.0", "2001:db8::", "10.0.0.1", "2001:db8::1", "10.0.0.0", "2001:db8::",
            ]
        )
        #expect(clients.client(ofConnection: .max).port >= 1_024)
        #expect(ClientAddresses([]) == nil)
    }
}

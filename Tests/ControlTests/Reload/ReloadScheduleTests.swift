import Testing

@testable import Control

@Suite("Which reload runs")
struct ReloadScheduleTests {
    @Test("However many are requested while one runs, one more runs")
    func latestWins() {
        var schedule = ReloadSchedule()
        #expect(schedule.request() == .start(1))
        for _ in 0..<10 { #expect(schedule.request() == .wait) }
        #expect(schedule.beginApplying(1) == true)
        #expect(schedule.end(1) == .start(2))
        #expect(schedule.end(2) == nil)
        #expect(schedule.request() == .start(3))
    }

    @Test("One that does not load in time is abandoned, never applied, and followed by the next")
    func deadline() {
        var schedule = ReloadSchedule()
        _ = schedule.request()
        #expect(schedule.request() == .wait)
        #expect(schedule.passDeadline(of: 1) == true)
        #expect(schedule.answerWaiting() == .start(2))
        #expect(
            schedule.beginApplying(1) == false,
            "an old configuration must not replace a newer one"
        )
        #expect(schedule.end(1) == nil)
        #expect(schedule.beginApplying(2) == true)
    }

    @Test("One that applies, or has ended, is not abandoned")
    func late() {
        var schedule = ReloadSchedule()
        _ = schedule.request()
        _ = schedule.beginApplying(1)
        #expect(schedule.passDeadline(of: 1) == false)
        _ = schedule.end(1)
        _ = schedule.request()
        #expect(schedule.passDeadline(of: 1) == false)
        #expect(schedule.beginApplying(2) == true)
    }

    @Test("Abandoned reloads hold only a few threads; when one ends, reloads run again")
    func refusal() {
        var schedule = ReloadSchedule()
        for number in 1...ReloadSchedule.abandonedLimit {
            #expect(schedule.request() == .start(number))
            #expect(schedule.passDeadline(of: number) == true)
        }
        #expect(schedule.request() == .refuse)
        _ = schedule.end(2)
        #expect(schedule.request() == .start(ReloadSchedule.abandonedLimit + 1))
    }
}

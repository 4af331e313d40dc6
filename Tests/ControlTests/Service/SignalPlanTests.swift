import Glibc
import Testing

@testable import Control

@Suite("What each signal does")
struct SignalPlanTests {
    @Test("SIGHUP reloads, SIGUSR1 only opens logs again, SIGUSR2 does nothing")
    func steering() {
        var plan = SignalPlan()
        #expect(plan.action(for: SIGHUP) == .reload)
        #expect(plan.action(for: SIGUSR1) == .reopenLogs)
        #expect(plan.action(for: SIGUSR2) == nil)
        #expect(plan.action(for: SIGHUP) == .reload)
    }

    @Test("The first SIGTERM or SIGINT drains, the second exits", arguments: [SIGTERM, SIGINT])
    func stopping(second: Int32) {
        var plan = SignalPlan()
        #expect(plan.action(for: SIGTERM) == .stop)
        #expect(plan.action(for: SIGHUP) == .reopenLogs, "no policy changes while it drains")
        #expect(plan.action(for: second) == .exit)
        #expect(plan.action(for: second) == .exit)
    }
}

import SeededRandom
import TestInputs
import Testing

@testable import Traffic

@Suite("A backend's health")
struct BackendHealthTests {
    /// Connects that fail one after the other, all at the same moment.
    private func fail(_ health: inout BackendHealth, times: Int, at now: Int64) {
        for _ in 0..<times { _ = health.handle(.connectFailed, at: now) }
    }

    @Test("A backend of unknown health may be used")
    func fresh() {
        let health = BackendHealth(rise: 2, fall: 3)
        #expect(health.isUsable(at: 0))
        #expect(health.isUntroubled)
    }

    @Test("Three failed connects in a row eject it for a second")
    func ejection() {
        var health = BackendHealth(rise: 2, fall: 3)
        #expect(health.handle(.connectFailed, at: 10) == nil)
        #expect(health.handle(.connectFailed, at: 10) == nil)
        #expect(health.isUsable(at: 10))
        #expect(!health.isUntroubled)
        #expect(health.handle(.connectFailed, at: 10) == .becameUnusable)
        #expect(!health.isUsable(at: 10))
        #expect(!health.isUsable(at: 1_009))
        #expect(health.isUsable(at: 1_010))
    }

    @Test("A successful connect in between resets the count")
    func interrupted() {
        var health = BackendHealth(rise: 2, fall: 3)
        fail(&health, times: 2, at: 0)
        #expect(health.handle(.connected, at: 0) == nil)
        #expect(health.isUntroubled)
        fail(&health, times: 2, at: 0)
        #expect(health.isUsable(at: 0))
    }

    @Test("Each ejection is twice as long as the one before, up to a minute")
    func backoff() {
        var health = BackendHealth(rise: 2, fall: 3)
        var now: Int64 = 0
        fail(&health, times: 2, at: now)
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] as [Int64] {
            fail(&health, times: 1, at: now)
            #expect(!health.isUsable(at: now + seconds * 1_000 - 1), "\(seconds) s")
            now += seconds * 1_000
            #expect(health.isUsable(at: now), "\(seconds) s")
        }
    }

    @Test("Connects in progress when it was ejected do not extend the ejection")
    func underWay() {
        var health = BackendHealth(rise: 2, fall: 3)
        fail(&health, times: 3, at: 0)
        fail(&health, times: 50, at: 500)
        #expect(health.isUsable(at: 1_000))
        fail(&health, times: 1, at: 1_000)
        #expect(!health.isUsable(at: 2_999))
        #expect(health.isUsable(at: 3_000), "the second ejection, not the fiftieth")
    }

    @Test("On probation one success clears it, and the next ejection is a short one again")
    func probation() {
        var health = BackendHealth(rise: 2, fall: 3)
        fail(&health, times: 3, at: 0)
        fail(&health, times: 1, at: 1_000)
        #expect(health.handle(.connected, at: 3_000) == .becameUsable)
        #expect(health.isUntroubled)
        fail(&health, times: 3, at: 4_000)
        #expect(health.isUsable(at: 5_000))
    }

    @Test("A number of failed checks in a row make it unhealthy, a number of good ones healthy")
    func checks() {
        var health = BackendHealth(rise: 2, fall: 3)
        #expect(health.handle(.checkFailed, at: 0) == nil)
        #expect(health.handle(.checkFailed, at: 0) == nil)
        #expect(health.isUsable(at: 0))
        #expect(health.handle(.checkFailed, at: 0) == .becameUnusable)
        #expect(!health.isUsable(at: 1 << 50), "time alone brings nothing back")
        #expect(health.handle(.checkSucceeded, at: 0) == nil)
        #expect(!health.isUsable(at: 0))
        #expect(health.handle(.checkSucceeded, at: 0) == .becameUsable)
        #expect(health.isUsable(at: 0))
        #expect(health.isUntroubled)
    }

    @Test("A check with the other result resets the count, in either direction")
    func interruptedChecks() {
        var health = BackendHealth(rise: 2, fall: 2)
        for _ in 0..<5 {
            #expect(health.handle(.checkFailed, at: 0) == nil)
            #expect(health.handle(.checkSucceeded, at: 0) == nil)
        }
        _ = health.handle(.checkFailed, at: 0)
        #expect(health.handle(.checkFailed, at: 0) == .becameUnusable)
        for _ in 0..<5 {
            #expect(health.handle(.checkSucceeded, at: 0) == nil)
            #expect(health.handle(.checkFailed, at: 0) == nil)
        }
        #expect(!health.isUsable(at: 0))
    }

    @Test("Good checks clear an ejection; a client's connect does not undo failed checks")
    func bothJudges() {
        var ejected = BackendHealth(rise: 2, fall: 3)
        fail(&ejected, times: 3, at: 0)
        #expect(ejected.handle(.checkSucceeded, at: 1) == nil)
        #expect(ejected.handle(.checkSucceeded, at: 2) == .becameUsable)
        #expect(ejected.isUsable(at: 2))

        var down = BackendHealth(rise: 2, fall: 1)
        #expect(down.handle(.checkFailed, at: 0) == .becameUnusable)
        #expect(down.handle(.connected, at: 0) == nil)
        #expect(!down.isUsable(at: 0))
    }

    @Test(
        "A backend that checks and connects both fail is reported once, and is up when both succeed"
    )
    func outTwice() {
        var health = BackendHealth(rise: 1, fall: 1)
        fail(&health, times: 3, at: 0)
        #expect(health.handle(.checkFailed, at: 0) == nil)
        #expect(health.handle(.connected, at: 2_000) == nil)
        #expect(health.handle(.checkSucceeded, at: 2_000) == .becameUsable)
    }

    @Test("Before the first check its state is unknown; the first check decides alone")
    func firstCheck() {
        var good = BackendHealth(rise: 3, fall: 3, isChecked: true)
        #expect(good.state == .notChecked)
        #expect(good.isUsable(at: 0))
        #expect(!good.isUntroubled, "the first check has something to change")
        #expect(good.handle(.checkSucceeded, at: 0) == nil)
        #expect(good.state == .healthy)
        #expect(good.isUntroubled)

        var dead = BackendHealth(rise: 3, fall: 3, isChecked: true)
        #expect(dead.handle(.checkFailed, at: 0) == .becameUnusable)
        #expect(dead.state == .unhealthy)
        #expect(dead.handle(.checkSucceeded, at: 0) == nil)
        #expect(dead.state == .unhealthy, "from now on as many as configured")

        #expect(BackendHealth(rise: 3, fall: 3).state == .healthy, "no check is to come")
    }

    @Test("Its state is the last result: the end of an ejection does not make it healthy")
    func lastResult() {
        var health = BackendHealth(rise: 2, fall: 3)
        fail(&health, times: 3, at: 0)
        #expect(health.isUsable(at: 5_000))
        #expect(health.state == .unhealthy)
        _ = health.handle(.connected, at: 5_000)
        #expect(health.state == .healthy)
    }

    @Test("Connects that fail before the first check eject it")
    func ejectedUnchecked() {
        var health = BackendHealth(rise: 2, fall: 3, isChecked: true)
        fail(&health, times: 3, at: 0)
        #expect(health.state == .unhealthy)
        #expect(health.handle(.checkSucceeded, at: 0) == .becameUsable)
        #expect(health.state == .healthy)
    }

    @Test("Rise and fall are at least one")
    func leastThresholds() {
        var health = BackendHealth(rise: 0, fall: -5)
        #expect(health.handle(.checkFailed, at: 0) == .becameUnusable)
        #expect(health.handle(.checkSucceeded, at: 0) == .becameUsable)
    }

    @Test(
        "Whatever happens, down and up are reported alternately",
        arguments: SeededGenerator.seeds
    )
    func turns(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let events: [BackendHealth.Event] = [
            .connected, .connectFailed, .connectFailed, .checkSucceeded, .checkFailed,
        ]
        var health = BackendHealth(rise: 2, fall: 3)
        var isOut = false
        var now: Int64 = 0
        for _ in 0..<5_000 {
            now += generator.span(bitCount: 12)
            let event = events.randomElement(using: &generator) ?? .connected
            if let transition = health.handle(event, at: now) {
                #expect((transition == .becameUnusable) == !isOut, "seed \(seed)")
                isOut = transition == .becameUnusable
            }
            if isOut { #expect(!health.isUntroubled, "seed \(seed)") }
            if !isOut { #expect(health.isUsable(at: now), "seed \(seed)") }
        }
    }
}

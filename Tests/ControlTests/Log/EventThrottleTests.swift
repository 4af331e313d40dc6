import Logging
import Testing

@testable import Control

@Suite("Which events have a line")
struct EventThrottleTests {
    private static let start = ContinuousClock.now

    private func event(_ subject: String, _ sentence: String) -> OperatorEvent {
        OperatorEvent(subject: subject, sentence: sentence, level: .notice)
    }

    private func at(_ seconds: Double) -> ContinuousClock.Instant {
        Self.start + .seconds(seconds)
    }

    @Test("Down, up, down: each state has its line immediately")
    func states() {
        var throttle = EventThrottle()
        for (moment, state) in [(0.0, "down"), (1, "up"), (2, "down")] {
            #expect(throttle.admit(event("b", state), at: at(moment)) == true, "\(state)")
        }
        #expect(throttle.closeWindows(at: at(60)) == [], "nothing was held back")
    }

    @Test("However often a state changes, the last line shows the current one")
    func flapping() {
        var throttle = EventThrottle()
        var lines: [String] = []
        for step in 0..<10_001 {
            let change = event("b", step.isMultiple(of: 2) ? "down" : "up")
            if throttle.admit(change, at: at(Double(step) / 10)) { lines.append(change.sentence) }
            lines += throttle.closeWindows(at: at(Double(step) / 10)).map(\.event.sentence)
        }
        lines += throttle.closeWindows(at: at(1_020)).map(\.event.sentence)
        #expect(lines.last == "down")
        // Four in a window of ten seconds and the one that ends it, of which there are 100.
        #expect(lines.count <= 101 * (EventThrottle.burst + 1))
    }

    @Test("A repeated event has one line, and a second one with the count")
    func repetition() {
        var throttle = EventThrottle()
        #expect(throttle.admit(event("a", "full"), at: at(0)) == true)
        for _ in 0..<500 { #expect(throttle.admit(event("a", "full"), at: at(3)) == false) }
        #expect(throttle.closeWindows(at: at(9)) == [])
        let line = EventThrottle.Line(event: event("a", "full"), suppressedCount: 500)
        #expect(throttle.closeWindows(at: at(10)) == [line])
        #expect(throttle.closeWindows(at: at(30)) == [])
        #expect(throttle.nextEnd == nil, "nothing is remembered for ever")
    }

    @Test("Subjects do not hide each other, however many there are, and memory is bounded")
    func subjects() {
        var throttle = EventThrottle()
        for number in 0..<(2 * EventThrottle.subjectLimit) {
            #expect(throttle.admit(event("s\(number)", "x"), at: at(0)) == true)
        }
        #expect(throttle.closeWindows(at: at(10)) == [])
    }
}

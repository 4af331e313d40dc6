import SeededRandom
import TestInputs
import Testing
import Traffic

/// Random operations on the wheel and on a naive reference; each failure prints its seed.
@Suite("The timer wheel and a naive one agree")
struct TimerWheelRandomTests {
    private static let starts: [Int64] = [0, -1, 63, 4_095, -(1 << 37) - 5, 1 << 36, 1 << 50]

    @Test("on short and on very long times", arguments: SeededGenerator.seeds)
    func agreement(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for start in Self.starts {
            for bitCount in [4, 8, 14, 20, 40] {
                var trial = Trial(startingAt: start, seed: seed, bitCount: bitCount)
                for _ in 0..<300 { trial.step(&generator) }
                trial.finish()
            }
        }
    }

    private struct Trial {
        var wheel: TimerWheel
        var reference: ReferenceTimers
        let seed: UInt64
        let bitCount: Int

        init(startingAt tick: Int64, seed: UInt64, bitCount: Int) {
            wheel = TimerWheel(startingAt: tick)
            reference = ReferenceTimers(startingAt: tick)
            self.seed = seed
            self.bitCount = bitCount
        }

        mutating func step(_ generator: inout SeededGenerator) {
            let id = Int.random(in: 0..<40, using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5: schedule(id, &generator)
            case 5: cancel(id)
            case 6: advance(to: wheel.nextDeadline ?? reference.now)
            case 7: advance(to: reference.nextDeadline ?? reference.now)
            case 8: advance(to: (reference.nextDeadline ?? reference.now) - 1)
            default: advance(to: reference.now + generator.span(bitCount: bitCount))
            }
            check()
        }

        private mutating func schedule(_ id: Int, _ generator: inout SeededGenerator) {
            let isPast = Int.random(in: 0..<8, using: &generator) == 0
            let span = generator.span(bitCount: bitCount)
            let deadline = reference.now + (isPast ? -span : span)
            wheel.schedule(id, at: deadline)
            reference.schedule(id, at: deadline)
        }

        private mutating func cancel(_ id: Int) {
            wheel.cancel(id)
            reference.cancel(id)
        }

        private mutating func advance(to tick: Int64) {
            let expired = wheel.advance(to: tick)
            let expected = reference.advance(to: tick)
            #expect(expired.sorted() == expected.keys.sorted(), "seed \(seed), to \(tick)")
            let moments = expired.compactMap { expected[$0] }
            #expect(moments == moments.sorted(), "the earliest first; seed \(seed)")
        }

        private func check() {
            #expect(wheel.count == reference.deadlines.count, "seed \(seed)")
            let scheduled = (0..<40).filter { wheel.isScheduled($0) }
            #expect(scheduled == reference.deadlines.keys.sorted(), "seed \(seed)")
            guard let deadline = reference.nextDeadline, let next = wheel.nextDeadline else {
                #expect(wheel.nextDeadline == nil && reference.nextDeadline == nil, "seed \(seed)")
                return
            }
            #expect(next >= reference.now && next <= deadline, "seed \(seed)")
        }

        /// Following its own word from one deadline to the next, everything fires in the end.
        mutating func finish() {
            var turns = 0
            while let next = wheel.nextDeadline, turns < 10_000 {
                advance(to: next)
                check()
                turns += 1
            }
            #expect(wheel.count == 0, "seed \(seed)")
        }
    }
}

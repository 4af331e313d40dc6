import Testing
import Time

@testable import Control

@Suite("A clock that is believed as long as it is steady")
struct SteadyClockTests {
    private let start = ContinuousClock.now
    private let time = UnixTime(seconds: 1_795_428_000)

    /// The clock's answer to a wall clock that is ahead by `jump` after some hours.
    private func read(
        _ clock: inout SteadyClock,
        hours: Int64,
        ahead jump: Int64 = 0
    ) -> UnixTime? {
        clock.reading(
            UnixTime(seconds: time.seconds + hours * 3_600 + jump),
            at: start + .seconds(hours * 3_600)
        )
    }

    @Test("A steady clock is believed at once and for years")
    func steady() {
        var clock = SteadyClock(at: time, since: start)
        #expect(read(&clock, hours: 0) == time)
        for hours: Int64 in [1, 2, 3, 1_000, 100_000] {
            #expect(read(&clock, hours: hours, ahead: hours % 7) != nil)
        }
    }

    @Test("After a jump forward it is not believed for a day; then it is")
    func forward() {
        var clock = SteadyClock(at: time, since: start)
        let jump: Int64 = 30 * 86_400
        #expect(read(&clock, hours: 1, ahead: jump) == nil)
        #expect(read(&clock, hours: 2, ahead: jump) == nil)
        #expect(read(&clock, hours: 24, ahead: jump) == nil)
        #expect(read(&clock, hours: 25, ahead: jump) != nil)
    }

    @Test("A jump that is taken back ends nothing, in either direction")
    func back() {
        var clock = SteadyClock(at: time, since: start)
        #expect(read(&clock, hours: 1, ahead: -30 * 86_400) != nil)
        #expect(read(&clock, hours: 2) == nil)
        #expect(read(&clock, hours: 27) != nil)
    }

    @Test("Nor do readings that cannot be subtracted from each other stop it")
    func extremes() {
        var clock = SteadyClock(at: UnixTime(seconds: .min), since: start)
        #expect(clock.reading(UnixTime(seconds: .max), at: start) == nil)
        #expect(clock.reading(UnixTime(seconds: .min), at: start + .seconds(1)) == nil)
    }
}

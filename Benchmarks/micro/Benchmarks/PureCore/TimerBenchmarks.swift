import Traffic

/// The number of connections with a timer.
private let timerCount = 10_000
private let now: Int64 = 3_600_000
/// Milliseconds that a connection may be idle.
private let idleLimit: Int64 = 600_000

func measureTimers() {
    let ids = Array(0..<Sample.count)
    measure("Timers: one of 10,000 is set anew", each: ids) {
        TimerWheel.busy
    } change: { wheel, id in
        wheel.schedule(id, at: now + idleLimit + Int64(id))
    }
    measure("Timers: one more than 10,000 comes and goes", each: ids) {
        TimerWheel.busy
    } change: { wheel, id in
        wheel.schedule(timerCount + id, at: now + idleLimit)
        wheel.cancel(timerCount + id)
    }
    measure("Timers: one of 10,000 is set anew, and the wait with it", each: ids) {
        TimerWheel.busy
    } change: { wheel, id in
        wheel.schedule(id, at: now + idleLimit + Int64(id))
        require(wheel.nextDeadline != nil, "no deadline")
    }
    measureAdvances()
}

private func measureAdvances() {
    let milliseconds = (1...Int64(Sample.count)).map { now + $0 }
    measure("Timers: a millisecond passes, and none of 10,000 fires", each: milliseconds) {
        TimerWheel.busy
    } change: { wheel, tick in
        require(wheel.advance(to: tick).isEmpty, "a timer fired")
    }
    measure("Timers: a millisecond passes, and one fires", each: milliseconds) {
        var wheel = TimerWheel.busy
        for (id, tick) in milliseconds.enumerated() { wheel.schedule(id, at: tick) }
        return wheel
    } change: { wheel, tick in
        require(wheel.advance(to: tick).count == 1, "not one timer fired")
    }
}

extension TimerWheel {
    /// Each connection's deadline is somewhere in the second half of the idle limit.
    fileprivate static var busy: TimerWheel {
        var random = SplitMix64(seed: 5)
        var wheel = TimerWheel(startingAt: now)
        for id in 0..<timerCount {
            wheel.schedule(id, at: now + .random(in: idleLimit / 2...idleLimit, using: &random))
        }
        return wheel
    }
}

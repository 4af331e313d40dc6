import Time

/// When a run begins, is measured and ends: nanoseconds of the monotonic clock.
package struct MeasuringWindow: Hashable, Sendable {
    package var start: Int64
    /// The end of the warm-up.
    package var measuredFrom: Int64
    /// Nothing begins after this time; running operations may end.
    package var end: Int64

    package init(start: Int64, warmUp: Duration, duration: Duration) {
        self.start = start
        measuredFrom = start + warmUp.nanoseconds
        end = measuredFrom + duration.nanoseconds
    }

    /// `time` relative to the start of the measured time; `nil` if it is outside.
    func offset(of time: Int64) -> Int64? { contains(time) ? time - measuredFrom : nil }

    /// Whether `time` is in the measured time.
    package func contains(_ time: Int64) -> Bool { time >= measuredFrom && time < end }

    /// The length of the measured time, in nanoseconds.
    package var measuredNanoseconds: Int64 { end - measuredFrom }
}

/// When operations are due, by their place in the sequence: a function of the pace alone.
struct Schedule {
    let pace: Pace
    /// When an open loop's first operation is due, in nanoseconds of the monotonic clock.
    private let start: Int64

    /// The maximum number of operations: no run has time for more.
    private static let placeLimit = 1e15

    init(_ pace: Pace, start: Int64) {
        self.pace = pace
        self.start = start
    }

    /// When the operation at `place` is due; in a closed loop, now.
    func due(_ place: Int, at now: Int64) -> Int64? {
        switch pace {
        case .closedLoop: now
        case .openLoop(let rate): due(place, rate)
        case .none: nil
        }
    }

    /// The first place whose operation is due at `time` or later; 0 in a closed loop.
    func firstPlace(dueFrom time: Int64) -> Int {
        guard case .openLoop(let rate) = pace, time > start else { return 0 }
        var place = Int(min((Double(time - start) * rate / 1e9).rounded(.up), Self.placeLimit))
        // The product is rounded differently from the quotient.
        while place > 0, due(place - 1, rate) >= time { place -= 1 }
        while due(place, rate) < time, Double(place) < Self.placeLimit { place += 1 }
        return place
    }

    /// Computed from the place, not accumulated: rounding errors do not grow.
    private func due(_ place: Int, _ rate: Double) -> Int64 {
        let (time, overflow) = start.addingReportingOverflow(
            Int64(min(Double(place) * 1e9 / rate, 4e18))
        )
        return overflow ? .max : time
    }
}

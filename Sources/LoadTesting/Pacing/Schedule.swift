/// When operations are due, by their place in a row: a function of the pace alone.
struct Schedule {
    let pace: Pace
    /// When an open loop's first operation is due, in nanoseconds of the monotonic clock.
    private let start: Int64

    /// The most operations of a schedule: no run has time for more.
    private static let placeLimit = 1e15

    init(_ pace: Pace, start: Int64) {
        self.pace = pace
        self.start = start
    }

    /// When the operation at `place` is due; a closed loop's whenever one asks.
    func due(_ place: Int, at now: Int64) -> Int64? {
        switch pace {
        case .closedLoop: now
        case .openLoop(let rate): due(place, rate)
        case .none: nil
        }
    }

    /// The first place whose operation is due at `time` or later; 0 where nothing has a time.
    func firstPlace(dueFrom time: Int64) -> Int {
        guard case .openLoop(let rate) = pace, time > start else { return 0 }
        var place = Int(min((Double(time - start) * rate / 1e9).rounded(.up), Self.placeLimit))
        // The product is rounded otherwise than the quotient.
        while place > 0, due(place - 1, rate) >= time { place -= 1 }
        while due(place, rate) < time, Double(place) < Self.placeLimit { place += 1 }
        return place
    }

    /// Computed from the place, not added up: errors of rounding do not grow.
    private func due(_ place: Int, _ rate: Double) -> Int64 {
        let (time, overflow) = start.addingReportingOverflow(
            Int64(min(Double(place) * 1e9 / rate, 4e18))
        )
        return overflow ? .max : time
    }
}

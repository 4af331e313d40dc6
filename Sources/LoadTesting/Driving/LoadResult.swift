/// What a run came to.
package struct LoadResult: Sendable {
    package let tally: Tally
    /// How long was measured, in nanoseconds: less than planned where something ended the run, and
    /// 0 where that was before the end of the warm-up.
    package let measuredNanoseconds: Int64
    package let ending: RunEnding

    /// - Parameter end: when the run ended: at most the window's end.
    init(tally: Tally, window: MeasuringWindow, _ end: Int64, _ ending: RunEnding) {
        self.tally = tally
        self.ending = ending
        measuredNanoseconds = max(0, min(end, window.end) - window.measuredFrom)
    }

    /// Operations that succeeded a second.
    package var operationsPerSecond: Double { perSecond(tally.completedInTime) }

    /// A count of what happened in the measured time, for each second of it; 0 for no time.
    package func perSecond(_ count: Int) -> Double {
        measuredNanoseconds > 0 ? Double(count) * 1e9 / Double(measuredNanoseconds) : 0
    }
}

/// Which events are written to the log, and when: an attack or an outage must not fill a disk, and
/// the last line about a subject must still be true.
///
/// A sentence that is new for its subject is written immediately, but at most ``burst`` of them in
/// ``window``. What is held back is counted, and at the end of the window the latest sentence is
/// written, with that count.
struct EventThrottle {
    /// An event to be written.
    struct Line: Equatable {
        var event: OperatorEvent
        /// Events of the same subject that have no line.
        var suppressedCount: Int
    }

    static let window = Duration.seconds(10)
    /// Sentences of one subject in one window: down, up and down again have their lines.
    static let burst = 4
    /// Maximum number of subjects; events of further ones are written immediately.
    static let subjectLimit = 1_024

    private struct Recent {
        var windowEnd: ContinuousClock.Instant
        var latest: OperatorEvent
        var lineCount = 1
        var suppressedCount = 0
    }

    private var recent: [String: Recent] = [:]

    /// Decides on an event.
    ///
    /// - Returns: whether it is written now.
    mutating func admit(_ event: OperatorEvent, at now: ContinuousClock.Instant) -> Bool {
        guard var known = recent[event.subject] else {
            if recent.count < Self.subjectLimit {
                recent[event.subject] = Recent(windowEnd: now + Self.window, latest: event)
            }
            return true
        }
        let isNews = known.latest.sentence != event.sentence && known.lineCount < Self.burst
        known.latest = event
        if isNews { known.lineCount += 1 } else { known.suppressedCount += 1 }
        recent[event.subject] = known
        return isNews
    }

    /// Ends the windows that are over.
    ///
    /// - Returns: what is written now, by subject.
    mutating func closeWindows(at now: ContinuousClock.Instant) -> [Line] {
        let over = recent.filter { $0.value.windowEnd <= now }
        for (subject, _) in over { recent[subject] = nil }
        let lines = over.values.filter { $0.suppressedCount > 0 }
            .sorted { $0.latest.subject < $1.latest.subject }
        for line in lines {
            recent[line.latest.subject] = Recent(windowEnd: now + Self.window, latest: line.latest)
        }
        return lines.map { Line(event: $0.latest, suppressedCount: $0.suppressedCount) }
    }

    /// When the first window ends; `nil` if none is open.
    var nextEnd: ContinuousClock.Instant? { recent.values.lazy.map(\.windowEnd).min() }
}

/// Which reload runs: one at a time; of those requested meanwhile one more, the latest; and one
/// that does not finish is abandoned, so that the next can run.
///
/// A reload first loads, which may block forever (a file on a disk that is gone), and then applies,
/// which may not. An abandoned one never applies.
struct ReloadSchedule {
    /// What a request leads to.
    enum Answer: Equatable {
        /// Run this one now.
        case start(Int)
        /// It runs when the one under way has ended.
        case wait
        /// Too many abandoned ones still block.
        case refuse
    }

    /// Abandoned reloads that may block at the same time: each holds a thread.
    static let abandonedLimit = 4

    private struct Running {
        let number: Int
        var isApplying = false
    }

    private var running: Running?
    private var isRequested = false
    private var abandoned: Set<Int> = []
    private var lastNumber = 0

    mutating func request() -> Answer {
        guard running == nil else {
            isRequested = true
            return .wait
        }
        guard abandoned.count < Self.abandonedLimit else { return .refuse }
        lastNumber += 1
        running = Running(number: lastNumber)
        return .start(lastNumber)
    }

    /// - Returns: whether what was loaded may be applied.
    mutating func beginApplying(_ number: Int) -> Bool {
        guard running?.number == number else { return false }
        running?.isApplying = true
        return true
    }

    /// A reload has ended, an abandoned one perhaps.
    ///
    /// - Returns: what the requests that came meanwhile lead to; `nil` for none.
    mutating func end(_ number: Int) -> Answer? {
        abandoned.remove(number)
        guard running?.number == number else { return nil }
        running = nil
        return answerWaiting()
    }

    /// The time of a reload is over.
    ///
    /// - Returns: whether it is abandoned, which it is if it still loads.
    mutating func passDeadline(of number: Int) -> Bool {
        guard let running, running.number == number, !running.isApplying else { return false }
        abandoned.insert(number)
        self.running = nil
        return true
    }

    /// - Returns: as ``end(_:)``.
    mutating func answerWaiting() -> Answer? {
        guard isRequested else { return nil }
        isRequested = false
        return request()
    }
}

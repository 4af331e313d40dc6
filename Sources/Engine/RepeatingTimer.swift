import Dispatch
import Time

/// Calls back periodically, on its own queue.
final class RepeatingTimer: Sendable {
    private let label: String
    private let interval: Duration
    /// Made when it starts: a source must be activated before it is released.
    private let source = Locked<Source?>(nil)

    private struct Source: @unchecked Sendable {
        // @unchecked: Dispatch lets any thread use a source.
        let timer: any DispatchSourceTimer
    }

    init(label: String, every interval: Duration) {
        self.label = label
        self.interval = interval
    }

    deinit {
        stop()
    }

    /// Starts; the first call is after `delay`. Call it once.
    func start(after delay: Duration, _ handler: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: label, qos: .utility)
        let made = Source(timer: DispatchSource.makeTimerSource(queue: queue))
        made.timer.setEventHandler(handler: handler)
        made.timer.schedule(
            deadline: .now() + .nanoseconds(Int(clamping: delay.nanoseconds)),
            repeating: .nanoseconds(Int(clamping: interval.nanoseconds))
        )
        source.withLock { $0 = made }
        made.timer.activate()
    }

    func stop() {
        source.withLock { source in
            source?.timer.cancel()
            source = nil
        }
    }
}

import Dispatch

/// Calls back again and again, on a queue of its own.
final class RepeatingTimer: @unchecked Sendable {
    // @unchecked: Dispatch lets any thread use a source.
    private let source: any DispatchSourceTimer
    private let interval: Duration

    init(label: String, every interval: Duration) {
        source = DispatchSource.makeTimerSource(queue: DispatchQueue(label: label, qos: .utility))
        self.interval = interval
    }

    deinit {
        source.cancel()
    }

    /// Begins; the first call comes after `delay`. Called once.
    func start(after delay: Duration, _ handler: @escaping @Sendable () -> Void) {
        source.setEventHandler(handler: handler)
        source.schedule(
            deadline: .now() + .nanoseconds(Int(clamping: delay.nanoseconds)),
            repeating: .nanoseconds(Int(clamping: interval.nanoseconds))
        )
        source.activate()
    }

    func stop() {
        source.cancel()
    }
}

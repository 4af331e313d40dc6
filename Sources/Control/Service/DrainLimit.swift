import Synchronization

/// How long a drain may take, according to the newest configuration.
final class DrainLimit: Sendable {
    private let duration: Mutex<Duration>

    init(_ duration: Duration) {
        self.duration = Mutex(duration)
    }

    var current: Duration {
        get { duration.withLock { $0 } }
        set { duration.withLock { $0 = newValue } }
    }
}

import Settings
import Sockets

extension KeepaliveOptions {
    /// In the whole seconds that the system counts in, each at least one.
    init(_ settings: Keepalive) {
        self.init(
            idleSeconds: Self.seconds(settings.idle),
            intervalSeconds: Self.seconds(settings.interval),
            count: Int32(clamping: max(1, settings.count))
        )
    }

    private static func seconds(_ duration: Duration) -> Int32 {
        Int32(clamping: max(1, duration.components.seconds))
    }
}

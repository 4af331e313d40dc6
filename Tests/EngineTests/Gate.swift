import Dispatch

@testable import Engine

/// A shard of which a test decides when it goes on.
final class Gate: Sendable {
    private let isHeld = DispatchSemaphore(value: 0)
    private let mayGoOn = DispatchSemaphore(value: 0)

    /// - Parameter next: what the shard does first when it goes on.
    init(_ port: ShardPort, next: @escaping @Sendable (Shard) -> Void = { _ in }) {
        port.post(
            .perform { [isHeld, mayGoOn] shard in
                isHeld.signal()
                mayGoOn.wait()
                next(shard)
            }
        )
    }

    /// Whether the shard waits here by now.
    var isClosed: Bool { isHeld.wait(timeout: .now()) == .success }

    func open() { mayGoOn.signal() }
}

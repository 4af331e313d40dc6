/// How long a connection is used.
enum ConnectionLife: Hashable, Sendable {
    /// Opened at the run's start, and again where it ends. An operation never waits for a connect
    /// in a closed loop.
    case persistent
    /// Opened for an operation, which counts from before the connect, then used for so many in all.
    case operations(Int)

    static func keeping(_ keeps: Bool) -> Self { keeps ? .persistent : .operations(1) }

    /// - Parameter count: `nil` for all there are.
    static func serving(_ count: Int?) -> Self { count.map { .operations($0) } ?? .persistent }

    /// Whether a connection that served `count` operations may serve another.
    func permits(after count: Int) -> Bool {
        switch self {
        case .persistent: true
        case .operations(let limit): count < limit
        }
    }
}

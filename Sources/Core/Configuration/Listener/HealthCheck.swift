/// How a backend is watched while no client uses it.
public struct HealthCheck: Hashable, Sendable {
    /// What is asked of the backend.
    public enum Kind: Hashable, Sendable {
        /// Only failed connects of clients count.
        case off
        case tcp
        /// Reads the greeting and leaves in a way that does not count as a failed handshake.
        case mysql
        /// `GET path`; any status below 500 is healthy.
        case http(path: String)
    }

    /// Speaks the listener's protocol, or none.
    public var kind: Kind
    /// From the start of one check to the start of the next.
    public var interval: Duration = .seconds(5)
    /// For the whole of one check.
    public var timeout: Duration = .seconds(2)
    /// Successes in a row that bring a backend back.
    public var rise = 2
    /// Failures in a row that take a backend out.
    public var fall = 3

    /// A check of this kind with the configuration file's defaults.
    public init(kind: Kind) {
        self.kind = kind
    }
}

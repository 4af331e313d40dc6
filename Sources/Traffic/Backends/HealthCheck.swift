public import Policy

/// How a backend is watched while no client uses it.
public struct HealthCheck: Hashable, Sendable {
    /// What a check sends to the backend.
    public enum Kind: Hashable, Sendable {
        /// Only failed connects of clients count.
        case off
        /// To be connected is to be healthy.
        case tcp
        /// A question in the service's protocol, about its one parameter.
        case asks(ServiceProtocol, parameter: String)

        /// Logs in without a password; an answer of any kind is healthy (``MySQLHealthCheck``).
        public static func mysql(user: String) -> Kind { .asks(.mysql, parameter: user) }
        /// `GET path`; any status below 500 is healthy (``HTTPHealthCheck``).
        public static func http(path: String) -> Kind { .asks(.http, parameter: path) }
    }

    /// Speaks the service's protocol, or none.
    public var kind: Kind
    /// From the start of one check to the start of the next.
    public var interval: Duration = .seconds(5)
    /// For the whole of one check.
    public var timeout: Duration = .seconds(2)
    /// Successes in a row after which a backend is up again.
    public var rise = 2
    /// Failures in a row that take a backend out.
    public var fall = 3

    /// A check of a MySQL server by the user that needs not exist.
    public static let mysql = HealthCheck(kind: .mysql(user: MySQLHealthCheck.standardUser))

    /// A check of this kind with the configuration file's defaults.
    public init(kind: Kind) {
        self.kind = kind
    }
}

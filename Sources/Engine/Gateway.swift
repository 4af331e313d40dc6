public import Core

/// The data plane: listeners, shards and backends, under one immutable snapshot of policy.
public final class Gateway: Sendable {
    /// Prepares a gateway; nothing listens before ``start()``.
    ///
    /// - Parameter report: takes what an operator should know. Called on any thread; must not block.
    public init(
        configuration: GatewayConfiguration,
        accessLog: any AccessLog,
        report: @escaping @Sendable (GatewayEvent) -> Void
    ) throws(GatewayError) {
    }

    /// Binds every listener, or none, and begins to accept.
    public func start() throws(GatewayError) {
    }

    /// Puts a new configuration in force, wholly or not at all.
    ///
    /// Sessions of listeners that stay are untouched.
    public func reload(to configuration: GatewayConfiguration) throws(GatewayError) {
    }

    /// Stops accepting, lets sessions finish for `limit`, then closes the rest.
    public func drain(within limit: Duration) async -> DrainOutcome {
        DrainOutcome(finished: 0, closed: 0)
    }

    /// What the gateway does at this moment.
    public func status() -> GatewayStatus {
        GatewayStatus()
    }
}

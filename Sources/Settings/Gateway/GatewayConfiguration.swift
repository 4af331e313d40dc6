package import Policy

/// Everything a configuration file says, validated.
///
/// ``ConfigurationDecoder`` makes it from a file.
package struct GatewayConfiguration: Hashable, Sendable {
    package var topology: Topology
    /// Of every warehouse of the topology.
    package var policy: Policy

    package init(_ topology: Topology, _ policy: Policy = Policy()) {
        self.topology = topology
        self.policy = policy
    }
}

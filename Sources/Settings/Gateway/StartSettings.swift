import Addresses

/// What a gateway takes from its topology when it starts, and not at a reload: a change waits
/// for a restart.
///
/// ```swift
/// StartSettings(before).keys(changedIn: StartSettings(after))   // ["engine.shards"]
/// ```
package struct StartSettings: Hashable, Sendable {
    /// The value of each, by its key in the topology file.
    package private(set) var values: [String: String] = [:]

    package init() {}

    package init(_ topology: Topology) {
        let engine = topology.engine
        values = [
            "management.listen": topology.management.address?.description ?? "none",
            "management.names": topology.management.names.joined(separator: ", "),
            "management.tls": topology.management.tls.isOn ? "on" : "off",
            "management.socket": topology.management.socket ?? "standard",
            "management.url": topology.management.url?.text ?? "none",
            "policy": topology.policyAuthority.rawValue,
            "state": topology.storePath ?? "none",
            "lastPolicy": topology.lastPolicyFolder ?? "none",
            "engine.shards": "\(engine.shards)",
            "engine.linger": engine.linger.configurationText,
            "engine.scratch": ByteCount(bytes: engine.scratchByteCount).configurationText,
            "engine.pipe": ByteCount(bytes: engine.pipeByteCount).configurationText,
            "engine.clientBuffer": ByteCount(bytes: engine.clientBufferByteCount).configurationText,
            "engine.backendBuffer":
                ByteCount(bytes: engine.backendBufferByteCount).configurationText,
            "engine.unsent": ByteCount(bytes: engine.unsentByteCount).configurationText,
            "engine.congestionControl": engine.congestionControl.topologyText,
            "engine.kernelTLS": engine.kernelTLS.rawValue,
        ]
    }

    /// Where the gateway's policy comes from.
    package var policyAuthority: PolicyAuthority {
        values["policy"].flatMap(PolicyAuthority.init) ?? .file
    }

    /// The keys whose values differ, in alphabetical order.
    package func keys(changedIn other: StartSettings) -> [String] {
        Set(values.keys).union(other.values.keys)
            .filter { values[$0] != other.values[$0] }
            .sorted()
    }
}

/// One JSON object of strings.
extension StartSettings: Codable {
    package init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: String].self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }
}

extension CongestionControl {
    /// As the topology file writes it.
    fileprivate var topologyText: String {
        switch self {
        case .automatic: "auto"
        case .system: "system"
        case .named(let name): name
        }
    }
}

import Addresses
public import CIDRTrie

/// Which running sessions a configuration would close, before it is put in force: a dry run of
/// what the data plane does, by the same policy.
public struct RevocationPreview: Sendable {
    /// A session that would be closed.
    public struct Revoked: Hashable, Sendable, Codable {
        public var session: Session
        public var reason: DenialReason
    }

    /// The sessions that would be closed, in the order in which they were given.
    public private(set) var revoked: [Revoked] = []
    /// Sessions that would go on.
    public private(set) var keptCount = 0

    /// - Throws: where two rules contradict each other, which a decoded configuration has not.
    public init(
        _ sessions: [Session],
        under configuration: GatewayConfiguration,
        at now: UnixTime
    ) throws(RuleConflict) {
        let policies = try configuration.policies()
        for session in sessions {
            let policy = policies[Key(session.warehouse, session.listener)]
            let verdict = policy?.verdict(
                client: session.client.ip.unmapped,
                endpoint: session.endpoint,
                at: now
            )
            if let reason = verdict?.denial {
                revoked.append(Revoked(session: session, reason: reason))
            } else {
                keptCount += 1
            }
        }
    }
}

/// A listener of a warehouse.
private struct Key: Hashable {
    let warehouse: String
    let listener: String

    init(_ warehouse: String, _ listener: String) {
        self.warehouse = warehouse
        self.listener = listener
    }
}

extension GatewayConfiguration {
    /// The policies that may end sessions. A listener that is gone has none: its sessions end in
    /// their own time.
    fileprivate func policies() throws(RuleConflict) -> [Key: AccessPolicy] {
        var policies: [Key: AccessPolicy] = [:]
        for warehouse in warehouses where warehouse.whenRevoked == .close {
            let rules = try CompiledWhitelist(warehouse.whitelist)
            for listener in warehouse.listeners {
                policies[Key(warehouse.id, "\(listener.address)")] = AccessPolicy(
                    for: listener,
                    of: warehouse,
                    rules: rules
                )
            }
        }
        return policies
    }
}

/// A preview for people: what `sluice check --live` prints.
public struct RevocationTable: CustomStringConvertible {
    public let description: String

    public init(_ preview: RevocationPreview) {
        let header = ["WOULD CLOSE", "WAREHOUSE", "LISTENER", "CLIENT", "ENDPOINT", "REASON"]
        let rows = preview.revoked.map { revoked in
            let session = revoked.session
            return [
                "\(session.connection)", session.warehouse, session.listener,
                session.client.description, session.endpoint?.id ?? "-", revoked.reason.rawValue,
            ]
        }
        let sum =
            "\(preview.revoked.count) running sessions would be closed, \(preview.keptCount) kept"
        description = rows.isEmpty ? sum : "\(Columns([header] + rows))\n\(sum)"
    }
}

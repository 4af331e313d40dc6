import Addresses
import CIDRTrie
import Operations
import Policy
import Settings
import Store
import Text
import Time

/// What a write leads to.
struct WriteEffect: Encodable, Sendable {
    /// The revision of the policy after it; of a dry run, the version that it has seen.
    var version: UInt64
    var dryRun: Bool
    /// What the sender should know.
    var warnings: [String]
    /// Only of a dry run: why the write would need `confirm=true`.
    var needsConfirmation: [String]
    /// Of the sessions that the sender may see, those that the new policy closes.
    var closesSessions = 0
    /// Only of a dry run, by somebody who may read them: the first of them.
    var sessions: [RevocationPreview.Revoked]?
}

/// Compares the policy before and after a write, for its sender's sake.
struct EffectInspector: Sendable {
    let topology: Topology
    /// The policy of the configuration file, for its list files.
    let configured: Policy
    let sender: Principal
    /// Those that ran when the write arrived.
    let sessions: [Session]
    /// Shown by a dry run.
    private static let shownSessions = 100
    /// As much as makes a list file a warning.
    private static let openShare = 0.5

    func effect(of before: StoredPolicy, _ after: StoredPolicy, isDryRun: Bool) -> WriteEffect {
        var effect = WriteEffect(
            version: (isDryRun ? before : after).revision.number,
            dryRun: isDryRun,
            warnings: [],
            needsConfirmation: []
        )
        let now = UnixTime.systemTime
        for warehouse in topology.warehouses {
            let id = warehouse.id
            effect.needsConfirmation += newShadows(
                of: id,
                before.warehouses[id]?.shadows ?? [:],
                after.warehouses[id]?.shadows ?? [:]
            )
            guard let old = whitelist(of: id, in: before), let new = whitelist(of: id, in: after),
                !old.isSame(as: new)
            else { continue }
            let openness = new.openness(at: now)
            if openness >= Self.openShare, openness > old.openness(at: now) {
                let addresses =
                    openness == 1 ? "every address" : "\(Int(openness * 100))% of all addresses"
                effect.needsConfirmation.append("this opens warehouse \(id) to \(addresses)")
            }
            effect.needsConfirmation += lockouts(of: id, old, new, at: now)
            if new.mode == .specific, !old.hasNoEntries, new.hasNoEntries {
                effect.warnings.append(
                    "the whitelist of \(id) has no entries: no client is admitted"
                )
            }
        }
        if before.revision != after.revision {
            let closed = sessionsClosed(by: before, after, at: now)
            effect.closesSessions = closed.count
            if isDryRun, sender.role.allows(.read) {
                effect.sessions = Array(closed.prefix(Self.shownSessions))
            }
        }
        return effect
    }

    private func sessionsClosed(
        by before: StoredPolicy,
        _ after: StoredPolicy,
        at now: UnixTime
    ) -> [RevocationPreview.Revoked] {
        // Outbound endpoints that are removed take their sessions with them.
        let removed = Set(topology.outboundListeners(of: before).map(\.address.description))
            .subtracting(topology.outboundListeners(of: after).map(\.address.description))
        let configuration = GatewayConfiguration(topology, after.policy(with: configured))
        let ended = RevocationPreview(
            sessions.filter { !removed.contains($0.listener) },
            under: configuration,
            at: now
        )
        let cut = sessions.filter { removed.contains($0.listener) }
            .map { RevocationPreview.Revoked(session: $0, reason: .endpointDeleted) }
        return (ended.revoked + cut).filter { sender.mayUse(warehouse: $0.session.warehouse) }
    }

    /// Listeners that go into shadow mode, or stay in it for longer.
    private func newShadows(
        of id: String,
        _ old: [SocketAddress: UnixTime],
        _ new: [SocketAddress: UnixTime]
    ) -> [String] {
        new.filter { listener, end in old[listener].map { $0 < end } ?? true }
            .sorted { $0.key.description < $1.key.description }
            .map { listener, end in
                "until \(end.rfc3339), listener \(listener) admits every address to warehouse \(id)"
                    + " that no entry denies"
            }
    }

    private func whitelist(of id: String, in policy: StoredPolicy) -> Whitelist? {
        guard let stored = policy.warehouses[id] else { return nil }
        let files = configured[id].whitelist.lists.filter(\.isFile)
        return Whitelist(mode: stored.mode, lists: policy.lists(of: stored) + files)
    }

    /// The services from which the sender's own address is cut off.
    private func lockouts(
        of id: String,
        _ old: Whitelist,
        _ new: Whitelist,
        at now: UnixTime
    ) -> [String] {
        guard let address = sender.address, !address.isLoopback else { return [] }
        let services = Set(
            topology.listeners(to: id).filter { $0.link == .public }.map(\.protocol)
        )
        let cut = services.sorted().filter { service in
            old.admits(address, to: service, at: now) && !new.admits(address, to: service, at: now)
        }
        guard !cut.isEmpty else { return [] }
        let names = cut.map(\.rawValue).joined(separator: ", ")
        return ["this cuts off your own address, \(address), from warehouse \(id) (\(names))"]
    }
}

extension Whitelist {
    /// Whether nothing was changed; lists are compared by identity.
    fileprivate func isSame(as other: Whitelist) -> Bool {
        mode == other.mode && lists.count == other.lists.count
            && zip(lists, other.lists).allSatisfy { $0 === $1 }
    }

    fileprivate var hasNoEntries: Bool { lists.allSatisfy { $0.count == 0 } }

    /// The share of a family's addresses that is admitted.
    func openness(at now: UnixTime) -> Double {
        switch mode {
        case .anywhere: 1
        case .nowhere: 0
        case .specific: min(1, lists.reduce(0) { $0 + $1.openness(at: now) })
        }
    }

    fileprivate func admits(
        _ address: IPAddress,
        to service: ServiceProtocol,
        at now: UnixTime
    ) -> Bool {
        AccessPolicy(whitelistOf: WarehousePolicy(whitelist: self), for: service)
            .verdict(client: address.unmapped, endpoint: nil, at: now).isAllowed
    }
}

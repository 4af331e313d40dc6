import Addresses
import Core
import Sockets

/// Makes the pools of one snapshot: each listener's backends at the addresses that they have now,
/// the same objects as before where they stay.
struct BackendMaker {
    struct Refusal: Hashable {
        let backend: BackendAddress
        let address: IPAddress
    }

    private let names: ResolvedNames
    private let policy: BackendAddressPolicy
    private let known: [BackendKey: Backend]
    private let reported: Set<Refusal>
    private let report: @Sendable (GatewayEvent) -> Void

    /// All that are in use now.
    private(set) var backends: [BackendKey: Backend] = [:]
    private(set) var refusals: Set<Refusal> = []

    init(of inventory: Inventory, names: ResolvedNames) {
        self.names = names
        known = inventory.backends
        reported = inventory.refusals
        report = inventory.report
        let listening = inventory.listeners.values.map(\.socket.address)
        policy = BackendAddressPolicy(
            own: listening + (inventory.configuration.management.map { [$0] } ?? [])
        )
    }

    /// - Parameter before: where the listener's clients have gone until now.
    mutating func makePool(
        for settings: Listener,
        of warehouse: Warehouse,
        before: Route?
    ) -> BackendPool {
        var members: [Backend] = []
        var unresolved: [BackendPool.Unresolved] = []
        var awaitsNames = false
        for configured in settings.backends {
            let location = names[configured]
            let usable = location.addresses.filter { mayUse($0, for: configured) }
            members += usable.map { makeBackend(configured, at: $0, of: settings) }
            awaitsNames = awaitsNames || location.isAwaited
            guard usable.isEmpty else { continue }
            unresolved.append(
                BackendPool.Unresolved(
                    name: configured.description,
                    reason: reason(for: location, of: configured)
                )
            )
        }
        if members.isEmpty, awaitsNames, let before, before.leads(to: warehouse, as: settings) {
            members = before.pool.members
            for member in members { backends[member.key] = member }
        }
        return BackendPool(members: members, unresolved: unresolved, awaitsNames: awaitsNames)
    }

    private mutating func makeBackend(
        _ configured: BackendAddress,
        at address: SocketAddress,
        of settings: Listener
    ) -> Backend {
        let key = BackendKey(listener: settings, name: configured, address: address)
        let backend = backends[key] ?? known[key] ?? Backend(key, report: report)
        backends[key] = backend
        return backend
    }

    private mutating func mayUse(_ address: SocketAddress, for backend: BackendAddress) -> Bool {
        guard let reason = refusal(of: address, for: backend) else { return true }
        let refusal = Refusal(backend: backend, address: address.ip)
        if !reported.contains(refusal), !refusals.contains(refusal) {
            report(
                .backendAddressRefused(
                    backend: backend.description,
                    address: address.ip,
                    reason: reason.description
                )
            )
        }
        refusals.insert(refusal)
        return false
    }

    private func refusal(of address: SocketAddress, for backend: BackendAddress)
        -> BackendAddressPolicy.Refusal?
    {
        policy.refusal(of: address, for: backend, isThisMachine: Routing.isThisMachine)
    }

    private func reason(for location: ResolvedNames.Location, of backend: BackendAddress)
        -> String?
    {
        if let address = location.addresses.first, let refusal = refusal(of: address, for: backend)
        {
            return "\(address.ip) is not used: it is \(refusal)"
        }
        return location.failure ?? (location.isAwaited ? "is being resolved" : nil)
    }
}

extension Route {
    /// Whether its backends may go on serving while the names that replace them are asked for: those
    /// of another warehouse must not.
    fileprivate func leads(to warehouse: Warehouse, as settings: Listener) -> Bool {
        profile.warehouse.id == warehouse.id
            && profile.settings.sendProxyProtocol == settings.sendProxyProtocol
    }
}

import Addresses
import Settings
import Sockets
import Traffic

/// Creates the pools of one snapshot: each service's backends at their current addresses, keeping
/// the same objects for those that stay.
struct BackendMaker {
    struct Refusal: Hashable {
        let backend: BackendAddress
        let address: IPAddress
    }

    let names: ResolvedNames
    /// Where the warehouses' servers are, as configured, which no other service may lead to, and which
    /// warehouses they are of.
    let warehouses: [IPAddress: Set<String>]
    /// The same of the servers that their front ends list.
    private let listed: [IPAddress: Set<String>]
    /// Warehouses that have a configured server in common.
    private let clusters: Set<Set<String>>
    let policy: BackendAddressPolicy
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
        let services = inventory.topology.services.filter { !$0.isForeign }
        let configured = Self.owners(
            services.map { service in
                (service.id, service.backends.map(\.address) + service.redirects.targets)
            },
            names
        )
        warehouses = Self.machines(configured)
        clusters = Set(configured.values.filter { $0.count > 1 })
        let learned = inventory.learnedTargets.map { ($0.key, $0.value) }
        listed = Self.machines(Self.owners(learned, names))
        let listening = inventory.listeners.values.map(\.socket.address)
        let management = inventory.topology.management.address.map { [$0] } ?? []
        policy = BackendAddressPolicy(
            own: listening + management + (inventory.topology.names?.listen ?? [])
        )
    }

    private static func owners(
        _ places: [(Service.ID, [BackendAddress])],
        _ names: ResolvedNames
    ) -> [SocketAddress: Set<String>] {
        var owners: [SocketAddress: Set<String>] = [:]
        for (service, places) in places {
            for address in places.flatMap({ names[$0].addresses }) {
                let place = SocketAddress(address.ip.unmapped, port: address.port)
                owners[place, default: []].insert(service.warehouse)
            }
        }
        return owners
    }

    private static func machines(_ owners: [SocketAddress: Set<String>])
        -> [IPAddress: Set<String>]
    {
        owners.reduce(into: [:]) { $0[$1.key.ip, default: []].formUnion($1.value) }
    }

    /// Why a server that the front ends of `warehouse` list may not be used: it may be of another one.
    ///
    /// Warehouses with a configured server in common, its port included, are of one cluster.
    func listedRefusal(of ip: IPAddress, for warehouse: String) -> BackendAddressPolicy.Refusal? {
        let owners = warehouses[ip.unmapped]
        if owners?.contains(warehouse) == true { return nil }
        let others = (owners ?? listed[ip.unmapped] ?? []).subtracting([warehouse])
        let isKin = others.allSatisfy { other in
            clusters.contains { $0.isSuperset(of: [warehouse, other]) }
        }
        return isKin ? nil : owners == nil ? .listedTwice : .warehouseBackend
    }

    /// - Parameter before: where the service's clients have been routed so far.
    mutating func makePool(for service: Service, before: Inventory.Pool?) -> Inventory.Pool {
        var members: [BackendPool.Member] = []
        var unresolved: [BackendPool.Unresolved] = []
        var awaitsNames = false
        for configured in service.backends {
            let location = names[configured.address]
            let usable = location.addresses.filter {
                mayUse($0, for: configured.address, of: service)
            }
            members += usable.map { makeMember(configured, at: $0, of: service) }
            awaitsNames = awaitsNames || location.isAwaited
            guard usable.isEmpty else { continue }
            unresolved.append(
                BackendPool.Unresolved(
                    name: configured.address.description,
                    listener: service.id.listener,
                    reason: reason(for: location, of: configured.address, service)
                )
            )
        }
        // The old ones keep serving while the names that replace them are being resolved.
        if members.isEmpty, awaitsNames, let before,
            before.sendProxyProtocol == service.sendProxyProtocol
        {
            members = before.pool.members
            for member in members { backends[member.backend.key] = member.backend }
        }
        return Inventory.Pool(
            pool: BackendPool(
                members: members,
                unresolved: unresolved,
                awaitsNames: awaitsNames
            ),
            sendProxyProtocol: service.sendProxyProtocol
        )
    }

    private mutating func makeMember(
        _ configured: ConfiguredBackend,
        at address: SocketAddress,
        of service: Service
    ) -> BackendPool.Member {
        let key = BackendKey(service: service, name: configured.address, address: address)
        let backend = backend(key)
        backend.configure(configured.mode)
        return BackendPool.Member(
            backend: backend,
            weight: configured.weight,
            isBackup: configured.isBackup
        )
    }

    /// The one that is known already, or a new one.
    mutating func backend(_ key: BackendKey) -> Backend {
        let backend = backends[key] ?? known[key] ?? Backend(key, report: report)
        backends[key] = backend
        return backend
    }

    private mutating func mayUse(
        _ address: SocketAddress,
        for backend: BackendAddress,
        of service: Service
    ) -> Bool {
        guard let reason = refusal(of: address, for: backend, of: service) else { return true }
        reportOnce("\(reason)", of: address, for: backend)
        return false
    }

    mutating func reportOnce(
        _ reason: String,
        of address: SocketAddress,
        for backend: BackendAddress
    ) {
        let refusal = Refusal(backend: backend, address: address.ip)
        if !reported.contains(refusal), !refusals.contains(refusal) {
            report(
                .backendAddressRefused(
                    backend: backend.description,
                    address: address.ip,
                    reason: reason
                )
            )
        }
        refusals.insert(refusal)
    }

    func refusal(
        of address: SocketAddress,
        for backend: BackendAddress,
        of service: Service
    ) -> BackendAddressPolicy.Refusal? {
        guard service.isForeign else {
            return policy.refusal(
                of: address,
                for: backend,
                isThisMachine: Routing.isThisMachine
            )
        }
        // What a person wrote while the gateway runs is trusted as little as what a name resolves to.
        let name = BackendAddress(host: .name("outbound"), port: backend.port)
        if let refusal = policy.refusal(of: address, for: name, isThisMachine: { _ in false }) {
            return refusal
        }
        if Routing.isThisMachine(address.ip) { return .thisMachine }
        return warehouses[address.ip.unmapped] == nil ? nil : .warehouseBackend
    }

    private func reason(
        for location: ResolvedNames.Location,
        of backend: BackendAddress,
        _ service: Service
    ) -> String? {
        if let address = location.addresses.first,
            let refusal = refusal(of: address, for: backend, of: service)
        {
            return "\(address.ip) is not used: it is \(refusal)"
        }
        return location.reason
    }
}

extension ResolvedNames.Location {
    /// Why there is no address.
    var reason: String? { failure ?? (isAwaited ? "is being resolved" : nil) }
}

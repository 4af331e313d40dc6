import Addresses
import CIDRTrie
import Operations
import Policy
import Settings
import Sockets
import Time
import Traffic

/// What outlives a change of configuration: listening sockets, counters, backends with their
/// health. From it and a configuration each new ``Snapshot`` is made.
struct Inventory {
    /// What the shards must receive.
    struct Change: Sendable {
        var snapshot: Snapshot
        var added: [(ListenerID, ListeningSocket)] = []
        var removed: [ListenerID] = []
        var backends: [Backend]
    }

    struct EndpointKey: Hashable {
        let warehouse: String
        let name: EndpointName
    }

    struct CountersKey: Hashable {
        let listener: SocketAddress
        /// `nil` for the clients that took no route.
        let warehouse: String?
    }

    struct OpenListener {
        let id: ListenerID
        let socket: ListeningSocket
        var routes: ListenerRoutes?
    }

    /// A listener as its sessions know it.
    struct ListenerPlace {
        let id: ListenerID
        /// The one that it is bound to.
        let address: SocketAddress
    }

    /// A service's backends, and what they receive about their clients.
    struct Pool {
        let pool: BackendPool
        let sendProxyProtocol: SendProxyProtocol
    }

    /// The configuration that is active, or about to be.
    private(set) var configuration: GatewayConfiguration
    private(set) var generation = 0
    var listeners: [SocketAddress: OpenListener] = [:]
    /// Of listeners that were closed for good: the sessions that they accepted go on.
    var closedListeners: [SocketAddress: ListenerPlace] = [:]
    /// Sockets that shards may still hold, though their listeners are gone.
    var leaving: [SocketAddress: WeakListeningSocket] = [:]
    var counters: [CountersKey: ListenerCounters] = [:]
    var gauges: [String: WarehouseGauge] = [:]
    var budgets: [Service.ID: ConnectionBudget] = [:]
    var pools: [Service.ID: Pool] = [:]
    /// Where redirects of a service's backends may lead.
    var redirects: [Service.ID: RedirectTargets] = [:]
    /// What the front ends of a service have listed last.
    var learnedTargets: [Service.ID: [BackendAddress]] = [:]
    var endpoints: [EndpointKey: EndpointRoute] = [:]
    var backends: [BackendKey: Backend] = [:]
    /// What backends lack of what clients are greeted with, which was reported.
    var shortcomings: [BackendPlace: [String]] = [:]
    /// Addresses that backends must not have, which were reported.
    var refusals: Set<BackendMaker.Refusal> = []
    /// Sockets that listen but that no shard knows yet: all their backends are names being
    /// resolved. Until then the kernel keeps the clients (listen(2)).
    var held: [ListenerID: ListeningSocket] = [:]
    var nextListenerNumber: UInt32 = 0
    let congestion: CongestionPolicy
    let bufferPolicy: BufferPolicy
    let assembly: Assembly
    let sharedTLS: SharedTLS
    /// Of the configuration.
    private(set) var tls = TLSInventory()
    let report: @Sendable (GatewayEvent) -> Void

    init(
        configuration: GatewayConfiguration,
        congestion: CongestionPolicy,
        bufferPolicy: BufferPolicy,
        assembly: Assembly,
        sharedTLS: SharedTLS,
        report: @escaping @Sendable (GatewayEvent) -> Void
    ) {
        self.configuration = configuration
        self.congestion = congestion
        self.bufferPolicy = bufferPolicy
        self.assembly = assembly
        self.sharedTLS = sharedTLS
        self.report = report
    }

    /// Reads certificates and binds new addresses, and only then changes anything.
    mutating func change(
        to configuration: GatewayConfiguration,
        names: ResolvedNames
    ) throws(GatewayError) -> Change {
        let tls = try TLSInventory(of: configuration.topology, sharedTLS)
        let added = try bindNewListeners(of: configuration.topology)
        self.tls = tls
        self.configuration = configuration
        generation += 1
        forgetLearned()
        let removed = removeListeners(notIn: configuration.topology, replacedBy: added)
        for id in removed { held[id] = nil }
        for listener in added {
            listeners[listener.address] = listener.open
            held[listener.open.id] = listener.open.socket
        }
        setKeepalive()
        makePools(names: names)
        let snapshot = makeSnapshot()
        return Change(
            snapshot: snapshot,
            added: releaseHeld(under: snapshot),
            removed: removed,
            backends: Array(backends.values)
        )
    }

    /// The same configuration with other addresses for its names.
    mutating func refresh(names: ResolvedNames) -> Change {
        makePools(names: names)
        let snapshot = makeSnapshot()
        return Change(
            snapshot: snapshot,
            added: releaseHeld(under: snapshot),
            backends: Array(backends.values)
        )
    }

    /// The same configuration with other certificates.
    ///
    /// - Parameter files: replace those that were read before; `nil` if these are as they were.
    mutating func renewTLS(_ files: TLSFiles? = nil) throws(GatewayError) -> Change {
        var topology = topology
        if let files { topology.files = files }
        tls = try TLSInventory(of: topology, sharedTLS)
        configuration.topology = topology
        for backend in backends.values { backend.use(tls.clients[backend.key.service]) }
        return Change(snapshot: makeSnapshot(), backends: Array(backends.values))
    }

    /// The same topology under another policy.
    mutating func enforce(_ policy: Policy) -> Change {
        configuration.policy = policy
        generation += 1
        return Change(snapshot: makeSnapshot(), backends: Array(backends.values))
    }

    var topology: Topology { configuration.topology }

    /// The held sockets whose clients can be served now, or must be denied.
    private mutating func releaseHeld(under snapshot: Snapshot)
        -> [(ListenerID, ListeningSocket)]
    {
        let ready = held.filter { snapshot.listeners[$0.key]?.isStarting != true }
        for id in ready.keys { held[id] = nil }
        return ready.map { ($0.key, $0.value) }
    }

    /// - Parameter address: as configured.
    func place(of address: SocketAddress) -> ListenerPlace? {
        guard let open = listeners[address] else { return closedListeners[address] }
        return ListenerPlace(id: open.id, address: open.socket.address)
    }

    /// Releases every listening socket; the shards hold them until they have stopped.
    mutating func closeListeners() -> [ListenerID] {
        defer {
            for address in listeners.keys { closedListeners[address] = place(of: address) }
            listeners = [:]
            held = [:]
        }
        return listeners.values.map(\.id)
    }
}

// MARK: - Status

extension Inventory {
    /// In the configuration's order.
    var endpointStatus: [EndpointStatus] {
        topology.warehouses.flatMap { warehouse in
            let policy = configuration.policy[warehouse.id]
            return policy.endpoints.map { endpoint in
                let key = EndpointKey(warehouse: warehouse.id, name: endpoint.name)
                return EndpointStatus(
                    endpoint,
                    of: warehouse,
                    among: policy.endpointServices,
                    in: topology,
                    activeConnections: endpoints[key]?.budget.current ?? 0
                )
            }
        }
    }

    /// The active policy's verdict on a client, for each listener that leads to a warehouse, in the
    /// configuration's order; `nil` if there is no such warehouse.
    ///
    /// - Parameter warehouse: `nil` for every listener and whatever warehouse the client reaches.
    func explain(warehouse: String?, _ question: AccessQuestion) -> [AccessExplanation]? {
        topology.explain(
            warehouse: warehouse,
            question,
            name: { "\(place(of: $0)?.address ?? $0)" },
            policy: { listener, warehouse in
                let routes = listeners[listener.address]?.routes?.all ?? []
                return routes.first { $0.profile.warehouse == warehouse }?.policy
            }
        )
    }

    /// In the configuration's order.
    func listenerStatus(_ learning: [Service.ID: RedirectLearningStatus]) -> [ListenerStatus] {
        topology.listeners.flatMap { listener in
            let routes = listeners[listener.address]?.routes
            return routes?.status(learning) { backend in
                shortcomings[BackendPlace(backend, at: listener)] ?? []
            } ?? []
        }
    }
}

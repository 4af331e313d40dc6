import Addresses
import CIDRTrie
import Credentials
import Operations
import Policy
import Settings
import Store
import Synchronization
import Text
import Time
import Traffic

@testable import Control

/// A gateway whose policy is in a store of its own, with an API and without a data plane.
final class StoredGateway: Sendable {
    let store: PolicyStore
    let gateway: FixedGateway
    let writer: PolicyWriter
    /// What takes the place of the data plane.
    let enforcement: FakeGateway
    let folder: TemporaryFolder
    private let applier: PolicyApplier

    /// - Parameters:
    ///   - sessions: that run.
    ///   - outbound: where W1's outbound endpoints may be.
    ///   - enforcement: of the policy; at once, unless a test says otherwise.
    ///   - management: how people sign in.
    init(
        policy: Policy = .sample,
        sessions: [Session] = [],
        outbound: OutboundNetwork? = nil,
        enforcement: FakeGateway = FakeGateway(),
        management: ManagementSettings = ManagementSettings()
    ) throws {
        let folder = try TemporaryFolder()
        let store = try PolicyStore(path: folder.path(of: "sluice.db"), mode: .create)
        _ = try store.write(by: .gateway, at: .systemTime) { try $0.importNew(from: policy) }
        let applier = PolicyApplier(
            store.policy.policy(with: policy),
            status: PolicyStatus(
                source: "a test",
                revision: store.policy.revision,
                since: .systemTime
            ),
            target: enforcement
        )
        writer = PolicyWriter(
            .store(store),
            configured: policy,
            topology: outbound.map { Topology(warehouses: [Warehouse(id: "W1", outbound: $0)]) }
                ?? Topology(warehouses: []),
            logger: ServedManagement.logger
        )
        writer.start(with: applier)
        var topology = Topology.sample
        topology.management = management
        if outbound != nil { topology.warehouses[0].outbound = outbound }
        gateway = FixedGateway(
            state: .ofSampleListeners,
            sessions: sessions,
            topology: topology
        ) { applier.policy }
        self.store = store
        self.folder = folder
        self.applier = applier
        self.enforcement = enforcement
    }

    /// The store's whole policy, and how many acts the audit has.
    var snapshot: Snapshot {
        get throws {
            Snapshot(
                policy: store.policy,
                keys: store.keyring.keys,
                actCount: try store.audit(after: 0, matching: AuditFilter(), limit: .max).count
            )
        }
    }

    struct Snapshot: Hashable {
        let policy: StoredPolicy
        let keys: [String: APIKey]
        let actCount: Int
    }

    /// Makes a key.
    func key(
        _ name: String,
        _ role: Role,
        warehouses: Set<String>? = nil,
        expiresAt: UnixTime? = nil,
        allowedSources: [CIDRBlock] = []
    ) throws -> (id: String, secret: String) {
        let description = KeyDescription(
            name: name,
            role: role,
            warehouses: warehouses,
            expiresAt: expiresAt,
            allowedSources: allowedSources
        )
        return try store.write(by: .gateway, at: .systemTime) { transaction in
            let (key, secret) = try transaction.createKey(description)
            return (key.id, secret.text)
        }.value
    }

    /// What the API's server is made of.
    func routes(_ access: ManagementAccess) -> ManagementRoutes {
        var routes = ManagementRoutes(gateway: gateway, writer: writer, access: access)
        routes.signIn = SignIn(writer, PasswordWork(Self.cheap), ManagementMetrics())
        return routes
    }

    /// Fast enough for tests; nothing else about it is different.
    static let cheap = PasswordHash.Parameters(logCost: 4, parallelism: 1)

    /// Makes a local account.
    @discardableResult
    func account(
        _ name: String,
        _ role: Role,
        password: String,
        warehouses: Set<String>? = nil,
        mustChangePassword: Bool = false
    ) throws -> Account {
        let typed = Password(typed: password)
        return try store.write(by: .gateway, at: .systemTime) { transaction in
            try transaction.createAccount(
                AccountDescription(name: name, role: role, warehouses: warehouses),
                password: typed.map { PasswordHash($0, Self.cheap) },
                mustChangePassword: mustChangePassword
            )
        }.value
    }

    /// Runs `test` while the API is served to everybody as one principal.
    func run(
        as principal: Principal = ServedManagement.administrator,
        test: @escaping @Sendable (APIClient) async throws -> Void
    ) async throws {
        try await ServedManagement.run(routes(.fixed(principal))) { server in
            try await test(APIClient(server: server))
        }
    }

    /// Runs `test` while the API is served to holders of keys.
    func runWithKeys(test: @escaping @Sendable (APIClient) async throws -> Void) async throws {
        let access = ManagementAccess.credentials { [store] in store }
        try await ServedManagement.run(routes(access)) { server in
            try await test(APIClient(server: server))
        }
    }
}

extension Policy {
    /// W1 admits those that have entries, of which there are none but in a file, and W2 everybody.
    static let sample = Policy([
        "W1": WarehousePolicy(
            whitelist: Whitelist(
                mode: .specific,
                lists: [
                    EntryList(.entries, rules: []),
                    EntryList(
                        .file("office.cidrs"),
                        rules: [
                            Rule(
                                block: CIDRBlock(
                                    containing: .v4(IPv4Address(198, 51, 100, 0)),
                                    prefixLength: 24
                                ),
                                description: "branch"
                            )
                        ]
                    ),
                ]
            )
        ),
        "W2": WarehousePolicy(whitelist: Whitelist(mode: .anywhere)),
    ])
}

extension Topology {
    /// W1 runs in AWS and W2 nowhere in particular.
    static let sample = Topology(
        listeners: [
            .sample(of: "W1", .mysql, port: 9_030), .sample(of: "W1", .http, port: 8_030),
            .sample(of: "W1", .mysql, port: 9_031, link: .private),
            .sample(of: "W2", .tcp, port: 7_000),
        ],
        warehouses: [
            Warehouse(
                id: "W1",
                name: "Sales",
                host: "sales.example.com",
                cloud: .aws,
                region: "eu-west-1",
                zone: "eu-west-1a"
            ),
            Warehouse(id: "W2"),
        ]
    )
}

extension Listener {
    fileprivate static func sample(
        of warehouse: String,
        _ service: ServiceProtocol,
        port: UInt16,
        link: LinkKind = .public
    ) -> Listener {
        Listener(
            of: warehouse,
            protocol: service,
            address: SocketAddress(.v4(IPv4Address(bits: 0)), port: port),
            link: link,
            backends: []
        )
    }
}

extension GatewayStatus {
    fileprivate static var ofSampleListeners: GatewayStatus {
        var status = GatewayStatus()
        status.generation = 1
        status.policy = PolicyStatus(
            source: "a test",
            revision: PolicyRevision(1),
            since: UnixTime(seconds: 1_795_428_000)
        )
        status.listeners = Topology.sample.listeners.map { listener in
            var state = ListenerStatus()
            state.warehouse = listener.warehouses.first
            state.address = listener.address.description
            state.protocol = listener.protocol
            state.link = listener.link
            var backend = BackendStatus()
            backend.name = "10.0.0.5:\(listener.address.port)"
            backend.address = backend.name
            state.backends = [backend]
            return state
        }
        return status
    }
}

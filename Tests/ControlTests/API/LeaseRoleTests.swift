import Addresses
import Engine
import Logging
import Operations
import Policy
import Settings
import Store
import Testing

@testable import Control

@Suite("What a key for leases can reach")
struct LeaseRoleTests {
    private var routes: [RouteTable.Route] {
        let table = RouteTable()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let writer = PolicyWriter(
            .configuration(.program),
            configured: Policy(),
            topology: Topology(warehouses: []),
            logger: logger
        )
        let routes = ManagementRoutes(
            gateway: IdleGateway(),
            writer: writer,
            access: .credentials { nil }
        )
        _ = routes.router(
            answers: LargeAnswers(room: ConnectionRoom(limit: 1)),
            table: table
        )
        return table.routes
    }

    @Test("It reaches its own leases, GET /v1/me and the end of a login, of all calls")
    func reach() {
        let open = routes.filter { $0.permission.map(Role.lease.allows) ?? false }
            .map { "\($0.method) \($0.path)" }
        #expect(
            Set(open) == [
                "GET /v1/me", "POST /v1/logout", "GET /v1/warehouses/{warehouse}/leases",
                "POST /v1/warehouses/{warehouse}/leases",
                "DELETE /v1/warehouses/{warehouse}/leases/{entry}",
            ]
        )
        #expect(routes.count > 60)
    }

    @Test("Without any key, nothing but the health pages and the ways to sign in can be reached")
    func withoutKey() {
        // The console's pages ask the API, with what the request brings.
        let open = routes.filter { $0.permission == nil && !$0.path.hasPrefix("/console") }
            .map(\.path)
        #expect(
            open == [
                "/", "/healthz", "/readyz", "/v1/openapi.json", "/v1/sign-in", "/v1/login",
                "/v1/login/key", "/v1/sso/start", "/v1/sso/callback",
            ]
        )
    }
}

/// A gateway that does nothing.
struct IdleGateway: ManagedGateway {
    var topology = Topology(warehouses: [])
    var policy = Policy()

    func status() -> GatewayStatus { GatewayStatus() }

    func sessions(matching filter: SessionFilter, limit: Int) async -> SessionList {
        SessionList(sessions: [], total: 0)
    }

    func closeSessions(matching filter: SessionFilter, limit: Int?, shown: Int) async
        -> ClosedSessions
    {
        ClosedSessions(closed: 0, remaining: 0, sessions: [])
    }

    func setMode(_ mode: BackendMode?, matching filter: BackendFilter) {}

    func denials() async -> DenialList { DenialList(denials: [], total: 0) }

    func endpoints() -> EndpointList { EndpointList(endpoints: [], unknown: []) }

    func explain(
        warehouse: String?,
        source: IPAddress,
        endpoint: EndpointName?,
        claims: ClientClaims
    ) -> [AccessExplanation]? { nil }

    func entryHits() async -> EntryHitTable { EntryHitTable() }

    func security(towards backend: SocketAddress, of service: Service.ID) -> BackendSecurity? {
        nil
    }
}

import Addresses
import Logging
import Operations
import Policy
import Store
import Synchronization

@testable import Control

/// A management server that runs in the test, on a port that the system has chosen.
struct ServedManagement: Sendable {
    static let loopback = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 0)
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    /// Whom the server takes everybody for, unless a test says otherwise.
    static let administrator = Principal.local(userID: 0)

    let port: Int

    /// Runs `test` while a server answers with `status`.
    static func run(
        _ status: GatewayStatus = GatewayStatus(),
        at address: SocketAddress = loopback,
        limits: ManagementLimits = ManagementLimits(),
        hostNames: [String] = [],
        test: @escaping @Sendable (ServedManagement) async throws -> Void
    ) async throws {
        try await run(
            of: FixedGateway(state: status),
            at: address,
            limits: limits,
            hostNames: hostNames,
            test: test
        )
    }

    /// Runs `test` while a server answers for `gateway`, whose policy comes from a file.
    static func run(
        of gateway: any ManagedGateway,
        at address: SocketAddress = loopback,
        as principal: Principal = administrator,
        limits: ManagementLimits = ManagementLimits(),
        hostNames: [String] = [],
        test: @escaping @Sendable (ServedManagement) async throws -> Void
    ) async throws {
        let routes = routes(of: gateway, as: principal, hostNames: hostNames)
        try await run(routes, at: address, limits: limits, test: test)
    }

    /// Runs `test` while a server answers with `routes`.
    static func run(
        _ routes: ManagementRoutes,
        at address: SocketAddress = loopback,
        limits: ManagementLimits = ManagementLimits(),
        certificate: ManagementCertificate? = nil,
        test: @escaping @Sendable (ServedManagement) async throws -> Void
    ) async throws {
        let failure = Mutex<(any Error)?>(nil)
        var server = server(routes, at: address, limits: limits)
        server.certificate = certificate
        try await server.run { port in
            do {
                try await test(ServedManagement(port: port))
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Those of a gateway whose policy comes from a file.
    static func routes(
        of gateway: any ManagedGateway,
        as principal: Principal = administrator,
        hostNames: [String] = []
    ) -> ManagementRoutes {
        let writer = PolicyWriter(
            .configuration(.file(path: "/etc/x.yaml")),
            configured: gateway.policy,
            topology: gateway.topology,
            logger: logger
        )
        var routes = ManagementRoutes(gateway: gateway, writer: writer, access: .fixed(principal))
        routes.hasOpenMetrics = true
        routes.hostNames = hostNames
        return routes
    }

    static func server(
        _ routes: ManagementRoutes,
        at address: SocketAddress = loopback,
        limits: ManagementLimits = ManagementLimits()
    ) -> ManagementServer {
        ManagementServer(place: .address(address), routes: routes, limits: limits, logger: logger)
    }

    /// Sends one request on a connection of its own.
    func ask(
        _ method: String,
        _ path: String,
        host: String = "127.0.0.1",
        headers: [String] = [],
        body: [UInt8] = []
    ) async throws -> HTTPAnswer {
        let first = "\(method) \(path) HTTP/1.1"
        let lines = [first, "Host: \(host)", "Connection: close"] + headers
        let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
        return try await onOwnThread {
            let client = try RawClient(port: port)
            client.send(head)
            try client.sendAll(body)
            return try HTTPAnswer(try client.receive())
        }
    }

    func get(_ path: String) async throws -> HTTPAnswer {
        try await ask("GET", path)
    }
}

import Addresses
import Logging
import Operations
import Synchronization

@testable import Control

/// A management server that runs in the test, on a port that the system has chosen.
struct ServedManagement: Sendable {
    static let loopback = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 0)

    let port: Int

    /// Runs `test` while a server answers with `status`.
    static func run(
        _ status: GatewayStatus = GatewayStatus(),
        limits: ManagementLimits = ManagementLimits(),
        hostNames: [String] = [],
        test: @escaping @Sendable (ServedManagement) async throws -> Void
    ) async throws {
        try await run(
            of: FixedGateway(state: status),
            limits: limits,
            hostNames: hostNames,
            test: test
        )
    }

    /// Runs `test` while a server answers for `gateway`.
    static func run(
        of gateway: any ManagedGateway,
        limits: ManagementLimits = ManagementLimits(),
        allowsClosing: Bool = true,
        hostNames: [String] = [],
        test: @escaping @Sendable (ServedManagement) async throws -> Void
    ) async throws {
        let failure = Mutex<(any Error)?>(nil)
        let server = server(
            of: gateway,
            limits: limits,
            allowsClosing: allowsClosing,
            hostNames: hostNames
        )
        try await server.run { port in
            do {
                try await test(ServedManagement(port: port))
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    static func server(
        of gateway: any ManagedGateway,
        at address: SocketAddress = loopback,
        limits: ManagementLimits = ManagementLimits(),
        allowsClosing: Bool = true,
        hostNames: [String] = []
    ) -> ManagementServer {
        ManagementServer(
            address: address,
            routes: ManagementRoutes(
                gateway: gateway,
                allowsClosing: allowsClosing,
                policySource: "the file /etc/x.yaml",
                hostNames: hostNames
            ),
            limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Sends one request on a connection of its own.
    func ask(
        _ method: String,
        _ path: String,
        host: String = "127.0.0.1",
        headers: [String] = []
    ) async throws -> HTTPAnswer {
        let first = "\(method) \(path) HTTP/1.1"
        let lines = [first, "Host: \(host)", "Connection: close"] + headers
        return try await onOwnThread {
            let client = try RawClient(port: port)
            client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
            return try HTTPAnswer(try client.receive())
        }
    }

    func get(_ path: String) async throws -> HTTPAnswer {
        try await ask("GET", path)
    }
}

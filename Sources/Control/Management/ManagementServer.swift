import Addresses
import Core
import Engine
import HTTPTypes
import Hummingbird
import Logging
import ServiceLifecycle

/// The management address: health, metrics and the API.
struct ManagementServer: Sendable {
    private let address: SocketAddress
    private let gateway: Gateway
    private let logger: Logger

    init(address: SocketAddress, gateway: Gateway, logger: Logger) {
        self.address = address
        self.gateway = gateway
        self.logger = logger
    }

    /// Serves while `body` runs.
    ///
    /// - Throws: ``ServiceError/cannotManage(address:reason:)`` if the address cannot be had; `body`
    ///   is then not run.
    func run(during body: @escaping @Sendable () async -> Void) async throws {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let server = ServiceGroup(
            services: [application { start.finish() }],
            logger: quietLogger
        )
        try await withThrowingTaskGroup { group in
            group.addTask {
                do {
                    try await server.run()
                } catch {
                    start.finish()
                    throw ServiceError.cannotManage(
                        address: address.description,
                        reason: "\(error)"
                    )
                }
            }
            for await _ in started {}
            group.addTask {
                // A server that could not begin has thrown, which cancels this task.
                if !Task.isCancelled { await body() }
                await server.triggerGracefulShutdown()
            }
            try await group.waitForAll()
        }
    }

    private func application(started: @escaping @Sendable () -> Void) -> some Service {
        Application(
            router: ManagementRoutes(gateway: gateway).router,
            configuration: .init(
                address: .hostname("\(address.ip)", port: Int(address.port)),
                serverName: "sluice"
            ),
            onServerRunning: { _ in started() },
            logger: quietLogger
        )
    }

    /// What the HTTP library has to say of its own life is of no use to an operator.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }
}

import Addresses
import Hummingbird
import HummingbirdCore
import Logging
import ServiceLifecycle
import Sockets

import protocol NIOCore.Channel
import struct NIOCore.IOError
import struct NIOCore.TimeAmount

/// The management address or the local socket: health, metrics and the API.
struct ManagementServer: Sendable {
    /// Where it listens.
    enum Place: Hashable, Sendable, CustomStringConvertible {
        /// With port 0 the system chooses the port.
        case address(SocketAddress)
        /// A Unix socket at this path.
        case socket(String)

        var description: String {
            switch self {
            case .address(let address): address.description
            case .socket(let path): path
            }
        }
    }

    let place: Place
    let routes: ManagementRoutes
    /// Serves HTTPS with it; plain HTTP without one.
    var certificate: ManagementCertificate?
    var limits = ManagementLimits()
    let logger: Logger

    /// Serves while `body` runs, which gets the port.
    ///
    /// - Throws: ``ServiceError/cannotManage(address:reason:)`` if the address cannot be had; `body`
    ///   is then not run.
    func run(during body: @escaping @Sendable (_ port: Int) async -> Void) async throws {
        try await serve { port, _ in await body(port) }
    }

    /// Serves while `body` runs, or until it calls `release`: then the address is free for another
    /// process, and requests under way are answered within ``ManagementLimits/shutdown``.
    ///
    /// - Throws: as ``run(during:)``.
    func serve(
        during body:
            @escaping @Sendable (_ port: Int, _ release: @Sendable () async -> Void) async -> Void
    ) async throws {
        let (ports, started) = AsyncStream.makeStream(of: Int.self)
        let server = serviceGroup { started.yield($0) }
        try await withThrowingTaskGroup { group in
            group.addTask {
                defer { started.finish() }
                try await server.run()
            }
            guard let port = await ports.first(where: { _ in true }) else {
                return try await throwFailure(of: &group)
            }
            await body(port) { await server.triggerGracefulShutdown() }
            await server.triggerGracefulShutdown()
            await awaitEnd(of: &group)
        }
    }

    /// Serves until it is shut down gracefully.
    ///
    /// - Parameter onStart: called with the port once the address is bound.
    /// - Throws: ``ServiceError/cannotManage(address:reason:)`` if it cannot be.
    func run(onStart: @escaping @Sendable (_ port: Int) -> Void) async throws {
        do {
            try await serviceGroup(onStart: onStart).run()
        } catch {
            throw ServiceError.cannotManage(
                address: place.description,
                reason: Self.reason(for: error)
            )
        }
    }

    private func throwFailure(of group: inout ThrowingTaskGroup<Void, any Error>) async throws {
        do {
            try await group.waitForAll()
        } catch {
            throw ServiceError.cannotManage(
                address: place.description,
                reason: Self.reason(for: error)
            )
        }
    }

    /// The system's text; the library's own describes its internals.
    private static func reason(for error: any Error) -> String {
        guard let error = error as? IOError else { return "cannot start the HTTP server" }
        return ListenFailure(SystemError(code: error.errnoCode)).description
    }

    private func awaitEnd(of group: inout ThrowingTaskGroup<Void, any Error>) async {
        do {
            try await group.waitForAll()
        } catch {
            // The sessions have drained: a management client that was cut off changes nothing.
            logger.debug("management server failed: \(error)")
        }
    }

    private func serviceGroup(onStart: @escaping @Sendable (_ port: Int) -> Void) -> ServiceGroup {
        var configuration = ServiceGroupConfiguration(
            services: [application(onStart: onStart)],
            logger: quietLogger
        )
        configuration.maximumGracefulShutdownDuration = limits.shutdown
        return ServiceGroup(configuration: configuration)
    }

    private func application(onStart: @escaping @Sendable (_ port: Int) -> Void) -> some Service {
        let room = ConnectionRoom(limit: limits.connections)
        let largeAnswers = ConnectionRoom(limit: limits.largeAnswers)
        return Application(
            router: routes.router(answers: LargeAnswers(room: largeAnswers)),
            server: protocols(limits.http(room: room, largeAnswers: largeAnswers)),
            configuration: .init(address: place.bindAddress, serverName: "sluice"),
            onServerRunning: { listener in
                await Self.watch(listener, making: room)
                onStart(listener.localAddress?.port ?? 0)
            },
            logger: quietLogger
        )
    }

    private func protocols(_ configuration: HTTP1Channel.Configuration) -> HTTPServerBuilder {
        guard let certificate else { return .http1(configuration: configuration) }
        let handshake = TimeAmount(limits.handshake)
        return HTTPServerBuilder { responder in
            TLSChannel(
                base: HTTP1Channel(responder: responder, configuration: configuration),
                certificate: certificate,
                handshake: handshake
            )
        }
    }

    private static func watch(_ listener: any Channel, making room: ConnectionRoom) async {
        // `try?`: it fails only on a channel that has been closed already.
        try? await listener.eventLoop.submit {
            let pauses = AcceptPauses(room: room)
            try listener.pipeline.syncOperations.addHandler(pauses, position: .first)
        }.get()
    }

    private var quietLogger: Logger { logger.quiet }
}

extension ManagementServer.Place {
    fileprivate var bindAddress: BindAddress {
        switch self {
        case .address(let address): .hostname("\(address.ip)", port: Int(address.port))
        case .socket(let path): .unixDomainSocket(path: path)
        }
    }
}

extension Logger {
    /// For libraries: what they log about their own life is of no use to an operator.
    var quiet: Logger {
        var quiet = self
        quiet.logLevel = max(logLevel, .warning)
        return quiet
    }
}

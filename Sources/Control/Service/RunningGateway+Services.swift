import Addresses
import Engine
import FoundationEssentials
import Logging
import Operations
import Policy
import ServiceLifecycle
import Settings
import Sockets
import Store
import Synchronization
import Text
import Traffic

extension RunningGateway {
    /// Serves as long as `untilStopped` takes, then drains.
    ///
    /// - Parameters:
    ///   - others: run along with the gateway's own services; if one ends, all are stopped.
    ///   - ready: called once everything is bound and clients are accepted.
    /// - Throws: why a part of the gateway ended by itself. The others have been stopped, and
    ///   sessions have been drained.
    func run(
        with others: [any ServiceLifecycle.Service] = [],
        ready: @escaping @Sendable () -> Void = {},
        untilStopped: @escaping @Sendable () async -> Void
    ) async throws {
        defer { logs.flush() }
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let group = serviceGroup(with: others) {
            ready()
            started.yield()
        }
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                defer { started.finish() }
                try await group.run()
            }
            tasks.addTask {
                guard await starts.first(where: { _ in true }) != nil else { return }
                await untilStopped()
                logger.notice("draining", metadata: ["sessions": "\(gateway.sessionCount)"])
                // A successor may need the addresses immediately.
                gateway.stopAccepting()
                names.stopListening()
                plane.events.close()
                await group.triggerGracefulShutdown()
            }
            defer { tasks.cancelAll() }
            try await tasks.next()
            try await tasks.waitForAll()
        }
    }

    /// They are stopped in the reverse order.
    private func serviceGroup(
        with others: [any ServiceLifecycle.Service],
        ready: @escaping @Sendable () -> Void
    ) -> ServiceGroup {
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        var services: [any ServiceLifecycle.Service] = [
            DataPlaneService(gateway: self, managementPorts: ports, ready: ready),
            PolicyService(gateway: self),
            CountService(gateway: self),
            NoticeService(gateway: self),
            NameUpdateService(gateway: self),
            CertificateService(gateway: self),
            MemoryService(gateway: self),
        ]
        if management != nil || managementSocket != nil {
            services.append(ManagementService(gateway: self) { bound.yield($0) })
        } else {
            bound.yield(0)
        }
        return ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: (services + others).map { service in
                    .init(
                        service: service,
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup
                    )
                },
                logger: logger.quiet
            )
        )
    }

    private func managementServer(at address: SocketAddress) -> ManagementServer {
        var routes = ManagementRoutes(
            gateway: gateway,
            writer: writer,
            access: .credentials { [writer] in writer.store }
        )
        routes.plane = plane
        routes.signIn = signIn
        routes.singleSignOn = singleSignOn
        routes.hasOpenMetrics = address.ip.unmapped.isLoopback
        routes.reload = reload
        routes.hostNames = managementNames
        // Behind a proxy that ends TLS, browsers know only the proxy.
        routes.isSecure = certificate != nil || isSecure
        var server = managementServer(at: .address(address), routes)
        server.certificate = certificate
        return server
    }

    private func managementServer(
        at place: ManagementServer.Place,
        _ routes: ManagementRoutes
    ) -> ManagementServer {
        var limits = ManagementLimits()
        limits.connections = descriptors.managementConnections
        return ManagementServer(place: place, routes: routes, limits: limits, logger: logger)
    }

    /// Serves the local socket until it is shut down gracefully. A gateway that cannot have it works
    /// all the same.
    ///
    /// - Parameters:
    ///   - port: of the management address.
    ///   - bound: called once it can be used, or cannot be.
    private func serveLocalSocket(port: Int, bound: @escaping @Sendable () -> Void) async {
        guard let path = localSocketPath(port: port) else { return bound() }
        do throws(LocalSocketError) {
            try LocalSocket.prepare(path)
        } catch {
            logger.warning("no local socket: \(error)")
            return bound()
        }
        var routes = ManagementRoutes(gateway: gateway, writer: writer, access: .localSocket)
        routes.reload = reload
        routes.plane = plane
        routes.signIn = signIn
        routes.hostNames = managementNames
        let own = Mutex<FileIdentity?>(nil)
        defer { LocalSocket.remove(path, ifStill: own.withLock { $0 }) }
        do {
            try await managementServer(at: .socket(path), routes).run { [logger] _ in
                let identity = LocalSocket.restrict(path)
                own.withLock { $0 = identity }
                logger.info("local socket at \(path)")
                bound()
            }
        } catch {
            logger.warning("no local socket: \(error)")
            bound()
        }
    }

    private func localSocketPath(port: Int) -> String? {
        if let managementSocket { return managementSocket }
        return management.map { address in
            ManagementSocket.standardPath(
                for: SocketAddress(address.ip, port: UInt16(clamping: port)),
                user: LocalUser.current,
                environment: ProcessInfo.processInfo.environment
            )
        }
    }

    /// Accepts clients as soon as the management address is bound, and drains.
    private struct DataPlaneService: ServiceLifecycle.Service {
        let gateway: RunningGateway
        let managementPorts: AsyncStream<Int>
        let ready: @Sendable () -> Void

        func run() async throws {
            let port = await cancelWhenGracefulShutdown {
                await managementPorts.first { _ in true }
            }
            // The management address cannot be bound, or a signal has come.
            guard let port else { return }
            gateway.accept(managementPort: port)
            ready()
            // It throws if the task is cancelled: then too, sessions are drained.
            try? await gracefulShutdown()
            await gateway.drain()
        }
    }

    /// Runs the source of the policy, and saves the active policy at the end.
    private struct PolicyService: ServiceLifecycle.Service {
        let gateway: RunningGateway

        func run() async throws {
            gateway.logs.audit.start { [writer = gateway.writer] in writer.store }
            try await cancelWhenGracefulShutdown {
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        guard gateway.management != nil else { return }
                        await FirstAccount(writer: gateway.writer, logger: gateway.logger).make()
                    }
                    group.addTask {
                        try await gateway.source.run(submittingTo: gateway.applier)
                    }
                    group.addTask {
                        await gateway.writer.acceptReachedEndpoints(of: gateway.gateway)
                    }
                    group.addTask {
                        await RequestExpiry(writer: gateway.writer, logger: gateway.logger).run()
                    }
                    group.addTask {
                        await HitRecorder(
                            gateway: gateway.gateway,
                            writer: gateway.writer,
                            logger: gateway.logger
                        ).run()
                    }
                    try await group.waitForAll()
                }
            }
            // A successor may need both immediately. It exports what it writes itself.
            gateway.writer.release()
            gateway.lastPolicy?.close()
            let newest = gateway.writer.store?.auditNumber ?? 0
            await gateway.logs.audit.finish(through: newest, within: .seconds(1))
        }
    }

    /// Counts for each minute, off the path of connections.
    private struct CountService: ServiceLifecycle.Service {
        let gateway: RunningGateway

        func run() async throws {
            await cancelWhenGracefulShutdown { [gateway] in
                await gateway.plane.counts.run { gateway.gateway.status() }
            }
        }
    }

    /// Tells people what they should hear of.
    private struct NoticeService: ServiceLifecycle.Service {
        let gateway: RunningGateway

        func run() async throws {
            await cancelWhenGracefulShutdown { [gateway] in await gateway.plane.notices.run() }
        }
    }

    /// The updates of another name server.
    private struct NameUpdateService: ServiceLifecycle.Service {
        let gateway: RunningGateway

        func run() async throws {
            await cancelWhenGracefulShutdown { [gateway] in await gateway.names.updater.run() }
        }
    }

    /// Obtains certificates by ACME, renews them, and reads changed files.
    private struct CertificateService: ServiceLifecycle.Service {
        let gateway: RunningGateway

        func run() async throws {
            await cancelWhenGracefulShutdown { [gateway] in
                async let renewal: Void = gateway.certificateRenewal.run()
                await gateway.certificates.run()
                await renewal
            }
        }
    }

    /// Gives memory back after a crowd of clients.
    private struct MemoryService: ServiceLifecycle.Service {
        let gateway: RunningGateway

        func run() async throws {
            await cancelWhenGracefulShutdown { [gateway] in
                await gateway.memory.watchCrowds { gateway.gateway.sessionCount }
            }
        }
    }

    /// The management address and the local socket.
    private struct ManagementService: ServiceLifecycle.Service {
        let gateway: RunningGateway
        /// Called once both are bound.
        let bound: @Sendable (_ port: Int) -> Void

        func run() async throws {
            let (ports, started) = AsyncStream.makeStream(of: Int.self)
            try await withThrowingTaskGroup { group in
                group.addTask {
                    guard let address = gateway.management else {
                        started.yield(0)
                        // It throws if the task is cancelled.
                        return try await gracefulShutdown()
                    }
                    defer { started.finish() }
                    try await gateway.managementServer(at: address).run { started.yield($0) }
                }
                group.addTask {
                    guard let port = await ports.first(where: { _ in true }) else { return }
                    await gateway.serveLocalSocket(port: port) { bound(port) }
                }
                try await group.waitForAll()
            }
        }
    }

    private func accept(managementPort: Int) {
        if let management {
            let address = SocketAddress(management.ip, port: UInt16(clamping: managementPort))
            let suffix = certificate == nil ? "" : " (HTTPS)"
            logger.info("management listening on \(address)\(suffix)")
        }
        gateway.accept()
        for listener in gateway.status().listeners {
            logger.info("listening on \(listener.address)", metadata: listener.logFields)
        }
        switch gateway.kernelTLSUse {
        case .none: break
        case .modes(let modes): logger.info("kernel TLS: \(modes)")
        case .unavailable:
            logger.warning(
                """
                engine.kernelTLS: this kernel has no TLS, so OpenSSL encrypts and decrypts \
                everything (modprobe tls)
                """
            )
        }
        logger.notice("sluice \(Version.current) is ready")
        memory.schedule()
    }

    private func drain() async {
        let outcome = await withTaskGroup { group in
            group.addTask { await writer.follow() }
            defer {
                group.cancelAll()
                applier.stop()
            }
            return await gateway.drain(within: drainLimit.current)
        }
        logger.notice(
            "drained: \(outcome.finished.of("session")) finished, \(outcome.closed) closed",
            metadata: ["finished": "\(outcome.finished)", "closed": "\(outcome.closed)"]
        )
    }
}

// MARK: - Binding

extension RunningGateway {
    private static let probeMilliseconds: UInt32 = 10

    /// Binds every address, or none. Blocks.
    ///
    /// - Parameter patience: for addresses that another process holds: a predecessor releases them
    ///   when it starts to drain.
    func bind(waiting patience: Duration) throws(ServiceError) {
        let deadline = ContinuousClock.now + patience
        if let management {
            try waitUntilFree(management, until: deadline) { reason in
                .cannotManage(address: management.description, reason: reason)
            }
        }
        try bindListeners(until: deadline)
        try bindNameServer(until: deadline)
    }

    private func bindNameServer(until deadline: ContinuousClock.Instant) throws(ServiceError) {
        while true {
            do throws(NameServer.ListenError) {
                return try names.listen()
            } catch {
                guard error.failure.isAddressInUse, ContinuousClock.now < deadline else {
                    throw .cannotStart(error.description)
                }
                Clock.sleep(milliseconds: Self.probeMilliseconds)
            }
        }
    }

    private func bindListeners(until deadline: ContinuousClock.Instant) throws(ServiceError) {
        while true {
            do throws(GatewayError) {
                return try gateway.bind()
            } catch {
                guard error.isAddressInUse, case .cannotListen(let address, let failure) = error,
                    ContinuousClock.now < deadline
                else { throw ServiceError(error) }
                try waitUntilFree(address, until: deadline) { _ in
                    .cannotListen(address: address.description, reason: failure.description)
                }
                // What looks free may still overlap with what another process holds.
                Clock.sleep(milliseconds: Self.probeMilliseconds)
            }
        }
    }

    private func waitUntilFree(
        _ address: SocketAddress,
        until deadline: ContinuousClock.Instant,
        orThrow failure: (_ reason: String) -> ServiceError
    ) throws(ServiceError) {
        var hasLogged = false
        while true {
            do throws(SystemError) {
                return try ListeningSocket.probe(address)
            } catch {
                guard error == .addressInUse, ContinuousClock.now < deadline else {
                    throw failure(ListenFailure(error).description)
                }
            }
            if !hasLogged { logger.notice("waiting for \(address): in use by another process") }
            hasLogged = true
            Clock.sleep(milliseconds: Self.probeMilliseconds)
        }
    }
}

extension ListenerStatus {
    fileprivate var logFields: Logger.Metadata {
        var fields: Logger.Metadata = [
            "protocol": "\(`protocol`.rawValue)", "link": "\(link.rawValue)",
        ]
        if let warehouse { fields["warehouse"] = "\(warehouse)" }
        return fields
    }
}

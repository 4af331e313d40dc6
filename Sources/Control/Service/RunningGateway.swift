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
import Time
import Traffic

/// The parts of one gateway while it runs, wired together.
struct RunningGateway: Sendable {
    let logger: Logger
    /// Settings that only apply at startup. Not the whole configuration: its lists would stay
    /// in memory for as long as the gateway runs.
    private let management: SocketAddress?
    private let managementNames: [String]
    private let managementSocket: String?
    /// `nil` if the management address is served without TLS.
    private let certificate: ManagementCertificate?
    private let logs: GatewayLogs
    private let gateway: Gateway
    private let drainLimit: DrainLimit
    private let descriptors: DescriptorPlan
    private let memory: MemoryTrimmer
    private let source: ConfigurationFileSource
    private let lastPolicy: LastPolicy?
    /// Applies what the sources of policy submit.
    let applier: PolicyApplier
    /// Changes the policy.
    let writer: PolicyWriter
    /// What the management address and the local socket share.
    private let plane: ControlPlane
    private let signIn: SignIn
    private let singleSignOn: SingleSignOnLogin
    /// Whether browsers reach the gateway by HTTPS.
    private let isSecure: Bool

    /// - Parameter load: reads the configuration again.
    init(
        _ start: Start,
        _ logs: GatewayLogs,
        load: @escaping @Sendable () -> LoadedConfiguration
    ) throws(ServiceError) {
        let topology = start.configuration.topology
        let descriptors = try ProcessSettings.planDescriptors(for: topology)
        self.descriptors = descriptors
        management = topology.management.address
        managementNames =
            topology.management.names + (topology.management.url.map { [$0.host] } ?? [])
        isSecure = topology.management.url?.isSecure ?? false
        managementSocket = topology.localSocketPath
        let drainLimit = DrainLimit(topology.timeouts.drain)
        self.drainLimit = drainLimit
        let gateway: Gateway
        do throws(GatewayError) {
            gateway = try Gateway(
                configuration: start.configuration,
                accessLog: logs.accessLog,
                descriptors: descriptors,
                report: logs.events.record
            )
        } catch {
            throw .cannotStart(error.description)
        }
        self.logs = logs
        self.gateway = gateway
        let logger = logs.logger
        self.logger = logger
        let certificate: ManagementCertificate?
        do throws(CertificateError) {
            certificate = try ManagementCertificate(topology.management, logger: logger)
        } catch {
            throw .invalidConfiguration(["management.tls: \(error)"])
        }
        self.certificate = certificate
        let memory = MemoryTrimmer { gateway.holdsOldPolicy }
        self.memory = memory
        lastPolicy = topology.lastPolicyFolder.map { folder in
            LastPolicy(folder: folder) { failure in
                gateway.recordPolicySave(failure: failure)
                if let failure {
                    logger.error("cannot save the active policy (trying again): \(failure)")
                } else {
                    logger.notice("the active policy is saved again")
                }
            }
        }
        let saveAndReport = Self.reporter(gateway, lastPolicy, memory, logger)
        saveAndReport(start.status, start.configuration.policy)
        applier = PolicyApplier(
            start.configuration.policy,
            status: start.status,
            target: LoggedGateway(gateway, logs, drainLimit),
            report: saveAndReport
        )
        writer = PolicyWriter(
            start.base,
            configured: start.configured,
            topology: start.topology,
            logger: logger
        )
        writer.start(with: applier)
        writer.logActs()
        let (writer, audit) = (writer, logs.audit)
        let plane = ControlPlane(
            gateway,
            writer,
            auditExport: { audit.status },
            certificate: { certificate?.status },
            report: logs.events.record
        )
        writer.onActs {
            plane.events.actsRecorded()
            audit.recordsAdded()
        }
        self.plane = plane
        signIn = SignIn(writer, PasswordWork(), plane.metrics)
        singleSignOn = SingleSignOnLogin(signIn, writer, plane.metrics)
        source = ConfigurationFileSource(
            name: start.policySource,
            writer: writer,
            logger: logger,
            load: {
                let loaded = load()
                return certificate?.staging(loaded) ?? loaded
            }
        ) { failure in
            certificate?.finishReload(succeeded: failure == nil)
            gateway.recordReload(failure: failure)
            guard let failure else { return }
            let generation = gateway.status().generation
            logger.error("reload failed: \(failure); still using generation \(generation)")
        }
    }

    /// What happens each time that a policy becomes active, or one is rejected.
    private static func reporter(
        _ gateway: Gateway,
        _ lastPolicy: LastPolicy?,
        _ memory: MemoryTrimmer,
        _ logger: Logger
    ) -> @Sendable (PolicyStatus, Policy) -> Void {
        let expiries = ExpiryWatch { logger.notice("whitelist entries expired: \($0)") }
        return { status, policy in
            if gateway.recordPolicy(status)?.isRestored == true, !status.isRestored {
                logger.notice("the policy's source can be read again: it replaces the saved policy")
            }
            expiries.watch(policy)
            // A policy that was restored is in the folder already.
            if !status.isRestored { lastPolicy?.save(policy, status) }
            memory.schedule()
        }
    }

    /// Reopens the log files. Returns immediately.
    func reopenLogs() {
        logs.reopen()
    }

    /// Reloads the configuration, or reports why it cannot be applied and changes nothing.
    /// Returns immediately.
    func requestReload() {
        source.requestReload()
    }

    /// As SIGHUP, but waits for the end.
    private func reload() async -> ReloadResult {
        reopenLogs()
        return await source.reload()
    }
}

// MARK: - Services

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

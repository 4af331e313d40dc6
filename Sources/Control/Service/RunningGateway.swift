import Addresses
import Engine
import Logging
import Operations
import Policy
import Settings
import Sockets
import Text
import Traffic

/// The parts of one gateway while it runs, wired together.
struct RunningGateway: Sendable {
    let logger: Logger
    /// What counts at the start only. Not the configuration that it is part of: its lists would stay in
    /// memory for as long as the gateway runs.
    private let management: SocketAddress?
    private let managementNames: [String]
    private let policySource: String
    private let logs: GatewayLogs
    private let gateway: Gateway
    private let drainLimit: DrainLimit
    private let descriptors: DescriptorPlan
    private let expiries: ExpiryWatch
    private let memory: MemoryTrimmer

    /// - Parameter policySource: where the configuration comes from, in words.
    init(
        _ configuration: GatewayConfiguration,
        from policySource: String
    ) throws(ServiceError) {
        let descriptors = try ProcessSettings.planDescriptors(for: configuration)
        self.descriptors = descriptors
        management = configuration.management
        managementNames = configuration.managementNames
        self.policySource = policySource
        drainLimit = DrainLimit(configuration.timeouts.drain)
        let logs: GatewayLogs
        let gateway: Gateway
        do throws(LogDestination.OpenError) {
            logs = try GatewayLogs(configuration.log)
        } catch {
            throw .cannotStart(error.description)
        }
        do throws(GatewayError) {
            gateway = try Gateway(
                configuration: configuration,
                accessLog: logs.accessLog,
                descriptors: descriptors,
                report: logs.events.note
            )
        } catch {
            throw .cannotStart(error.description)
        }
        self.logs = logs
        self.gateway = gateway
        logger = logs.logger
        expiries = ExpiryWatch { [logger] in logger.notice("entries have expired: \($0)") }
        expiries.watch(configuration)
        memory = MemoryTrimmer { gateway.holdsOldPolicy }
    }

    /// Serves as long as `untilStopped` takes, then drains.
    ///
    /// - Parameter ready: called once everything is bound and clients are accepted.
    func run(
        ready: @escaping @Sendable () -> Void = {},
        untilStopped: @escaping @Sendable () async -> Void
    ) async throws {
        defer { logs.flush() }
        try await withManagement { release in
            gateway.accept()
            logStart()
            memory.schedule()
            ready()
            await untilStopped()
            logger.notice("draining", metadata: ["sessions": "\(gateway.sessionCount)"])
            // A successor may need the address at once.
            await release()
            await drain()
        }
    }

    /// Runs the management server beside `body`, if there is to be one. It answers once every
    /// address is bound, and until `body` releases its address.
    private func withManagement(
        _ body: @escaping @Sendable (_ release: @Sendable () async -> Void) async -> Void
    ) async throws {
        guard let address = management else { return await body {} }
        let routes = ManagementRoutes(
            gateway: gateway,
            allowsClosing: address.ip.isLoopback,
            policySource: policySource,
            hostNames: managementNames
        )
        var limits = ManagementLimits()
        limits.connections = descriptors.managementConnections
        let server = ManagementServer(
            address: address,
            routes: routes,
            limits: limits,
            logger: logger
        )
        try await server.serve { port, release in
            logger.info("management on \(SocketAddress(address.ip, port: UInt16(clamping: port)))")
            await body(release)
        }
    }

    private func logStart() {
        for listener in gateway.status().listeners {
            logger.info("listening on \(listener.address)", metadata: listener.logFields)
        }
        logger.notice("sluice \(Version.current) is ready")
    }

    private func drain() async {
        let outcome = await gateway.drain(within: drainLimit.current)
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
    /// - Parameter patience: for addresses that another process holds: a predecessor lets go of
    ///   them when it begins to drain.
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
                // What is free to the eye may still overlap with what another process holds.
                Clock.sleep(milliseconds: Self.probeMilliseconds)
            }
        }
    }

    private func waitUntilFree(
        _ address: SocketAddress,
        until deadline: ContinuousClock.Instant,
        orThrow failure: (_ reason: String) -> ServiceError
    ) throws(ServiceError) {
        var hasSpoken = false
        while true {
            do throws(SystemError) {
                return try ListeningSocket.probe(address)
            } catch {
                guard error == .addressInUse, ContinuousClock.now < deadline else {
                    throw failure(ListenFailure(error).description)
                }
            }
            if !hasSpoken { logger.notice("waiting for \(address): another process holds it") }
            hasSpoken = true
            Clock.sleep(milliseconds: Self.probeMilliseconds)
        }
    }
}

// MARK: - Reloading

extension RunningGateway {
    /// Opens the logs' files again. Returns at once.
    func reopenLogs() {
        logs.reopen()
    }

    /// Puts a configuration in force, or says why not and changes nothing.
    func reload(from loaded: LoadedConfiguration) {
        for finding in loaded.findings {
            let level: Logger.Level = finding.severity == .error ? .error : .warning
            logger.log(level: level, "\(finding.line(in: loaded.file))")
        }
        do {
            guard let configuration = loaded.configuration else {
                throw ReloadError.invalid(loaded)
            }
            try putInForce(configuration)
        } catch {
            reloadFailed("\(error)")
        }
        memory.schedule()
    }

    /// Says that the configuration in force stays, and why.
    func reloadFailed(_ reason: String) {
        gateway.recordReload(failure: reason)
        let generation = gateway.status().generation
        logger.error("reload failed: \(reason); still using generation \(generation)")
    }

    private func putInForce(_ new: GatewayConfiguration) throws {
        let before = (endpoints: gateway.endpoints().endpoints, status: gateway.status())
        let change = try logs.prepare(new.log)
        try gateway.reload(to: new)
        logs.apply(change)
        drainLimit.current = new.timeouts.drain
        expiries.watch(new)
        gateway.recordReload(failure: nil)
        let after = gateway.status()
        logChanges(from: before.endpoints)
        logChanges(from: before.status.listeners, to: after.listeners)
        logger.notice("configuration reloaded (generation \(after.generation))")
        if !after.awaitingRestart.isEmpty {
            let keys = after.awaitingRestart.joined(separator: ", ")
            logger.warning("changed, but not in force before a restart: \(keys)")
        }
    }

    private func logChanges(from before: [EndpointStatus]) {
        let after = gateway.endpoints().endpoints
        for change in EndpointChange.all(from: before, to: after) {
            logger.log(level: change.isLegal ? .notice : .warning, "\(change)")
        }
    }

    private func logChanges(from before: [ListenerStatus], to after: [ListenerStatus]) {
        for change in ListenerChange.all(from: before, to: after) {
            logger.notice("\(change)", metadata: ["warehouse": "\(change.warehouse)"])
        }
    }
}

/// The operator's fault.
private enum ReloadError: Error, CustomStringConvertible {
    case invalid(LoadedConfiguration)

    var description: String {
        switch self {
        case .invalid(let loaded):
            "\(loaded.faults.count.of("error")) in \(loaded.file)"
        }
    }
}

extension ListenerStatus {
    fileprivate var logFields: Logger.Metadata {
        [
            "warehouse": "\(warehouse ?? "-")", "protocol": "\(`protocol`.rawValue)",
            "link": "\(link.rawValue)",
        ]
    }
}

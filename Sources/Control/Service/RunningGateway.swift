import Addresses
import Core
import Engine
import Logging

/// The parts of one gateway while it runs, wired together.
struct RunningGateway: Sendable {
    let logger: Logger
    private let configuration: GatewayConfiguration
    private let policySource: String
    private let accessLog: AccessLogWriter?
    private let gateway: Gateway
    private let drainLimit: DrainLimit

    /// - Parameter policySource: where the configuration comes from, in words.
    init(
        _ configuration: GatewayConfiguration,
        from policySource: String
    ) throws(ServiceError) {
        self.configuration = configuration
        self.policySource = policySource
        drainLimit = DrainLimit(configuration.timeouts.drain)
        logger = LineLogHandler.logger(configuration.log, to: .standardError)
        do throws(LogDestination.OpenError) {
            let isVerbose = configuration.log.level == .trace || configuration.log.level == .debug
            accessLog = try LogDestination.of(configuration.log.access).map { destination in
                AccessLogWriter(to: destination, includesProbes: isVerbose)
            }
        } catch {
            throw .cannotStart(error.description)
        }
        let events = GatewayEventLog(logger)
        do throws(GatewayError) {
            gateway = try Gateway(
                configuration: configuration,
                accessLog: accessLog ?? DiscardedAccessLog(),
                report: events.note
            )
        } catch {
            throw .cannotStart(error.description)
        }
    }

    /// Serves as long as `untilStopped` takes, then drains.
    func run(untilStopped: @escaping @Sendable () async -> Void) async throws {
        do throws(GatewayError) {
            try gateway.start()
        } catch {
            throw ServiceError(error)
        }
        logStart()
        try await withManagement {
            await untilStopped()
            logger.notice("draining")
            await drain()
        }
        accessLog?.flush(within: .seconds(5))
    }

    /// Runs the management server beside `body`, if there is to be one.
    private func withManagement(_ body: @escaping @Sendable () async -> Void) async throws {
        guard let address = configuration.management else { return await body() }
        let routes = ManagementRoutes(
            gateway: gateway,
            allowsClosing: address.ip.isLoopback,
            policySource: policySource,
            hostNames: configuration.managementNames
        )
        let server = ManagementServer(address: address, routes: routes, logger: logger)
        try await server.run { port in
            logger.info("management on \(SocketAddress(address.ip, port: UInt16(clamping: port)))")
            await body()
        }
    }

    private func logStart() {
        for listener in gateway.status().listeners {
            logger.info(
                "listening on \(listener.address)",
                metadata: [
                    "warehouse": "\(listener.warehouse)",
                    "protocol": "\(listener.protocol.rawValue)",
                    "link": "\(listener.link.rawValue)",
                ]
            )
        }
        logger.notice("sluice \(Version.current) is ready")
    }

    private func drain() async {
        let outcome = await gateway.drain(within: drainLimit.current)
        logger.notice(
            "drained: \(outcome.finished) sessions finished, \(outcome.closed) were closed",
            metadata: ["finished": "\(outcome.finished)", "closed": "\(outcome.closed)"]
        )
    }
}

// MARK: - Reloading

extension RunningGateway {
    /// Puts a configuration in force, or says why not and changes nothing.
    func reload(from loaded: LoadedConfiguration) {
        reopenAccessLog()
        for line in loaded.lines { logger.warning("\(line)") }
        guard let configuration = loaded.configuration else {
            logger.error(
                "the new configuration was not put in force: \(loaded.faults.count) faults"
            )
            return
        }
        do {
            let endpoints = gateway.endpoints().endpoints
            try gateway.reload(to: configuration)
            logChanges(of: endpoints)
            drainLimit.current = configuration.timeouts.drain
            let generation = gateway.status().generation
            logger.notice("configuration generation \(generation) is in force")
        } catch {
            logger.error("the new configuration was not put in force: \(error)")
        }
    }

    private func logChanges(of before: [EndpointStatus]) {
        let after = gateway.endpoints().endpoints
        for change in EndpointChange.all(from: before, to: after) {
            logger.log(level: change.isLegal ? .notice : .warning, "\(change)")
        }
    }

    private func reopenAccessLog() {
        accessLog?.reopen { [logger] error in
            logger.error("\(error); the access log stays in the old file")
        }
    }
}

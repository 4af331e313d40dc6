import Addresses
import Engine
import Logging
import Operations
import Policy
import Settings
import Sockets
import Store
import Text
import Traffic

/// The parts of one gateway while it runs, wired together.
struct RunningGateway: Sendable {
    let logger: Logger
    /// Settings that only apply at startup. Not the whole configuration: its lists would stay
    /// in memory for as long as the gateway runs.
    let management: SocketAddress?
    let managementNames: [String]
    let managementSocket: String?
    /// `nil` if the management address is served without TLS.
    let certificate: ManagementCertificate?
    let logs: GatewayLogs
    let gateway: Gateway
    let drainLimit: DrainLimit
    let descriptors: DescriptorPlan
    let memory: MemoryTrimmer
    let source: ConfigurationFileSource
    let lastPolicy: LastPolicy?
    /// Applies what the sources of policy submit.
    let applier: PolicyApplier
    /// Changes the policy.
    let writer: PolicyWriter
    /// What the management address and the local socket share.
    let plane: ControlPlane
    /// The names in the gateway's domain.
    let names: GatewayNames
    /// Those that it obtains by ACME.
    let certificates: GatewayCertificates
    /// Reads certificate files again.
    let certificateRenewal: CertificateRenewal
    let signIn: SignIn
    let singleSignOn: SingleSignOnLogin
    /// Whether browsers reach the gateway by HTTPS.
    let isSecure: Bool

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
        let events = logs.events
        let administrator = AdministratorKill(report: events.record)
        gateway.endSessionsElsewhere { [weak gateway] kill in
            guard let gateway else { return "the gateway is stopping" }
            return await administrator.end(kill, at: gateway)
        }
        gateway.readPasswords { path in
            Result { () throws(PasswordFileError) in try PasswordFile(path: path).read() }
                .mapError { PasswordUnavailable(reason: $0.description) }
        }
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
        let names = GatewayNames(clientLimit: descriptors.nameConnections, logger: logger)
        self.names = names
        let certificates = GatewayCertificates(gateway, names, logger: logger)
        self.certificates = certificates
        certificates.prepare(topology.acme)
        let saveAndReport = Self.reporter(gateway, lastPolicy, names, memory, logger)
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
        let renewal = CertificateRenewal(
            topology: { gateway.topology },
            use: { files in
                do throws(GatewayError) {
                    try gateway.use(files)
                    writer.use(files)
                    return nil
                } catch {
                    return error
                }
            },
            logger: logger
        )
        certificateRenewal = renewal
        let plane = ControlPlane(
            gateway,
            writer,
            auditExport: { audit.status },
            certificate: { certificate?.status },
            names: names,
            managedCertificates: { certificates.status },
            certificateFilesFailure: { renewal.failure },
            streams: StreamPlaces(limit: descriptors.eventStreams),
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
            if failure == nil { certificates.apply(gateway.topology.acme) }
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
        _ names: GatewayNames,
        _ memory: MemoryTrimmer,
        _ logger: Logger
    ) -> @Sendable (PolicyStatus, Policy) -> Void {
        let expiries = ExpiryWatch { logger.notice("whitelist entries expired: \($0)") }
        return { status, policy in
            if gateway.recordPolicy(status)?.isRestored == true, !status.isRestored {
                logger.notice("the policy's source can be read again: it replaces the saved policy")
            }
            expiries.watch(policy)
            names.apply(gateway.topology, policy)
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
    func reload() async -> ReloadResult {
        reopenLogs()
        return await source.reload()
    }
}

import CIDRTrie
package import Operations
package import Policy
package import Settings
import Sockets
package import TLS
package import Traffic

/// The data plane: listeners, shards and backends, under one immutable snapshot of policy.
///
///     let gateway = try Gateway(configuration: configuration, accessLog: log) { event in … }
///     try gateway.start()
///     try gateway.reload(to: newer)
///     let outcome = await gateway.drain(within: .seconds(30))
///
/// Every method may be called on any thread.
package final class Gateway: Sendable {
    let services: ShardServices
    let shards: [Shard]
    let inventory: Locked<Inventory>
    private let phase = Locked(GatewayStatus.Phase.starting)
    /// One change of the configuration at a time; nothing else waits for it.
    private let changes = Locked(())
    /// The shards no longer accept messages.
    private let isRetired = Locked(false)
    private let names: NameResolver
    let checker: HealthChecker
    private let learner: TargetLearner
    private let startedAt = Moment.now().unixTime
    private let startSettings: StartSettings
    /// What TLS keeps across reloads.
    package let sharedTLS: SharedTLS
    private let lastReload = Locked<ReloadStatus?>(nil)
    private let policyStatus = Locked<PolicyStatus?>(nil)
    /// Those that were published and may still be held by a shard.
    private let snapshots = Locked<[WeakSnapshot]>([])
    /// The configuration that every shard has received.
    private let publishedGeneration = Locked(0)

    /// Prepares a gateway; nothing listens before ``start()``.
    ///
    /// - Parameters:
    ///   - descriptors: how many the data plane may use; `nil` if nothing else in the process needs
    ///     many.
    ///   - report: receives events for the operator. Called on any thread; must not block.
    package convenience init(
        configuration: GatewayConfiguration,
        accessLog: any AccessLog,
        descriptors: DescriptorPlan? = nil,
        sharedTLS: SharedTLS = SharedTLS(),
        report: @escaping @Sendable (GatewayEvent) -> Void
    ) throws(GatewayError) {
        try self.init(
            configuration: configuration,
            accessLog: accessLog,
            descriptors: descriptors,
            assembly: Assembly(),
            sharedTLS: sharedTLS,
            report: report
        )
    }

    init(
        configuration: GatewayConfiguration,
        accessLog: any AccessLog,
        descriptors: DescriptorPlan?,
        assembly: Assembly,
        sharedTLS: SharedTLS = SharedTLS(),
        report: @escaping @Sendable (GatewayEvent) -> Void
    ) throws(GatewayError) {
        let topology = configuration.topology
        let congestion = try CongestionPolicy(topology.engine.congestionControl)
        let bufferPolicy = try BufferPolicy(topology.engine)
        let services = try ShardServices(
            shardCount: Self.shardCount(for: topology.engine),
            descriptors: try Self.plan(descriptors),
            congestion: congestion,
            bufferPolicy: bufferPolicy,
            kernelTLS: KernelOffload(topology.engine.kernelTLS),
            accessLog: accessLog,
            report: report
        )
        let snapshot = Snapshot(
            generation: 0,
            limits: topology.limits,
            denialLinesPerMinute: topology.log.denialsPerMinute,
            keepalive: KeepaliveOptions(topology.keepalive),
            listeners: [:],
            sessionPolicies: SessionPolicies()
        )
        shards = services.ports.map { port in
            Shard(
                port: port,
                settings: topology.engine,
                services: services,
                snapshot: snapshot
            )
        }
        self.services = services
        self.sharedTLS = sharedTLS
        inventory = Locked(
            Inventory(
                configuration: configuration,
                congestion: congestion,
                bufferPolicy: bufferPolicy,
                assembly: assembly,
                sharedTLS: sharedTLS,
                report: report
            )
        )
        names = NameResolver(report: report)
        do {
            learner = try TargetLearner(report: report)
            checker = try HealthChecker(
                descriptorLimit: ProcessLimits.descriptors(),
                report: report
            )
        } catch {
            throw .systemResources(operation: "start the health checks", reason: error.description)
        }
        startSettings = StartSettings(topology)
    }

    private static func plan(_ given: DescriptorPlan?) throws(GatewayError) -> DescriptorPlan {
        if let given { return given }
        do throws(SystemError) {
            return DescriptorPlan(limit: try ProcessLimits.descriptors(), fixedCount: 0)
        } catch {
            throw .systemResources(operation: "start the workers", reason: error.description)
        }
    }

    private static func shardCount(for settings: EngineSettings) -> Int {
        settings.shards > 0 ? min(settings.shards, 255) : ProcessLimits.processors()
    }

    /// Binds every listener, or none, and begins to accept. Does not wait for names to resolve: a
    /// listener all of whose backends are names accepts as soon as the first of them is known.
    package func start() throws(GatewayError) {
        try bind()
        accept()
    }

    /// Binds every listener, or none. Clients wait in the kernel until ``accept()``.
    ///
    /// May be called again after a failure.
    package func bind() throws(GatewayError) {
        _ = try putInForce(inventory.withLock { $0.configuration })
    }

    /// Begins to accept. Called once, after ``bind()``.
    package func accept() {
        phase.withLock { if $0 == .starting { $0 = .running } }
        for shard in shards { shard.start() }
        names.start { [weak self] in self?.namesChanged() }
        // Names have been resolving since the addresses were bound: some may be known by now.
        namesChanged()
        checker.start { [weak self] in self?.greetingsChanged() }
        learner.start { [weak self] in self?.learned($0, of: $1) }
        services.greetingSeen.withLock { [checker] in $0 = { checker.greetingSeen() } }
    }

    /// Shows clients these certificates too, in place of those given before, at every listener that
    /// ends TLS.
    package func use(_ obtained: [TLSIdentity]) throws(GatewayError) {
        try changes.withLock { _ throws(GatewayError) in
            sharedTLS.obtained = obtained
            try renewTLS(nil)
        }
    }

    /// Replaces the content of all files that TLS settings name, for new connections: if it is of no
    /// use, nothing has changed.
    package func use(_ files: TLSFiles) throws(GatewayError) {
        try changes.withLock { _ throws(GatewayError) in try renewTLS(files) }
    }

    private func renewTLS(_ files: TLSFiles?) throws(GatewayError) {
        guard phase.withLock({ $0 }) != .draining else { return }
        _ = publish(
            try inventory.withLock { inventory throws(GatewayError) in
                try inventory.renewTLS(files)
            }
        )
    }

    /// From now on, clients that want to end a session of theirs at another backend are served by
    /// `killer`.
    package func endSessionsElsewhere(by killer: @escaping RemoteKiller) {
        services.killer.withLock { $0 = killer }
    }

    /// Applies a new configuration atomically: if it is rejected, nothing has changed.
    ///
    /// Sessions of listeners that stay are untouched, and so are those of listeners that go: they
    /// end by themselves. What a shard is made of (``EngineSettings``) stays as at startup.
    @discardableResult
    package func reload(to configuration: GatewayConfiguration) throws(GatewayError) -> Adoption {
        try putInForce(configuration)
    }

    /// Applies a new policy under the same topology. New connections obey it as soon as each shard
    /// has adopted it; live sessions are reviewed shortly afterwards, also while the gateway drains.
    @discardableResult
    package func enforce(_ policy: Policy) throws(GatewayError) -> Adoption {
        try changes.withLock { _ throws(GatewayError) in
            // While it drains, its sessions still follow the policy.
            try isRetired.withLock { isRetired throws(GatewayError) in
                guard !isRetired else { throw .draining }
                let (change, configuration) = inventory.withLock { inventory in
                    (inventory.enforce(policy), inventory.configuration)
                }
                return publishPolicy(change, of: configuration)
            }
        }
    }

    private func putInForce(_ configuration: GatewayConfiguration) throws(GatewayError) -> Adoption
    {
        try configuration.topology.checkSourceAddresses()
        return try changes.withLock { _ throws(GatewayError) in
            guard phase.withLock({ $0 }) != .draining else { throw .draining }
            let change = try inventory.withLock { inventory throws(GatewayError) in
                try inventory.change(to: configuration, names: names.names)
            }
            let adoption = publishPolicy(change, of: configuration)
            let wanted = inventory.withLock { $0.backendNames }
            names.watch(wanted.configured, learned: wanted.learned)
            return adoption
        }
    }

    private func publishPolicy(_ change: Inventory.Change, of configuration: GatewayConfiguration)
        -> Adoption
    {
        services.seenEndpoints.withLock { $0.forget(where: configuration.knows) }
        services.revocations.expect(services.ports.count)
        return publish(change)
    }

    /// A name has new addresses: the same configuration, with new backends.
    private func namesChanged() {
        changes.withLock { _ in
            guard phase.withLock({ $0 }) != .draining else { return }
            let change = inventory.withLock { $0.refresh(names: names.names) }
            _ = publish(change)
        }
    }

    /// The front ends of a service list other servers than before.
    private func learned(_ places: [BackendAddress], of service: Service.ID) {
        changes.withLock { _ in
            let names = inventory.withLock { inventory in
                inventory.learn(places, of: service) ? inventory.backendNames : nil
            }
            if let names { self.names.watch(names.configured, learned: names.learned) }
        }
        namesChanged()
    }

    /// From now on, the passwords for learning redirect targets are read in this way.
    package func readPasswords(by read: @escaping PasswordSource) {
        learner.readPasswords(by: read)
    }

    /// A backend greets in another way than before: so do the listeners that lead to it.
    private func greetingsChanged() {
        guard inventory.withLock({ $0.topology.listeners.contains { $0.greeting != nil } }) else {
            return
        }
        namesChanged()
    }

    /// Hands a change to every shard. What goes stops before the snapshot without it comes; what
    /// is new starts after the snapshot that knows it.
    private func publish(_ change: Inventory.Change) -> Adoption {
        let adoption = Adoption(of: change.snapshot.generation, by: services.ports.count)
        checker.watch(change.backends)
        learner.watch(inventory.withLock { $0.lessons })
        snapshots.withLock { snapshots in
            snapshots.removeAll { $0.snapshot == nil }
            snapshots.append(WeakSnapshot(change.snapshot))
        }
        for port in services.ports {
            for id in change.removed { port.post(.stopListening(id)) }
            port.post(.install(change.snapshot, adoption))
            for (id, socket) in change.added { port.post(.listen(id, socket)) }
        }
        publishedGeneration.withLock { $0 = change.snapshot.generation }
        return adoption
    }
}

// MARK: - Draining

extension Gateway {
    /// Stops accepting permanently: the addresses are free for another process. Sessions continue.
    package func stopAccepting() {
        // No change comes after this one: it would listen again.
        let listeners = changes.withLock { _ in
            phase.withLock { $0 = .draining }
            return inventory.withLock { $0.closeListeners() }
        }
        for port in services.ports {
            for id in listeners { port.post(.stopListening(id)) }
        }
    }

    /// Stops accepting, lets sessions finish for `limit`, then closes the rest.
    ///
    /// The gateway cannot be used again.
    package func drain(within limit: Duration) async -> DrainOutcome {
        checker.stop()
        learner.stop()
        names.stop()
        stopAccepting()
        let before = activeConnections
        await waitUntilIdle(for: limit)
        let closed = activeConnections
        for port in services.ports { port.post(.closeAll(.drained)) }
        await waitUntilIdle(for: .seconds(2))
        isRetired.withLock { isRetired in
            isRetired = true
            for port in services.ports { port.post(.retire) }
        }
        await waitUntilRetired()
        return DrainOutcome(finished: max(0, before - closed), closed: closed)
    }

    /// The last records reach the access log when each shard ends. Detached: records matter even if
    /// the time for sessions is over.
    private func waitUntilRetired() async {
        let ports = services.ports
        await Task.detached {
            let deadline = ContinuousClock.now + .seconds(2)
            while !ports.allSatisfy(\.isRetired), ContinuousClock.now < deadline {
                // A task that no one else knows is not cancelled.
                try? await Task.sleep(for: .milliseconds(1))
            }
        }.value
    }

    /// Sends each shard a message.
    ///
    /// - Returns: false if the shards no longer accept messages.
    func sendToShards(_ message: (ShardPort) -> ShardMessage) -> Bool {
        isRetired.withLock { isRetired in
            guard !isRetired else { return false }
            for port in services.ports { port.post(message(port)) }
            return true
        }
    }

    /// Connections that are open now.
    package var sessionCount: Int { activeConnections }

    var activeConnections: Int {
        services.ports.reduce(0) { $0 + $1.activeConnections }
    }

    private func waitUntilIdle(for limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while activeConnections > 0, ContinuousClock.now < deadline {
            // Cancelled sleep: the caller does not want to wait any longer, so the drain continues
            // immediately.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { return }
        }
    }
}

// MARK: - Status

extension Gateway {
    /// What the gateway is doing now.
    package func status() -> GatewayStatus {
        var status = GatewayStatus()
        status.version = Version.current
        status.phase = phase.withLock { $0 }
        status.startedAt = startedAt
        status.shards = services.ports.map(\.status)
        status.activeConnections = activeConnections
        status.bufferedByteCount = services.buffers.total
        status.acceptPauses = services.ports.reduce(0) { $0 + $1.gauges.acceptPauses }
        status.unloggedDenials = services.unloggedDenials.total
        status.droppedAccessLogLines = services.accessLog.droppedLineCount
        status.accessLogFailure = services.accessLog.failure
        status.lastReload = lastReload.withLock { $0 }
        status.policy = policyStatus.withLock { $0 }
        status.startSettings = startSettings
        status.generation = publishedGeneration.withLock { $0 }
        var tls = services.tls.status
        let learning = learner.status
        inventory.withLock { inventory in
            status.listeners = inventory.listenerStatus(learning)
            tls.certificates = inventory.tls.certificates
            status.awaitingRestart = startSettings.keys(
                changedIn: StartSettings(inventory.configuration.topology)
            )
        }
        tls.kernel = services.kernelTLS.map { kernel in
            kernel.status(
                splicedByteCount: services.ports.reduce(0) { $0 + $1.gauges.splicedByteCount }
            )
        }
        status.tls = tls
        return status
    }

    /// What the kernel does of TLS.
    package enum KernelTLSUse: Equatable, Sendable {
        /// Nothing, as configured.
        case none
        /// Such as `encrypts TLS 1.2 and 1.3, decrypts TLS 1.2`.
        case modes(String)
        /// It has been asked for, and is not there.
        case unavailable
    }

    package var kernelTLSUse: KernelTLSUse {
        if let kernel = services.kernelTLS { return .modes(kernel.description) }
        let setting = inventory.withLock { $0.topology.engine.kernelTLS }
        return setting == .off ? .none : .unavailable
    }

    /// Whether a shard still holds a policy that is no longer active, and with it its memory.
    package var holdsOldPolicy: Bool {
        snapshots.withLock { $0.count { $0.snapshot != nil } > 1 }
    }

    /// Keeps what is active for ``status()``.
    ///
    /// - Returns: what was active before.
    @discardableResult
    package func recordPolicy(_ status: PolicyStatus) -> PolicyStatus? {
        policyStatus.withLock { current in
            let before = current
            current = status
            current?.saveFailure = before?.saveFailure
            return before
        }
    }

    /// Keeps for ``status()`` whether the active policy could be saved.
    ///
    /// - Parameter failure: why not; `nil` if it could.
    package func recordPolicySave(failure: String?) {
        policyStatus.withLock { $0?.saveFailure = failure }
    }

    /// Keeps the result of the last attempt to change the configuration for ``status()``.
    ///
    /// - Parameter failure: why nothing changed; `nil` if it did.
    package func recordReload(failure: String?) {
        let now = Moment.now().unixTime
        lastReload.withLock { last in
            last = ReloadStatus(
                attemptedAt: now,
                failure: failure,
                succeededAt: failure == nil ? now : last?.succeededAt
            )
        }
    }
}

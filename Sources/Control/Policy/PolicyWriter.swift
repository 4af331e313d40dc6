import Dispatch
import Logging
import Operations
import Policy
import Settings
import Store
import Synchronization
import Time

/// Changes the policy: commits to the store, then has the applier enforce it. Every write, by
/// whomever, passes here, one at a time.
///
///     let written = try await writer.write(by: actor) { transaction in … }   // on disk, and obeyed
///
/// What is enforced is what is stored, joined with the list files of the configuration file, which
/// stay its own.
final class PolicyWriter: Sendable {
    /// Where the policy comes from.
    enum Base: Sendable {
        /// The configuration file: nothing can be changed here.
        case configuration(PolicyOrigin)
        case store(PolicyStore)
        /// The store cannot be used. The last active policy is enforced, and nothing can be changed.
        case lastPolicy(Policy, failure: StoreError)
    }

    struct State: Sendable {
        var base: Base
        /// The policy of the configuration file; of it, only list files count if there is a store.
        var configured: Policy
        /// That of the configuration file.
        var topology: Topology
        var outbound: OutboundPorts
        var applier: PolicyApplier?

        /// What is to be enforced with this policy.
        func offer(of stored: StoredPolicy) -> Offer {
            Offer(
                topology: topology,
                wanted: topology.outboundListeners(of: stored),
                policy: stored.policy(with: configured),
                revision: stored.revision
            )
        }
    }

    let state: Mutex<State>
    let queue = DispatchQueue(label: "sluice.policy.write", qos: .userInitiated)
    let logger: Logger
    private let writeFailures = Mutex(ControlPlaneStatus.WriteFailures())
    /// Why the last write was not stored; `nil` if it was.
    private let lastFailure = Mutex<StoreError?>(nil)
    /// Told of committed acts, in addition to the log.
    private let actObservers = Mutex<[@Sendable () -> Void]>([])

    /// - Parameters:
    ///   - configured: the policy of the configuration file.
    ///   - topology: of the configuration file.
    init(_ base: Base, configured: Policy, topology: Topology, logger: Logger) {
        state = Mutex(
            State(
                base: base,
                configured: configured,
                topology: topology,
                outbound: OutboundPorts(
                    wanted: topology.outboundListeners(of: base.store?.policy)
                )
            )
        )
        self.logger = logger
        warnOfOutboundEndpoints()
    }

    var base: Base { state.withLock { $0.base } }

    /// The policy of the configuration file.
    var configured: Policy { state.withLock { $0.configured } }

    /// Writes that the store could not make.
    var failures: ControlPlaneStatus.WriteFailures { writeFailures.withLock { $0 } }

    /// Why nothing can be changed, as far as is known; `nil` if the store can be used, and if there is
    /// to be none.
    var storeFailure: StoreError? {
        switch base {
        case .configuration: nil
        case .lastPolicy(_, let failure): failure
        case .store(let store): store.loss ?? lastFailure.withLock { $0 }
        }
    }

    /// Whether the store that there is to be is lost: not only a write has failed.
    var isStoreLost: Bool {
        switch base {
        case .configuration: false
        case .lastPolicy: true
        case .store(let store): store.loss != nil
        }
    }

    /// Calls `observer` after acts were committed. It must not block.
    func onActs(_ observer: @escaping @Sendable () -> Void) {
        actObservers.withLock { $0.append(observer) }
    }

    /// `nil` if there is none, or none that can be used.
    var store: PolicyStore? { base.store }

    /// To be called once, before any write.
    func start(with applier: PolicyApplier) {
        state.withLock { $0.applier = applier }
    }
}

/// A configuration that does not come from a store.
enum PolicyOrigin: Hashable, Sendable {
    case file(path: String)
    /// The program itself, as for the demo.
    case program
}

extension PolicyWriter.Base {
    var store: PolicyStore? { if case .store(let store) = self { store } else { nil } }

    /// What is enforced under a configuration file with this policy.
    func policy(with configured: Policy) -> Policy {
        switch self {
        case .configuration: configured
        case .store(let store): store.policy.policy(with: configured)
        case .lastPolicy(let last, _): last.joined(with: configured)
        }
    }
}

extension Policy {
    /// This policy for the warehouses of a configuration file, with the file's list files.
    fileprivate func joined(with configured: Policy) -> Policy {
        var joined = Policy()
        for (id, file) in configured.warehouses {
            var policy = self[id]
            policy.whitelist.lists.removeAll(where: \.isFile)
            policy.whitelist.lists += file.whitelist.lists.filter(\.isFile)
            joined.warehouses[id] = policy
        }
        return joined
    }
}

// MARK: - Writing

/// Why a write was not made, beyond what the store says.
enum WriteRefusal: Error, Sendable {
    /// The policy has another source.
    case notStored(PolicyOrigin)
    case storeUnavailable(StoreError)
    /// It is stored and active, but not that the store has come so far.
    case unmarked(StoreError)
    /// It is stored, but could not be enforced.
    case notEnforced(PolicyRejection)
}

extension PolicyWriter {
    /// Makes a change, and returns once it is on disk and every shard obeys it.
    ///
    /// - Throws: ``WriteRefusal``, `StoreRefusal`, and what `body` throws.
    func write<Value: Sendable>(
        by actor: AuditActor,
        answering request: RequestIdentity? = nil,
        isDryRun: Bool = false,
        _ body: @escaping @Sendable (inout StoreTransaction) throws -> Value
    ) async throws -> PolicyStore.Written<Value> {
        typealias Continuation = CheckedContinuation<PolicyStore.Written<Value>, any Error>
        return try await withCheckedThrowingContinuation { (continuation: Continuation) in
            queue.async { [self] in
                do {
                    let written = try commit(by: actor, request, isDryRun: isDryRun, body)
                    guard written.changesPolicy, !isDryRun else {
                        return continuation.resume(returning: written)
                    }
                    enforce(written.policy) { rejection in
                        if let rejection {
                            continuation.resume(throwing: WriteRefusal.notEnforced(rejection))
                        } else {
                            continuation.resume(returning: written)
                        }
                    }
                } catch WriteRefusal.unmarked(let failure) {
                    // It is stored: what is enforced must not differ from it.
                    enforceStored { rejection in
                        let refusal = rejection.map { WriteRefusal.notEnforced($0) }
                        continuation.resume(throwing: refusal ?? .unmarked(failure))
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Returns once what is stored is obeyed: the last write may have been stored and then failed.
    ///
    /// - Throws: ``WriteRefusal/notEnforced(_:)``, ``WriteRefusal/unmarked(_:)``
    func enforceStored() async throws {
        try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { [self] in
                enforceStored { rejection in
                    if let rejection {
                        continuation.resume(throwing: WriteRefusal.notEnforced(rejection))
                    } else {
                        continuation.resume()
                    }
                }
            }
        }
        do throws(StoreError) {
            try store?.advanceMark()
        } catch {
            throw WriteRefusal.unmarked(error)
        }
    }

    /// Enforces what is stored, unless that is active already.
    private func enforceStored(_ completion: @escaping @Sendable (PolicyRejection?) -> Void) {
        let (active, isCertain) = state.withLock { state in
            (state.applier?.status.revision, state.outbound.wanted != nil)
        }
        guard let policy = store?.policy, let active, active < policy.revision || !isCertain else {
            return completion(nil)
        }
        enforce(policy, completion)
    }

    private func commit<Value: Sendable>(
        by actor: AuditActor,
        _ request: RequestIdentity?,
        isDryRun: Bool,
        _ body: (inout StoreTransaction) throws -> Value
    ) throws -> PolicyStore.Written<Value> {
        let store = try requireStore()
        do {
            let written = try store.write(
                by: actor,
                answering: request,
                isDryRun: isDryRun,
                at: .systemTime,
                body
            )
            if !isDryRun {
                writeFailures.withLock { $0.isFailing = false }
                lastFailure.withLock { $0 = nil }
            }
            return written
        } catch let error as StoreError {
            writeFailures.withLock { failures in
                failures.count += 1
                failures.lastAt = .systemTime
                failures.isFailing = true
            }
            lastFailure.withLock { $0 = error }
            logger.error("cannot write to the store: \(error)")
            if case .unmarked = error { throw WriteRefusal.unmarked(error) }
            throw WriteRefusal.storeUnavailable(error)
        }
    }

    /// - Throws: why there is nothing to change, no keys and no audit.
    func requireStore() throws -> PolicyStore {
        switch base {
        case .store(let store): return store
        case .configuration(let origin): throw WriteRefusal.notStored(origin)
        case .lastPolicy(_, let failure): throw WriteRefusal.storeUnavailable(failure)
        }
    }

    /// Has the applier enforce what is stored and, if outbound endpoints have changed, listen for
    /// them.
    private func enforce(
        _ stored: StoredPolicy,
        _ completion: @escaping @Sendable (PolicyRejection?) -> Void
    ) {
        let (applier, offer, isSame) = state.withLock { state in
            let offer = state.offer(of: stored)
            defer { state.outbound.wanted = offer.wanted }
            return (state.applier, offer, offer.wanted == state.outbound.wanted)
        }
        guard let applier else { return completion(.stopping) }
        let rest = PolicyUpdate(.policy(offer.policy), revision: stored.revision)
        guard !isSame else {
            return applier.submit(rest) { Self.complete($0, completion) }
        }
        serve(offer, by: applier) { [self] result in
            guard case .failure(let rejection) = result else {
                return Self.complete(result, completion)
            }
            // Who may connect must not depend on outbound endpoints.
            state.withLock { $0.outbound.wanted = nil }
            logger.error("cannot serve the outbound endpoints: \(rejection)")
            applier.submit(rest) { _ in completion(rejection) }
        }
    }

    private static func complete(
        _ result: Result<PolicyApplier.Outcome, PolicyRejection>,
        _ completion: @escaping @Sendable (PolicyRejection?) -> Void
    ) {
        switch result {
        case .failure(let rejection): completion(rejection)
        case .success(let outcome):
            Task {
                await outcome.waitUntilObeyed()
                completion(nil)
            }
        }
    }

    private func warnOfOutboundEndpoints() {
        guard let store else { return }
        let topology = state.withLock { $0.topology }
        for line in topology.outboundEndpointsWithoutPort(in: store.policy) {
            logger.warning("\(line)")
        }
    }
}

// MARK: - Reloading

extension PolicyWriter {
    /// Submits a configuration that was read again, joined with what is stored. Returns
    /// immediately.
    func submit(
        _ configuration: GatewayConfiguration,
        _ completion: @escaping PolicyApplier.Completion
    ) {
        queue.async { [self] in
            let base = reopenedBase(for: configuration)
            if case .store(let store) = base { importNew(of: configuration.policy, into: store) }
            let stored = base.store?.policy
            let (applier, before) = state.withLock { state in
                let before = GatewayConfiguration(state.topology, state.configured)
                state.configured = configuration.policy
                state.topology = configuration.topology
                state.outbound.wanted = configuration.topology.outboundListeners(of: stored)
                return (state.applier, before)
            }
            warnOfOutboundEndpoints()
            let isRestored = if case .lastPolicy = base { true } else { false }
            let offer = Offer(
                topology: configuration.topology,
                wanted: configuration.topology.outboundListeners(of: stored),
                policy: base.policy(with: configuration.policy),
                revision: stored?.revision,
                isRestored: isRestored
            )
            guard let applier else { return }
            serve(offer, by: applier) { [self] result in
                if case .failure = result { restore(before, insteadOf: configuration) }
                completion(result)
            }
        }
    }

    /// From now on, the configuration's TLS files have this content.
    func use(_ files: TLSFiles) {
        state.withLock { $0.topology.files = files }
    }

    /// To be called if a configuration was rejected: the one before still counts.
    private func restore(
        _ before: GatewayConfiguration,
        insteadOf rejected: GatewayConfiguration
    ) {
        state.withLock { state in
            state.outbound.wanted = nil
            // Another one may have been submitted since.
            guard state.topology == rejected.topology else { return }
            (state.topology, state.configured) = (before.topology, before.policy)
        }
    }

    /// A store that could not be used may have been restored.
    private func reopenedBase(for configuration: GatewayConfiguration) -> Base {
        let base = self.base
        guard case .lastPolicy = base, let path = configuration.topology.storePath else {
            return base
        }
        do throws(StoreError) {
            let store = try PolicyStore(path: path, mode: .open)
            logger.notice("the store \(path) can be used again")
            state.withLock { $0.base = .store(store) }
            logActs()
            return .store(store)
        } catch {
            logger.critical("the store still cannot be used: \(error)")
            return base
        }
    }

    /// Takes over the policies of new warehouses, and warns of those that differ.
    private func importNew(of configured: Policy, into store: PolicyStore) {
        do {
            try StoreStart.importNew(of: configured, into: store, logger: logger)
        } catch {
            logger.error(
                "cannot import the policy of new warehouses, which admit no clients: \(error)"
            )
        }
    }
}

// MARK: - The audit in the log

extension PolicyWriter {
    /// Logs each act with its hash: so a chain of the audit that was rewritten shows.
    func logActs() {
        store?.observe { [logger, weak self] records in
            for chained in records {
                logger.notice(
                    "\(chained.record.summary)",
                    metadata: ["audit": "\(chained.record.number)", "hash": "\(chained.hash)"]
                )
            }
            for observer in self?.actObservers.withLock({ $0 }) ?? [] { observer() }
        }
    }
}

extension AuditRecord {
    /// `whitelist.entry.add AWVA7CM7 12 by ci from 203.0.113.7`
    fileprivate var summary: String {
        let what = [action, warehouse, target].compactMap(\.self).joined(separator: " ")
        let place = actor.address.map { " from \($0)" } ?? ""
        return "\(what) by \(actor.name)\(place)"
    }
}

// MARK: - Leaving

extension PolicyWriter {
    private static let followInterval = Duration.milliseconds(500)

    /// Leaves the store to a successor; nothing can be written here from now on.
    func release() {
        queue.sync { store?.release() }
    }

    /// Enforces what a successor writes, until the task is cancelled: what is revoked is closed
    /// here too.
    func follow() async {
        guard let store else { return }
        while !Task.isCancelled {
            // `try?`: it throws if the task is cancelled.
            try? await Task.sleep(for: Self.followInterval)
            await withCheckedContinuation { continuation in
                queue.async { [self] in
                    // `try?`: a store that cannot be read now is tried again.
                    if (try? store.refresh()) == true { enforceAsPredecessor(store.policy) }
                    continuation.resume()
                }
            }
        }
    }
}

extension PolicyWriter {
    /// Enforces a successor's policy. Its listeners are the successor's.
    private func enforceAsPredecessor(_ stored: StoredPolicy) {
        let (applier, configured) = state.withLock { ($0.applier, $0.configured) }
        let policy = stored.policy(with: configured)
        applier?.submit(PolicyUpdate(.policy(policy), revision: stored.revision))
    }
}

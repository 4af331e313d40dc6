import Addresses
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Policy
import Settings
import Store
import Text

/// The call that reads the configuration again.
struct ReloadRoutes: Sendable {
    let api: APIRouter
    let writes: APIWriter
    /// `nil` if nothing can be reloaded.
    let reload: (@Sendable () async -> ReloadResult)?
    /// That of the management address; `nil` without TLS.
    var certificate: @Sendable () -> CertificateStatus? = { nil }

    func add() {
        api.on(.post, "/v1/reload", .administer, .organization) { try await reload($0) }
    }
}

/// What a reload has changed: the gateway before it, compared with the gateway after it.
struct ReloadSummary: Encodable, Sendable {
    struct Generations: Encodable, Hashable, Sendable {
        let before: UInt64
        let after: UInt64
    }

    struct Counts: Encodable, Hashable, Sendable {
        let before: Int
        let after: Int
    }

    struct Names: Encodable, Hashable, Sendable {
        var added: [String] = []
        var removed: [String] = []
        /// With other settings.
        var changed: [String] = []

        /// - Parameter isSame: whether what both have is the same.
        init<Value>(
            _ before: [String: Value],
            _ after: [String: Value],
            isSame: (Value, Value) -> Bool
        ) {
            added = after.keys.filter { before[$0] == nil }.sorted()
            removed = before.keys.filter { after[$0] == nil }.sorted()
            changed = after.compactMap { name, value in
                guard let old = before[name], !isSame(old, value) else { return nil }
                return name
            }.sorted()
        }
    }

    let generation: Generations
    /// By address.
    let listeners: Names
    let warehouses: Names
    /// In all whitelists.
    let entries: Counts
    /// Other keys whose values have changed and are active.
    let settings: [String]
    /// The new certificate of the management address; absent if it is the same.
    let certificate: CertificateStatus?
    /// Keys that were changed and need a restart.
    let awaitingRestart: [String]
    let warnings: [String]

    /// The state of a gateway.
    struct State: Sendable {
        let generation: UInt64
        let topology: Topology
        let policy: Policy
        let awaitingRestart: [String]
        let certificate: CertificateStatus?

        init(_ gateway: any ManagedGateway, _ certificate: CertificateStatus?) {
            let status = gateway.status()
            self.init(
                generation: UInt64(status.generation),
                topology: gateway.topology,
                policy: gateway.policy,
                awaitingRestart: status.awaitingRestart,
                certificate: certificate
            )
        }

        init(
            generation: UInt64,
            topology: Topology,
            policy: Policy,
            awaitingRestart: [String],
            certificate: CertificateStatus? = nil
        ) {
            self.generation = generation
            self.topology = topology
            self.policy = policy
            self.awaitingRestart = awaitingRestart
            self.certificate = certificate
        }

        fileprivate var listeners: [String: Listener] {
            let pairs = topology.listeners.map { ("\($0.address)", $0) }
            return Dictionary(pairs) { first, _ in first }
        }

        fileprivate var warehouses: [String: (Warehouse, WarehousePolicy)] {
            let pairs = topology.warehouses.map { ($0.id, ($0, policy[$0.id])) }
            return Dictionary(pairs) { first, _ in first }
        }

        fileprivate var entryCount: Int {
            policy.warehouses.values.reduce(0) { $0 + $1.whitelist.entryCount }
        }
    }

    init(from before: State, to after: State, warnings: [String]) {
        generation = Generations(before: before.generation, after: after.generation)
        listeners = Names(before.listeners, after.listeners, isSame: ==)
        warehouses = Names(before.warehouses, after.warehouses) { $0.0 == $1.0 && $0.1 == $1.1 }
        entries = Counts(before: before.entryCount, after: after.entryCount)
        settings = after.topology.settings(unlike: before.topology)
        certificate = after.certificate == before.certificate ? nil : after.certificate
        awaitingRestart = after.awaitingRestart
        self.warnings = warnings
    }
}

extension Topology {
    /// The keys of settings that differ, and that a reload changes: but for listeners and warehouses,
    /// which have names of their own.
    fileprivate func settings(unlike other: Topology) -> [String] {
        let own = management
        let others = other.management
        let differences: [(key: String, differs: Bool)] = [
            ("management.trustedProxies", own.trustedProxies != others.trustedProxies),
            ("management.accounts", own.accounts != others.accounts),
            ("management.notices", own.notices != others.notices),
            ("management.singleSignOn", own.singleSignOn != others.singleSignOn),
            ("egressAddresses", egressAddresses != other.egressAddresses),
            ("identities", identities != other.identities),
            ("domain", domain != other.domain),
            ("dns", names != other.names),
            ("tls.acme", acme != other.acme),
            ("the content of TLS files", files != other.files),
            ("log", log != other.log),
            ("limits", limits != other.limits),
            ("timeouts", timeouts != other.timeouts),
            ("keepalive", keepalive != other.keepalive),
        ]
        return differences.filter(\.differs).map(\.key)
    }
}

extension ReloadRoutes {
    private struct Rejection: Encodable {
        let generation: UInt64
        let errors: [String]
        let warnings: [String]
    }

    private func reload(_ call: APICall) async throws -> Response {
        try call.allowParameters([])
        guard let reload else {
            throw RequestError(
                .notImplemented,
                "NotSupported",
                "This gateway's configuration is fixed by the program that started it."
            )
        }
        try writes.rates.admit(call.principal.id)
        try await call.awaitBody()
        // Reading the files may take two minutes.
        AnswerPace.within(.seconds(180)).apply(to: call.context.channel)
        let before = ReloadSummary.State(api.gateway, certificate())
        let result = await reload()
        let after = ReloadSummary.State(api.gateway, certificate())
        await record(result, call.principal)
        guard let failure = result.failure else {
            return try call.answer(
                ReloadSummary(from: before, to: after, warnings: result.warnings)
            )
        }
        let rejection = Rejection(
            generation: after.generation,
            errors: result.errors.isEmpty ? [failure] : result.errors,
            warnings: result.warnings
        )
        var envelope = Envelope(id: call.id, data: rejection)
        envelope.success = false
        envelope.code = "ReloadRejected"
        envelope.message =
            "Nothing was changed, generation \(after.generation) stays active: \(failure)."
        return try envelope.response(status: .conflict)
    }

    /// A gateway without a store has no audit.
    private func record(_ result: ReloadResult, _ principal: Principal) async {
        let note = result.failure.map { "rejected: \($0)" }
        // `try?`: the reload is done; what fails is logged.
        _ = try? await writes.writer.write(by: principal.auditActor) { transaction in
            try transaction.record(AuditedAct("configuration.reload", note: note))
        }
    }
}

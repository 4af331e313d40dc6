import Policy
import Settings
import Text
import Time

// MARK: - Endpoints

extension NoticeFacts {
    /// An endpoint that nobody knows is of interest for so long after its last connection, in
    /// seconds.
    private static let unknownMemory: Int64 = 86_400
    /// Ids of unknown endpoints come from outside: more are counted only.
    private static let unknownLimit = 20

    func endpointConditions(at now: UnixTime) -> [NoticeCondition] {
        let inbound = endpoints.endpoints.filter { $0.state == .pendingAcceptance }.map { status in
            NoticeCondition(
                .endpointPending,
                .warning,
                of: status.warehouse,
                subject: "\(status.endpoint)",
                "The private endpoint \(status.endpoint) waits to be accepted or rejected."
            )
        }
        let outbound = outboundRequests.map { request in
            NoticeCondition(
                .endpointPending,
                .warning,
                of: request.warehouse,
                subject: "outbound \(request.name)",
                "The outbound endpoint \(request.name) waits for the owner of its service to accept"
                    + " it."
            )
        }
        return inbound + outbound + unknownEndpoints(at: now)
    }

    private func unknownEndpoints(at now: UnixTime) -> [NoticeCondition] {
        let latest = endpoints.unknown.filter {
            now.seconds - $0.lastSeen.seconds < Self.unknownMemory
        }
        return latest.prefix(Self.unknownLimit).map { seen in
            var condition = NoticeCondition(
                .endpointPending,
                .warning,
                of: seen.warehouse,
                subject: "\(seen.endpoint)",
                "The private endpoint \(seen.endpoint) tries to connect, but is not registered."
            )
            condition.hasEnd = false
            return condition
        }
    }
}

// MARK: - Backends

extension NoticeFacts {
    var backendConditions: [NoticeCondition] {
        struct Service: Hashable {
            let warehouse: String
            let name: String
        }
        let listeners = status.listeners.filter { !isPending($0) }
        let entries = BackendList(of: listeners).backends.filter {
            $0.backend.mode == .active && !$0.warehouse.isEmpty
        }
        let services = Dictionary(grouping: entries) {
            Service(warehouse: $0.warehouse, name: $0.service)
        }
        return services.flatMap { service, entries -> [NoticeCondition] in
            let down = entries.filter(\.backend.isDown)
            var conditions = down.map { condition(of: $0) }
            if !down.isEmpty, down.count == entries.count {
                var all = NoticeCondition(
                    .serviceDown,
                    .critical,
                    of: service.warehouse,
                    subject: service.name,
                    "No backend of the service \(service.name) can be reached"
                        + " (\(down.count.of("backend")))."
                )
                all.patience = backendDownAfter
                conditions.append(all)
            }
            return conditions
        }
    }

    private func condition(of entry: BackendList.Entry) -> NoticeCondition {
        let backend = entry.backend
        let address = backend.address.flatMap { $0 == backend.name ? nil : " (\($0))" } ?? ""
        let reason = backend.lastFailure.map { ": \(LogText.harmless($0))" } ?? ""
        var condition = NoticeCondition(
            .backendDown,
            .warning,
            of: entry.warehouse,
            subject: "\(entry.service) \(backend.name)\(address)",
            "The backend \(backend.name)\(address) of the service \(entry.service) is down\(reason)."
        )
        condition.patience = backendDownAfter
        return condition
    }

    /// Clients are greeted before it is known which backend they will have.
    var mismatchConditions: [NoticeCondition] {
        status.listeners.flatMap { listener in
            listener.backends.filter { !$0.shortcomings.isEmpty }.map { backend in
                let name = LogText.harmless(backend.address ?? backend.name)
                let lacking = backend.shortcomings.joined(separator: "; it ")
                return NoticeCondition(
                    .backendMismatch,
                    .warning,
                    of: listener.warehouse,
                    subject: "\(listener.protocol.rawValue) \(name)",
                    name: "\(name) at \(listener.address)",
                    "The backend \(name), which clients of the listener \(listener.address) reach,"
                        + " \(lacking)."
                )
            }
        }
    }

    /// Without a list, redirects to servers that are not configured are refused.
    var redirectConditions: [NoticeCondition] {
        struct Learning: Hashable {
            let warehouse: String
            let status: RedirectLearningStatus
            let hasTargets: Bool
        }
        let failing = status.listeners.compactMap { listener -> Learning? in
            guard let warehouse = listener.warehouse, let status = listener.redirectLearning,
                status.failure != nil,
                // Who cannot be reached cannot be asked either: that is a notice of its own.
                !listener.backends.allSatisfy(\.isDown)
            else { return nil }
            let hasTargets = listener.redirectTargets != nil
            return Learning(warehouse: warehouse, status: status, hasTargets: hasTargets)
        }
        // Several listeners may lead to one service.
        return Set(failing).map { failing in
            let status = failing.status
            let reason = LogText.harmless(status.failure ?? "")
            let rest = status.consequence(hasTargets: failing.hasTargets)
            var condition = NoticeCondition(
                .redirectsUnknown,
                failing.hasTargets ? .warning : .critical,
                of: failing.warehouse,
                subject: "redirects of \(status.service)",
                name: status.service,
                "Where the service \(status.service) redirects to cannot be learned:"
                    + " \(reason); \(rest)."
            )
            condition.patience = backendDownAfter
            return condition
        }
    }

    /// Targets of which none may be used are as good as none.
    var redirectTargetConditions: [NoticeCondition] {
        let unusable = status.listeners.compactMap { listener -> NoticeCondition? in
            guard let warehouse = listener.warehouse, let unusable = listener.unusableTargets,
                listener.redirectLearning?.failure == nil
            else { return nil }
            var condition = NoticeCondition(
                .redirectsUnknown,
                .critical,
                of: warehouse,
                subject: "redirects of \(unusable.service)",
                name: unusable.service,
                "No redirect target of the service \(unusable.service) can be used:"
                    + " \(LogText.harmless(unusable.reason))."
            )
            condition.patience = backendDownAfter
            return condition
        }
        // Several listeners may lead to one service.
        return Array(Set(unusable))
    }

    /// Whether a listener's endpoint cannot be reached because its owner has not accepted it.
    private func isPending(_ listener: ListenerStatus) -> Bool {
        listener.link == .outbound
            && outboundRequests.contains {
                $0.warehouse == listener.warehouse && listener.address.hasSuffix(":\($0.port)")
            }
    }
}

extension BackendStatus {
    fileprivate var isDown: Bool { health == .unhealthy || health == .unresolved }
}

// MARK: - Policy

extension NoticeFacts {
    /// As much as makes a whitelist's entries a warning (``/Settings``).
    private static let openShare = 0.5

    func policyConditions(at now: UnixTime) -> [NoticeCondition] {
        let reached = Set(
            status.listeners.filter { $0.link == .public }.compactMap(\.warehouse)
        )
        return openness.filter { reached.contains($0.warehouse) }.flatMap { open in
            var conditions: [NoticeCondition] = []
            if open.share >= Self.openShare {
                let addresses =
                    open.share >= 1
                    ? "every address" : "\(Int(open.share * 100))% of all addresses"
                conditions.append(
                    NoticeCondition(
                        .policyOpen,
                        .warning,
                        of: open.warehouse,
                        subject: "whitelist",
                        "The warehouse \(open.warehouse) admits \(addresses)."
                    )
                )
            }
            for (listener, end) in open.shadows where end > now {
                conditions.append(
                    NoticeCondition(
                        .policyOpen,
                        .warning,
                        of: open.warehouse,
                        subject: "listener \(listener)",
                        "The listener \(listener) admits every address to the warehouse"
                            + " \(open.warehouse) until \(end.rfc3339) (shadow mode)."
                    )
                )
            }
            return conditions
        }
    }
}

// MARK: - The gateway

extension NoticeFacts {
    /// A series of failed logins is over after this time, in seconds.
    private static let loginMemory: Int64 = 3_600

    func gatewayConditions(at now: UnixTime) -> [NoticeCondition] {
        loginConditions(at: now) + storeConditions + [certificateFilesCondition].compactMap(\.self)
    }

    private var certificateFilesCondition: NoticeCondition? {
        certificateFilesFailure.map { reason in
            NoticeCondition(
                .certificateFailing,
                .warning,
                subject: "certificate files",
                "Changed certificate files cannot be used, and the old ones still are:"
                    + " \(LogText.harmless(reason))."
            )
        }
    }

    private func loginConditions(at now: UnixTime) -> [NoticeCondition] {
        let recent = failedLogins.filter { now.seconds - $0.at.seconds < Self.loginMemory }
        let series = Dictionary(recent.map { ($0.account, $0) }) { $0.at < $1.at ? $1 : $0 }
        return series.values.map { failed in
            var condition = NoticeCondition(
                .loginFailures,
                failed.count >= 100 ? .critical : .warning,
                subject: "account \(failed.account)",
                "\(failed.count.of("login")) to the account \(failed.account) failed in a row, the"
                    + " last one from \(failed.source)."
            )
            condition.count = Int(clamping: failed.count)
            condition.hasEnd = false
            return condition
        }
    }

    private var storeConditions: [NoticeCondition] {
        var conditions: [NoticeCondition] = []
        if storeLoss != nil || status.policy?.isRestored == true {
            let reason = storeLoss.map { ": \($0)" } ?? ""
            conditions.append(
                NoticeCondition(
                    .policyRestored,
                    .critical,
                    subject: "policy",
                    "The policy's source cannot be read, and the last active policy is used"
                        + "\(reason)."
                )
            )
        }
        if isStoreFailing {
            conditions.append(
                NoticeCondition(
                    .storeFailing,
                    .critical,
                    subject: "store",
                    "The store could not make the last change; see the log for the reason."
                )
            )
        }
        return conditions
    }

    /// An update is tried again several times before anyone hears of it.
    private static let updatePatience: Int64 = 300

    func nameConditions(at now: UnixTime) -> [NoticeCondition] {
        guard let names else { return [] }
        var problems: [String] = []
        if let failure = names.listenFailure { problems.append(failure) }
        if let updates = names.updates, let failure = updates.failure,
            let since = updates.failingSince,
            now.seconds - since.seconds >= Self.updatePatience
        {
            problems.append(
                "the name server \(updates.server) has not been updated since \(since.rfc3339):"
                    + " \(failure)"
            )
        }
        guard !problems.isEmpty else { return [] }
        return [
            NoticeCondition(
                .namesFailing,
                .warning,
                subject: names.domain,
                "Names in \(names.domain) may not resolve: \(problems.joined(separator: "; "))."
            )
        ]
    }
}

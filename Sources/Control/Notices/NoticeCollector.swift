import Addresses
import CIDRTrie
import Operations
import Policy
import Settings
import Store
import Synchronization
import Text
import Time

/// Collects what there is to know about a gateway, for its notices. What takes long is looked at
/// once a minute, and when the policy has changed.
final class NoticeCollector: Sendable {
    private static let policyInterval = Duration.seconds(60)
    /// Records of the audit before the start that still count.
    private static let auditMemory: Int64 = 1_000
    private static let loginLimit = 100

    /// What follows from the policy.
    private struct PolicyFacts {
        var version: Version
        var at: Duration
        var entries: [NoticeFacts.Expiring]
        var openness: [NoticeFacts.Openness]
    }

    private struct Version: Equatable {
        let generation: Int
        let revision: PolicyRevision?
    }

    private struct State {
        var policy: PolicyFacts?
        /// The last record of the audit that was looked at.
        var auditNumber: Int64?
        var failedLogins: [NoticeFacts.FailedLogins] = []
    }

    private let gateway: any ManagedGateway
    private let writer: PolicyWriter
    private let certificateExpiry: @Sendable () -> UnixTime?
    private let names: @Sendable () -> NameServiceStatus?
    private let managedCertificates: @Sendable () -> [ManagedCertificate]
    private let certificateFilesFailure: @Sendable () -> String?
    private let state = Mutex(State())

    init(
        _ gateway: any ManagedGateway,
        _ writer: PolicyWriter,
        certificateExpiry: @escaping @Sendable () -> UnixTime?,
        names: @escaping @Sendable () -> NameServiceStatus? = { nil },
        managedCertificates: @escaping @Sendable () -> [ManagedCertificate],
        certificateFilesFailure: @escaping @Sendable () -> String?
    ) {
        self.gateway = gateway
        self.writer = writer
        self.certificateExpiry = certificateExpiry
        self.names = names
        self.managedCertificates = managedCertificates
        self.certificateFilesFailure = certificateFilesFailure
    }

    /// Blocks for a moment. Only one task may call it at a time.
    func facts(at now: UnixTime, elapsed: Duration) -> NoticeFacts {
        var facts = NoticeFacts(status: gateway.status(), endpoints: gateway.endpoints())
        facts.backendDownAfter = gateway.topology.management.notices.backendDownAfter
        facts.certificateExpiry = certificateExpiry()
        facts.names = names()
        facts.managedCertificates = managedCertificates()
        facts.certificateFilesFailure = certificateFilesFailure()
        let version = Version(
            generation: facts.status.generation,
            revision: facts.status.policy?.revision
        )
        let policy = policyFacts(version, at: now, elapsed)
        (facts.entries, facts.openness) = (policy.entries, policy.openness)
        facts.isStoreFailing = writer.failures.isFailing
        switch writer.base {
        case .store(let store): add(store, to: &facts, at: now)
        case .lastPolicy(_, let failure): facts.storeLoss = "\(failure)"
        case .configuration: break
        }
        return facts
    }

    private func add(_ store: PolicyStore, to facts: inout NoticeFacts, at now: UnixTime) {
        for (id, warehouse) in store.policy.warehouses {
            for endpoint in warehouse.outboundEndpoints
            where endpoint.state == .pendingAcceptance {
                facts.outboundRequests.append(
                    .init(warehouse: id, name: endpoint.name, port: endpoint.port)
                )
            }
        }
        for key in store.keyring.keys.values where key.isEnabled {
            guard let expiry = key.expiresAt else { continue }
            facts.keys.append(.init(name: key.name, expiresAt: expiry, since: key.createdAt))
        }
        facts.failedLogins = failedLogins(in: store)
    }
}

// MARK: - Policy

extension NoticeCollector {
    private func policyFacts(_ version: Version, at now: UnixTime, _ elapsed: Duration)
        -> PolicyFacts
    {
        let known = state.withLock { $0.policy }
        if let known, known.version == version, elapsed - known.at < Self.policyInterval {
            return known
        }
        let policy = gateway.policy
        let new = PolicyFacts(
            version: version,
            at: elapsed,
            entries: policy.warehouses.flatMap { Self.expiring(in: $1.whitelist, of: $0, at: now) },
            openness: policy.warehouses.map { id, warehouse in
                NoticeFacts.Openness(
                    warehouse: id,
                    share: warehouse.whitelist.openness(at: now),
                    shadows: Dictionary(
                        uniqueKeysWithValues: warehouse.shadows.map { ($0.description, $1) }
                    )
                )
            }
        )
        state.withLock { $0.policy = new }
        return new
    }

    /// The entries that expire soon, or just have, as far as they decide anything.
    private static func expiring(in whitelist: Whitelist, of warehouse: String, at now: UnixTime)
        -> [NoticeFacts.Expiring]
    {
        guard whitelist.mode != .nowhere else { return [] }
        let onlyDenials = whitelist.mode == .anywhere
        return whitelist.lists.flatMap { list -> [NoticeFacts.Expiring] in
            let rules = list.trie.rules
            guard rules.hasExpiries, !onlyDenials || rules.hasDenials else { return [] }
            return rules.indices.compactMap { index in
                guard let expiry = rules.expiry(of: index), rules.isEnabled(index),
                    !onlyDenials || rules.action(of: index) == .deny,
                    ExpiryStage(of: expiry, since: nil, at: now) != nil
                else { return nil }
                let entry = list[index]
                guard !LeaseHolder.isHolder(entry.editor) else { return nil }
                return NoticeFacts.Expiring(
                    warehouse: warehouse,
                    name: entry.text,
                    expiresAt: expiry,
                    since: entry.editedAt
                )
            }
        }
    }
}

// MARK: - Logins

extension NoticeCollector {
    private func failedLogins(in store: PolicyStore) -> [NoticeFacts.FailedLogins] {
        let newest = store.auditNumber
        let last = state.withLock { $0.auditNumber } ?? max(0, newest - Self.auditMemory)
        guard last < newest else { return state.withLock { $0.failedLogins } }
        var filter = AuditFilter()
        filter.action = "account.login.fail"
        // `try?`: what cannot be read now is read at the next look.
        guard let records = try? store.audit(after: last, matching: filter, limit: Self.loginLimit)
        else { return state.withLock { $0.failedLogins } }
        let isComplete = records.count < Self.loginLimit
        return state.withLock { state in
            state.auditNumber = isComplete ? newest : records.last?.record.number ?? newest
            let new = records.compactMap { NoticeFacts.FailedLogins($0.record) }
            state.failedLogins += new
            state.failedLogins.removeFirst(max(0, state.failedLogins.count - Self.loginLimit))
            return state.failedLogins
        }
    }
}

extension NoticeFacts.FailedLogins {
    fileprivate init?(_ record: AuditRecord) {
        guard let name = record.after?["name"]?.string,
            case .number(let digits)? = record.after?["failures"], let count = Int64(digits)
        else { return nil }
        self.init(
            account: name,
            count: count,
            source: record.after?["source"]?.string ?? "an unknown address",
            at: record.at
        )
    }
}

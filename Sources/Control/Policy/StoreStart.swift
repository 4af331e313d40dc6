import Addresses
import CIDRTrie
import FoundationEssentials
import Logging
import Operations
import Policy
import Settings
import Sockets
import Store
import Text
import Time

/// How a gateway whose policy is in a store starts.
///
/// It never starts more open than it was: if the store is lost, with the last active policy and
/// without accepting changes; if that is lost too, not at all.
struct StoreStart {
    let base: PolicyWriter.Base
    /// What is enforced.
    let policy: Policy
    /// The state of the last active policy, if that is enforced.
    var restored: PolicyStatus?
    /// What kept the store from being used.
    var problems: [String] = []

    /// Opens the store, and imports what it does not have yet.
    ///
    /// - Parameters:
    ///   - configured: the policy of the configuration file.
    ///   - mayImport: whether that is complete.
    ///   - patience: how long to wait for a predecessor that holds the store.
    init(
        _ path: String,
        configured: Policy,
        mayImport: Bool,
        lastPolicy: LastPolicy?,
        patience: Duration,
        logger: Logger
    ) throws(ServiceError) {
        let last = lastPolicy.map { last in
            Result { () throws(LastPolicy.ReadError) in try last.read() }
        }
        do throws(StoreError) {
            let store = try Self.open(path, last: last, waiting: patience, logger: logger)
            if mayImport { try Self.importNew(of: configured, into: store, logger: logger) }
            base = .store(store)
            policy = base.policy(with: configured)
        } catch {
            guard error.isLoss, case .success((let policy, let status))? = last else {
                throw .cannotStart(Self.explanation(of: error, last))
            }
            if let gap = Self.gap(between: status, andStoreAt: path) {
                throw .cannotStart("\(error); cannot fall back to the last policy: \(gap)")
            }
            base = .lastPolicy(policy, failure: error)
            self.policy = base.policy(with: configured)
            restored = status
            problems = [error.description]
        }
    }

    private typealias Last = Result<(policy: Policy, status: PolicyStatus), LastPolicy.ReadError>

    /// For the operator's log and for clients.
    static func source(_ path: String) -> String { "the store \(path)" }

    private static func explanation(of error: StoreError, _ last: Last?) -> String {
        guard error.isLoss else { return error.description }
        guard case .failure(let failure)? = last else { return error.description }
        return "\(error); cannot fall back to the last policy: \(failure)"
    }

    /// What the last policy lacks of what the store had: changes in the second before a crash, or while
    /// it could not be saved. `nil` if it lacks nothing, as far as is known.
    private static func gap(between last: PolicyStatus, andStoreAt path: String) -> String? {
        guard last.source == source(path), let revision = PolicyStore.lastRevision(path),
            last.revision < revision
        else { return nil }
        return "it is at revision \(last.revision) and lacks changes up to revision \(revision)"
    }

    private static func open(
        _ path: String,
        last: Last?,
        waiting patience: Duration,
        logger: Logger
    ) throws(StoreError) -> PolicyStore {
        var known: PolicyStatus?
        if case .success((_, let status))? = last, status.source == source(path) { known = status }
        // A store whose last policy is known existed, even if nothing else is left of it.
        if known != nil, !FileManager.default.fileExists(atPath: path) {
            throw .missing(path: path)
        }
        let store = try openWaiting(path, patience, logger)
        if let known, store.policy.revision < known.revision {
            store.release()
            throw .damaged(
                path: path,
                reason: "it has lost changes: it is at revision \(store.policy.revision), the last"
                    + " active policy was at \(known.revision)"
            )
        }
        return store
    }

    private static func openWaiting(_ path: String, _ patience: Duration, _ logger: Logger)
        throws(StoreError) -> PolicyStore
    {
        let deadline = ContinuousClock.now + patience
        var hasLogged = false
        while true {
            do throws(StoreError) {
                return try PolicyStore(path: path, mode: .create)
            } catch {
                guard case .locked = error, ContinuousClock.now < deadline else { throw error }
            }
            if !hasLogged { logger.notice("waiting for \(path): in use by another process") }
            hasLogged = true
            Clock.sleep(milliseconds: 10)
        }
    }

    /// Takes over the policies of new warehouses, and warns of what the file says differently.
    static func importNew(of configured: Policy, into store: PolicyStore, logger: Logger)
        throws(StoreError)
    {
        let imported: [String]
        do {
            imported = try store.write(by: .gateway, at: .systemTime) { transaction in
                try transaction.importNew(from: configured)
            }.value
        } catch let error as StoreError {
            throw error
        } catch {
            throw .unusable(path: store.path, reason: "\(error)")
        }
        for id in imported {
            logger.notice("imported the policy of warehouse \(id) from the configuration file")
            if store.policy.warehouses[id].map(\.isOpenToAll) ?? false {
                logger.warning("warehouse \(id) admits every address (0.0.0.0/0 and ::/0)")
            }
        }
        for difference in store.policy.differences(from: configured) {
            logger.warning("\(difference)")
        }
    }
}

extension StoredWarehouse {
    /// Whether every address of a family is admitted.
    var isOpenToAll: Bool {
        switch mode {
        case .anywhere: true
        case .nowhere: false
        case .specific: lists.contains { $0.list.admitsAll(at: .systemTime) }
        }
    }
}

extension EntryList {
    /// Whether enabled entries admit all addresses of a family.
    func admitsAll(at now: UnixTime) -> Bool { openness(at: now) == 1 }

    /// The share of a family's addresses that enabled entries admit, be it in pieces; of IPv6, of what
    /// is in use (2000::/3).
    func openness(at now: UnixTime) -> Double {
        [CIDRBlock.allIPv4, .allIPv6, CIDRBlock(containing: Self.globalIPv6, prefixLength: 3)]
            .map { share(of: $0, at: now) }.max() ?? 0
    }

    private static let globalIPv6 = IPAddress.v6(IPv6Address(high: 0x2000 << 48, low: 0))
    /// Longer prefixes are not looked for: many of them are as good as a list.
    private static let longestPiece = 8

    /// The share of a block that entries of its own length, or a little longer, admit.
    private func share(of block: CIDRBlock, at now: UnixTime) -> Double {
        if let index = id(of: block).flatMap(index) {
            let entry = self[index]
            if entry.isEnabled, entry.rule.action == .allow, !entry.rule.hasExpired(at: now) {
                return 1
            }
        }
        guard block.prefixLength < Self.longestPiece else { return 0 }
        let length = block.prefixLength + 1
        let halves = [block.first, block.last].map {
            CIDRBlock(containing: $0, prefixLength: length)
        }
        return halves.reduce(0) { $0 + share(of: $1, at: now) / 2 }
    }
}

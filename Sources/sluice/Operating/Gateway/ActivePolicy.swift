import Control
import Policy
import Settings
import Sockets
import Synchronization

/// What a gateway whose policy is in a store enforces.
///
/// A configuration file does not have it: without a whitelist, such a file would read as open to all
/// clients.
struct ActivePolicy {
    let policy: Policy
    /// Where it is from, for people.
    let source: String

    /// Asks the running gateway; reads the store only if none runs.
    ///
    /// - Parameters:
    ///   - configured: the policy of the configuration file, whose list files count.
    ///   - client: of the gateway.
    /// - Throws: if neither has it. The file is no substitute.
    init(
        of store: OfflineStore,
        with configured: Policy,
        by client: ManagementClient
    ) async throws {
        do {
            policy = try await client.storedPolicy(with: configured)
            source = "the policy in the running gateway's store"
            return
        } catch let error as ManagementClientError where error.isUnreachable {
            // Its lock shows whether a gateway runs nevertheless.
        }
        policy = try CommandFailure.offline { () throws(OfflineStore.Failure) in
            try store.policy(with: configured)
        }
        source = "the policy in the store \(store.path), as no gateway is running"
    }
}

extension ManagementClient {
    /// The policy in the gateway's store, with the list files of a configuration file.
    ///
    /// - Parameter configured: the policy of the configuration file.
    func storedPolicy(with configured: Policy) async throws -> Policy {
        let folder = try PrivateFolder()
        defer { folder.remove() }
        let file = folder.path(of: "sluice.db")
        do {
            _ = try await saveBackup(to: file)
        } catch let error as ManagementClientError where error.refusal?.status == 403 {
            throw CommandFailure(
                "the policy is in the gateway's store, which only a key with the administer role"
                    + " can read, or the local socket",
                code: GatewayExit.denied
            )
        }
        return try CommandFailure.offline { () throws(OfflineStore.Failure) in
            try OfflineStore.policy(inBackup: file, with: configured)
        }
    }

    /// Writes a copy of the gateway's store to a file, which appears once it is complete.
    ///
    /// - Returns: its size in bytes.
    func saveBackup(to file: String) async throws -> Int {
        let byteCount = Atomic<Int>(0)
        do {
            let draft = try FileDraft(file)
            try await stream(.get("v1/backup")) { piece in
                byteCount.add(piece.count, ordering: .relaxed)
                try draft.write(piece)
            }
            try draft.commit()
        } catch let error as SystemError {
            throw CommandFailure("cannot write \(file): \(error)")
        }
        return byteCount.load(ordering: .relaxed)
    }
}

extension CommandFailure {
    /// The result of work on a store without its gateway.
    fileprivate static func offline<Value>(
        _ work: () throws(OfflineStore.Failure) -> Value
    ) throws(CommandFailure) -> Value {
        do throws(OfflineStore.Failure) {
            return try work()
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}

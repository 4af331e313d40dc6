import Operations
package import Policy
import Store
import Text

extension OfflineStore {
    /// What a gateway that starts now would enforce: the policy in the store, with the list files of
    /// a configuration file. Takes the store's lock. Blocks.
    ///
    /// - Parameter configured: the policy of the configuration file.
    /// - Throws: if a gateway is running, and if such a gateway would not start with the store. A
    ///   store that is not there is never taken for an empty one.
    package func policy(with configured: Policy) throws(Failure) -> Policy {
        guard PolicyStore.hasExisted(path) else { throw .notFound(path) }
        let stored = try Self.policy(in: path)
        if let known = lastRevision, stored.revision < known {
            throw .store(
                .damaged(
                    path: path,
                    reason: "it has lost changes: it is at revision \(stored.revision), the last"
                        + " active policy was at \(known)"
                )
            )
        }
        return stored.policy(with: configured)
    }

    /// What a running gateway enforces, as a backup of its store has it.
    package static func policy(
        inBackup file: String,
        with configured: Policy
    ) throws(Failure) -> Policy {
        try policy(in: file).policy(with: configured)
    }

    private static func policy(in path: String) throws(Failure) -> StoredPolicy {
        do throws(StoreError) {
            let store = try PolicyStore(path: path, mode: .open)
            defer { store.release() }
            return store.policy
        } catch {
            throw .store(error)
        }
    }

    /// That of the store when its policy was last active.
    private var lastRevision: PolicyRevision? {
        guard let lastPolicyFolder else { return nil }
        // `try?`: a gateway starts with its store even if the last policy cannot be read.
        let last = try? LastPolicy(folder: lastPolicyFolder).read().status
        return last.flatMap { $0.source == StoreStart.source(path) ? $0.revision : nil }
    }
}

import FoundationEssentials
import Settings
package import Store
import Text
import Time

/// What can be done with a gateway's store on its own machine while the gateway is not running: by
/// whoever can write the file, under the store's lock.
package struct OfflineStore: Sendable {
    /// Why nothing was done. Each case names the remedy.
    package enum Failure: Error, CustomStringConvertible {
        case configuration([String])
        /// The configuration names no store.
        case noStore
        case store(StoreError)
        /// A running gateway has the store, which nobody else may replace.
        case running(String)
        case refused(StoreRefusal)

        package var description: String {
            switch self {
            case .configuration(let lines): lines.joined(separator: "\n")
            case .noStore:
                "the configuration has no store for keys (add state: sluice.db)"
            case .store(.locked(let path)):
                "\(path) is in use: the gateway is running, but its local socket cannot be used (try"
                    + " again as root, or as the gateway's user)"
            case .running(let path): "\(path) is in use: stop the gateway first"
            case .store(let error): error.description
            case .refused(let refusal): refusal.description
            }
        }
    }

    package let path: String

    /// - Parameter file: the gateway's configuration file.
    package init(configuration file: String) throws(Failure) {
        let loaded = ConfigurationLoader().load(contentsOf: file)
        guard let topology = loaded.topology ?? loaded.configuration?.topology else {
            throw .configuration(loaded.lines)
        }
        guard topology.policyAuthority == .store, let path = topology.storePath else {
            throw .noStore
        }
        self.path = path
    }

    private static var actor: AuditActor { Principal.local(userID: LocalUser.current).auditActor }

    package func createKey(_ description: KeyDescription) throws(Failure) -> (
        key: APIKey, secret: KeySecret
    ) {
        do {
            let store = try PolicyStore(path: path, mode: .create)
            defer { store.release() }
            return try store.write(by: Self.actor, at: .systemTime) { transaction in
                try transaction.createKey(description)
            }.value
        } catch let error as StoreError {
            throw .store(error)
        } catch let error as StoreRefusal {
            throw .refused(error)
        } catch {
            throw .store(.unusable(path: path, reason: "\(error)"))
        }
    }

    /// Puts a backup's policy and keys in place of the store's.
    package func restore(_ backup: String) throws(Failure) -> PolicyStore.Restored {
        try Self.restore(backup, to: path)
    }

    /// Whether a file is a backup that can be restored: restores it to a store that is thrown away.
    package static func check(_ backup: String) throws(Failure) {
        let folder = "\(FileManager.default.temporaryDirectory.path)/sluice-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .store(.unusable(path: folder, reason: "\(error)"))
        }
        // `try?`: what is left is the system's to remove.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try restore(backup, to: "\(folder)/sluice.db")
    }

    private static func restore(
        _ backup: String,
        to path: String
    ) throws(Failure) -> PolicyStore.Restored {
        do {
            return try PolicyStore.restore(backup, to: path, by: actor, at: .systemTime)
        } catch StoreError.locked(let path) {
            throw .running(path)
        } catch let error as StoreError {
            throw .store(error)
        } catch let error as StoreRefusal {
            throw .refused(error)
        } catch {
            throw .store(.unusable(path: path, reason: "\(error)"))
        }
    }
}

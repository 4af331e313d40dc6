package import Credentials
import FoundationEssentials
package import Settings
import Sockets
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
        /// There is no store yet, or none that this user may see.
        case notFound(String)
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
            case .notFound(let path):
                "there is no store at \(path), or you may not see it (start the gateway, or try again"
                    + " as root or as the gateway's user)"
            case .store(let error): error.description
            case .refused(let refusal): refusal.description
            }
        }
    }

    package let path: String
    let lastPolicyFolder: String?

    /// - Returns: `nil` if the gateway's policy is not in a store.
    package init?(_ topology: Topology) {
        guard topology.policyAuthority == .store, let path = topology.storePath else { return nil }
        self.path = path
        lastPolicyFolder = topology.lastPolicyFolder
    }

    /// - Parameter file: the gateway's configuration file.
    package init(configuration file: String) throws(Failure) {
        let loaded = ConfigurationLoader().load(contentsOf: file)
        guard let topology = loaded.topology ?? loaded.configuration?.topology else {
            throw .configuration(loaded.lines)
        }
        guard let store = OfflineStore(topology) else { throw .noStore }
        self = store
    }

    private static var actor: AuditActor { Principal.local(userID: LocalUser.current).auditActor }

    package func createKey(_ description: KeyDescription) throws(Failure) -> (
        key: APIKey, secret: SecretToken
    ) {
        try write(.create) { try $0.createKey(description) }
    }

    /// Changes the store under its lock.
    func write<Value: Sendable>(
        _ mode: PolicyStore.Mode,
        _ body: @Sendable (inout StoreTransaction) throws -> Value
    ) throws(Failure) -> Value {
        do {
            let store = try PolicyStore(path: path, mode: mode)
            defer { store.release() }
            return try store.write(by: Self.actor, at: .systemTime, body).value
        } catch let error as StoreError {
            throw .store(error)
        } catch let error as StoreRefusal {
            throw .refused(error)
        } catch {
            throw .store(.unusable(path: path, reason: "\(error)"))
        }
    }

    /// Whether the store can be replaced, before anybody is asked about it.
    ///
    /// - Throws: ``Failure/running(_:)`` if a gateway has the store.
    package func checkIsStopped() throws(Failure) {
        do throws(SystemError) {
            // The lock that the store itself takes; released at once.
            _ = try FileLock(path + ".lock")
        } catch {
            throw error == .wouldBlock
                ? .running(path) : .store(.unusable(path: path, reason: error.description))
        }
    }

    /// Puts a backup's policy and keys in place of the store's.
    package func restore(_ backup: String) throws(Failure) -> PolicyStore.Restored {
        try Self.restore(backup, to: path)
    }

    /// Whether a file is a backup that can be restored: restores it to a store that is thrown away.
    package static func check(_ backup: String) throws(Failure) {
        let folder: PrivateFolder
        do {
            folder = try PrivateFolder()
        } catch {
            throw .store(.unusable(path: backup, reason: "\(error)"))
        }
        defer { folder.remove() }
        _ = try restore(backup, to: folder.path(of: "sluice.db"))
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

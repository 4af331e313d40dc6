import Text

/// Why a store cannot be opened or used. Except after ``unmarked(path:reason:)``, nothing was changed.
package enum StoreError: Error, Hashable, Sendable {
    /// Another process writes to it.
    case locked(path: String)
    /// There is no store, although there was one.
    case missing(path: String)
    /// What is in the file is not what was written.
    case damaged(path: String, reason: String)
    /// A later version of this program wrote it.
    case newer(path: String)
    /// The change is stored, but not that the store has come so far: until that is done, an older copy
    /// in its place would not be noticed, and nothing more is written.
    case unmarked(path: String, reason: String)
    /// The operating system or SQLite fails: a full disk, a file that cannot be read.
    case unusable(path: String, reason: String)
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .locked(let path):
            "\(path) is in use by another process (a store has one gateway)"
        case .missing(let path):
            "\(path) is missing (restore a backup, or remove \(path).created to start with an empty"
                + " store)"
        case .damaged(let path, let reason):
            "\(path) is damaged: \(reason) (restore a backup: sluice restore FILE)"
        case .newer(let path):
            "\(path) was written by a later version of sluice"
        case .unmarked(let path, let reason):
            "cannot write \(path).mark: \(reason) (until it can be written, changes are refused)"
        case .unusable(let path, let reason):
            "cannot use \(path): \(reason)"
        }
    }

    /// The same error of a file's copy, as one of the file itself.
    func about(_ path: String) -> StoreError {
        switch self {
        case .locked: .locked(path: path)
        case .missing: .missing(path: path)
        case .damaged(_, let reason): .damaged(path: path, reason: reason)
        case .newer: .newer(path: path)
        case .unmarked(_, let reason): .unmarked(path: path, reason: reason)
        case .unusable(_, let reason): .unusable(path: path, reason: reason)
        }
    }

    /// Whether the gateway should fall back to the last policy: what is stored is lost, or cannot be
    /// trusted.
    package var isLoss: Bool {
        switch self {
        case .missing, .damaged, .newer, .unmarked, .unusable: true
        case .locked: false
        }
    }
}

/// Why a change is not made. Always the writer's error; nothing has changed.
package enum StoreRefusal: Error, Hashable, Sendable {
    /// - Parameter meant: one that exists and has a similar id.
    case unknownWarehouse(String, meant: String? = nil)
    case unknownGroup(String)
    case unknownEntry(EntryReference)
    case unknownEndpoint(String, warehouse: String)
    case unknownEndpointService(String)
    case unknownKey(String)
    case unknownAccount(String)
    case disabledAccount(String)
    /// The account's owner proves who they are elsewhere.
    case notLocal(String)
    case unknownSession(String)
    case unknownWebhook(String)
    case duplicateEntry(String, of: EntryReference?)
    case exists(String)
    /// A group that warehouses use, an endpoint in a state that does not permit the action.
    case conflict(String)
    /// The whitelist has changed since the version that the writer has seen.
    case stale(seen: UInt64, current: UInt64)
    case invalid(field: String, reason: String)
    case tooMany(String)
}

extension StoreRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownWarehouse(let id, let meant):
            "unknown warehouse \(id.quoted)" + (meant.map { " (did you mean \($0)?)" } ?? "")
        case .unknownGroup(let name): "unknown group \(name.quoted)"
        case .unknownEntry(let id):
            "unknown entry \(id) (it may have been removed)"
        case .unknownEndpoint(let id, let warehouse):
            "warehouse \(warehouse) has no endpoint \(id.quoted)"
        case .unknownEndpointService(let id): "unknown endpoint service \(id.quoted)"
        case .unknownKey(let id): "unknown key \(id.quoted)"
        case .unknownAccount(let id): "unknown account \(id.quoted)"
        case .disabledAccount(let name): "the account \(name.quoted) is disabled"
        case .notLocal(let name):
            "\(name.quoted) signs in at a provider, and has neither password nor second factor here"
        case .unknownWebhook(let id): "unknown webhook \(id.quoted)"
        case .unknownSession(let id): "unknown login \(id.quoted) (it may have ended)"
        case .duplicateEntry(let text, let id?):
            "\(text) is already in the list as entry \(id) (change that entry instead)"
        case .duplicateEntry(let text, nil): "\(text) occurs twice (remove one of the two)"
        case .exists(let what): "\(what) already exists"
        case .conflict(let reason): reason
        case .stale(let seen, let current):
            "the whitelist has changed: its version is \(current), not \(seen)"
                + " (read it again, then repeat the change)"
        case .invalid(let field, let reason): "\(field): \(reason)"
        case .tooMany(let reason): reason
        }
    }
}

/// What the holder of a key may do.
package enum Role: String, Hashable, Sendable, CaseIterable, Codable {
    /// Admit its own address for a while, and nothing else.
    case lease
    /// See everything of its warehouses.
    case read
    /// Also change whitelists, endpoints and services, close sessions, set backends' modes.
    case operate
    /// Everything, keys, audit and backups included.
    case administer
}

/// What a request needs. Each route declares one.
package enum Permission: Hashable, Sendable, CaseIterable {
    /// To see who one is.
    case identify
    /// To look after one's own account. Keys have none.
    case ownAccount
    case lease, read, operate, administer
}

extension Role {
    package func allows(_ permission: Permission) -> Bool {
        switch (self, permission) {
        case (.lease, .identify), (.lease, .lease): true
        case (.lease, _): false
        case (.read, .identify), (.read, .ownAccount), (.read, .read): true
        case (.read, _): false
        case (.operate, .administer): false
        case (.operate, _), (.administer, _): true
        }
    }
}

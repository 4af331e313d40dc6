/// What the holder of a key may do.
package enum Role: String, Hashable, Sendable, CaseIterable, Codable {
    /// See everything of its warehouses.
    case read
    /// Also change whitelists, endpoints and services, close sessions, set backends' modes.
    case operate
    /// Everything, keys, audit and backups included.
    case administer
}

/// What a request needs. Each route declares one.
package enum Permission: Hashable, Sendable, CaseIterable {
    case read, operate, administer
}

extension Role {
    package func allows(_ permission: Permission) -> Bool {
        switch (self, permission) {
        case (_, .read), (.operate, .operate), (.administer, _): true
        case (.read, .operate), (.read, .administer), (.operate, .administer): false
        }
    }
}

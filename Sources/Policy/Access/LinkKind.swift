/// What happens to a running session that is no longer admitted.
public enum Revocation: String, Hashable, Sendable, CaseIterable {
    /// It is closed immediately.
    case close
    /// It continues; only new ones are denied.
    case keep
}

/// The kind of link that a connection uses.
public enum LinkKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// Admitted by the whitelist.
    case `public`
    /// Inbound private link: admitted by its endpoint.
    case `private`
    /// The warehouse reaches a data service in a user's network.
    case outbound
}

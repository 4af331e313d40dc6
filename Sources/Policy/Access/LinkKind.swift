/// What becomes of a running session that would not be admitted any more.
package enum Revocation: String, Hashable, Sendable, CaseIterable {
    /// It is closed at once.
    case close
    /// It goes on; only new ones are denied.
    case keep
}

/// The kind of link over which a connection comes.
package enum LinkKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// Admitted by the whitelist.
    case `public`
    /// Inbound private link: admitted by its endpoint.
    case `private`
    /// The warehouse reaches a data service in a user's network.
    case outbound
}

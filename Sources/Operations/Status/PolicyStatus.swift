package import Policy
package import Time

/// The policy in force, and what became of the latest update.
package struct PolicyStatus: Hashable, Sendable, Codable {
    /// Where the policy comes from, for people: `configuration file sluice.yaml`.
    package var source: String
    package var revision: PolicyRevision
    /// When the revision came into force.
    package var since: UnixTime
    /// Whether the source was not available at the start, so that the policy that was in force last
    /// is used until it is.
    package var isRestored: Bool
    /// The latest update that was refused; `nil` once a later one has come into force.
    package var rejection: PolicyRejectionStatus?

    package init(
        source: String,
        revision: PolicyRevision,
        since: UnixTime,
        isRestored: Bool = false,
        rejection: PolicyRejectionStatus? = nil
    ) {
        self.source = source
        self.revision = revision
        self.since = since
        self.isRestored = isRestored
        self.rejection = rejection
    }
}

/// An update of the policy that was refused and has changed nothing.
package struct PolicyRejectionStatus: Hashable, Sendable, Codable {
    package var revision: PolicyRevision?
    package var reason: String
    package var at: UnixTime

    package init(revision: PolicyRevision?, reason: String, at: UnixTime) {
        self.revision = revision
        self.reason = reason
        self.at = at
    }
}

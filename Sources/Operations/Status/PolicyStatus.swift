package import Policy
package import Time

/// The active policy, and the result of the latest update.
package struct PolicyStatus: Hashable, Sendable, Codable {
    /// Where the policy comes from, for display: `configuration file sluice.yaml`.
    package var source: String
    package var revision: PolicyRevision
    /// When the revision came into force.
    package var since: UnixTime
    /// Whether the source was not available at startup, so that the last active policy
    /// is used until it is.
    package var isRestored: Bool
    /// The latest update that was rejected; `nil` once a later one has been applied.
    package var rejection: PolicyRejectionStatus?
    /// Why the policy could not be saved for a start without its source; `nil` if it was, or need
    /// not be.
    package var saveFailure: String?
    /// Why nothing can be stored: the store is lost, or the last write failed; `nil` if it can be used,
    /// and without a store.
    package var storeFailure: String?

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

/// An update of the policy that was rejected and has changed nothing.
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

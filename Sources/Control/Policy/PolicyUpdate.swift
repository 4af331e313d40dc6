package import Engine
package import Policy
package import Settings

/// Where a gateway's policy comes from: its configuration file, a store, a fleet.
///
/// A source submits updates to a ``PolicyApplier`` and counts them by revision. It need not wait
/// until an update is active, but can.
package protocol PolicySource: Sendable {
    /// For display: `configuration file sluice.yaml`.
    var name: String { get }
    /// Submits the source's current policy and every later change, until the task is
    /// cancelled.
    func run(submittingTo applier: PolicyApplier) async throws
}

/// A new state of the policy, or of the policy and the topology together.
package struct PolicyUpdate: Sendable {
    package enum Content: Sendable {
        /// Changes to the active policy.
        case changes([PolicyChange])
        /// The whole policy.
        case policy(Policy)
        /// The whole policy and, atomically with it, the topology.
        case configuration(GatewayConfiguration)
    }

    /// The source's count; `nil` for the one after the active one.
    package var revision: PolicyRevision?
    package var content: Content
    /// Whether it is the last active policy, because the source cannot be used.
    package var isRestored: Bool

    package init(_ content: Content, revision: PolicyRevision? = nil, isRestored: Bool = false) {
        self.revision = revision
        self.content = content
        self.isRestored = isRestored
    }
}

/// Why an update was rejected. Nothing has changed.
package enum PolicyRejection: Error, Equatable, Sendable {
    /// A revision that is not above the active one: already applied, or out of date.
    case outdated(PolicyRevision, active: PolicyRevision)
    case invalidChange(PolicyChangeError)
    case gateway(GatewayError)
    /// A log that the configuration names cannot be opened.
    case cannotLog(String)
    /// The gateway is stopping.
    case stopping
}

extension PolicyRejection: CustomStringConvertible {
    package var description: String {
        switch self {
        case .outdated(let revision, let current):
            "revision \(revision) is out of date (the active revision is \(current))"
        case .invalidChange(let error): error.description
        case .gateway(let error): error.description
        case .cannotLog(let reason): reason
        case .stopping: "the gateway is stopping"
        }
    }
}

/// What enforces the policy: a running gateway, or a test double.
package protocol PolicyEnforcing: Sendable {
    /// Applies a whole configuration atomically.
    func reload(to configuration: GatewayConfiguration) throws(PolicyRejection) -> Adoption
    /// Applies a policy under the same topology.
    func enforce(_ policy: Policy) throws(PolicyRejection) -> Adoption
}

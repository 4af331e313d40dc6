import Addresses
import CIDRTrie
package import Policy
package import Settings
import Text
package import Time

/// Which running sessions a configuration would close if it were applied: a dry run of what the
/// data plane does, with the same policy.
package struct RevocationPreview: Sendable {
    /// A session that would be closed.
    package struct Revoked: Hashable, Sendable, Codable {
        package var session: Session
        package var reason: DenialReason

        package init(session: Session, reason: DenialReason) {
            self.session = session
            self.reason = reason
        }
    }

    /// The sessions that would be closed, in the order in which they were given.
    package private(set) var revoked: [Revoked] = []
    /// Sessions that would continue.
    package private(set) var keptCount = 0

    package init(
        _ sessions: [Session],
        under configuration: GatewayConfiguration,
        at now: UnixTime
    ) {
        let policies = SessionPolicies(of: configuration.topology, under: configuration.policy)
        for session in sessions {
            switch policies.judge(session.identity, at: now) {
            case .ends(let reason): revoked.append(Revoked(session: session, reason: reason))
            case .goesOn: keptCount += 1
            }
        }
    }
}

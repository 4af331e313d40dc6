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

/// A preview for people: what `sluice check --live` prints.
package struct RevocationTable: CustomStringConvertible {
    package let description: String

    package init(_ preview: RevocationPreview) {
        let headings: [Columns.Heading] = [
            .number("WOULD CLOSE"), "WAREHOUSE", "LISTENER", "CLIENT", "ENDPOINT", "REASON",
        ]
        let rows = preview.revoked.map { revoked in
            let session = revoked.session
            return [
                "\(session.connection)", session.warehouse, session.listener,
                session.client.description, session.endpoint?.description ?? "-",
                revoked.reason.rawValue,
            ]
        }
        let sum =
            "\(preview.revoked.count.of("running session")) would be closed, \(preview.keptCount) kept"
        description = rows.isEmpty ? sum : "\(Columns(headings, rows))\n\(sum)"
    }
}

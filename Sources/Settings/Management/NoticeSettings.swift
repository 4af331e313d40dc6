package import Addresses
import Text

/// What people hear of, and where notices may be sent to.
///
///     notices: { allowed: [ 127.0.0.1/32 ], backendDownAfter: 30s }
package struct NoticeSettings: Hashable, Sendable {
    /// Addresses that webhooks may have although they are this machine's, link-local, or otherwise
    /// not meant for anyone to send to.
    package var allowed: [CIDRBlock] = []
    /// How long a backend is down before anyone hears of it.
    package var backendDownAfter = Duration.seconds(30)

    package init() {}

    private static let downRange = Duration.zero...Duration.seconds(3_600)
}

extension NoticeSettings {
    mutating func read(_ place: Place?) {
        _ = place?.mapping { fields in
            allowed = fields.blocks("allowed")
            fields.read("backendDownAfter", into: &backendDownAfter, within: Self.downRange)
        }
    }
}

package import Policy
import Text

/// As whom the gateway's operator creates endpoints in each cloud: whom the owner of a data source
/// allows to reach its endpoint service.
package struct CloudIdentities: Hashable, Sendable {
    /// An ARN, a subscription, a project or an account, as the cloud writes it.
    package var names: [Cloud: String]

    package init(_ names: [Cloud: String] = [:]) {
        self.names = names
    }

    package static let clouds = Cloud.allCases.filter { $0 != .embedded }

    /// Reads the gateway's key `identities`.
    static func decode(_ place: Place?) -> CloudIdentities {
        let names: [Cloud: String]? = place?.mapping { fields in
            var names: [Cloud: String] = [:]
            for cloud in clouds {
                names[cloud] = fields.place(cloud.rawValue)?.text(as: .identity(of: cloud))
            }
            return names
        }
        return CloudIdentities(names ?? [:])
    }
}

/// An AWS endpoint service or an Azure private link service: the provider's end of private links.
package struct EndpointService: Hashable, Sendable, Codable {
    /// Who lets an endpoint in that asks to connect.
    package enum Acceptance: String, Hashable, Sendable, CaseIterable, Codable {
        /// A person, one by one.
        case manual
        /// The cloud itself, for every allowed principal.
        case automatic
    }

    /// AWS: `vpce-svc-…`; Azure: the resource id or the alias; Google: the service attachment's
    /// name; Alibaba: `epsrv-…`. Unique within its warehouse.
    package var id: String
    /// Says which form ``id`` and ``allowedPrincipals`` have.
    package var cloud: Cloud
    /// In the cloud's own words: `us-east-1`.
    package var region: String
    /// By hand unless said otherwise.
    package var acceptance: Acceptance
    /// Who may ask for an endpoint: AWS ARNs, Azure subscription ids, or `*`.
    package var allowedPrincipals: [String]

    /// A service that nobody may ask for, unless `allowedPrincipals` says otherwise, as in AWS.
    package init(
        id: String,
        cloud: Cloud,
        region: String,
        acceptance: Acceptance = .manual,
        allowedPrincipals: [String] = []
    ) {
        self.id = id
        self.cloud = cloud
        self.region = region
        self.acceptance = acceptance
        self.allowedPrincipals = allowedPrincipals
    }
}

/// The clouds whose private links are known, and the gateway's own.
package enum Cloud: String, Hashable, Sendable, CaseIterable, Codable {
    case aws, azure, gcp, alibaba
    /// Without a cloud: an endpoint is an address of the gateway in the consumer's network.
    case embedded
}

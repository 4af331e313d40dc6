/// An AWS endpoint service or an Azure private link service: the provider's end of private links.
public struct EndpointService: Hashable, Sendable, Codable {
    /// How requesting endpoints are accepted.
    public enum Acceptance: String, Hashable, Sendable, CaseIterable, Codable {
        /// A person, one by one.
        case manual
        /// The cloud itself, for every allowed principal.
        case automatic
    }

    /// AWS: `vpce-svc-…`; Azure: the resource id or the alias; Google: the service attachment's
    /// name; Alibaba: `epsrv-…`. Unique within its warehouse.
    public var id: String
    /// Determines the format of ``id`` and ``allowedPrincipals``.
    public var cloud: Cloud
    /// The cloud's name for it: `us-east-1`.
    public var region: String
    /// By hand unless said otherwise.
    public var acceptance: Acceptance
    /// Which principals may request an endpoint: AWS ARNs, Azure subscription ids, or `*`.
    public var allowedPrincipals: [String]

    /// A service that no principal may use unless listed in `allowedPrincipals`, as in AWS.
    public init(
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
public enum Cloud: String, Hashable, Sendable, CaseIterable, Codable {
    case aws, azure, gcp, alibaba
    /// Without a cloud: an endpoint is an address of the gateway in the consumer's network.
    case embedded
}

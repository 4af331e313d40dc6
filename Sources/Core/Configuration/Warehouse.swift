public import CIDRTrie

/// What is protected: a warehouse, its policy and the listeners that lead to it.
public struct Warehouse: Hashable, Sendable {
    /// As in the URLs of the API: letters, digits, `-` and `_`.
    public var id: String
    public var name: String
    /// The DNS name that its users connect to; the connection examples show it.
    public var host: String?
    public var whitelist: Whitelist
    /// At the same time, over all its listeners; 0 for no limit.
    public var connectionLimit: Int
    public var listeners: [Listener]
    public var endpointServices: [EndpointService]
    public var endpoints: [Endpoint]

    /// - Parameter name: the id where `nil`.
    public init(
        id: String,
        name: String? = nil,
        host: String? = nil,
        whitelist: Whitelist,
        connectionLimit: Int = 0,
        listeners: [Listener],
        endpointServices: [EndpointService] = [],
        endpoints: [Endpoint] = []
    ) {
        self.id = id
        self.name = name ?? id
        self.host = host
        self.whitelist = whitelist
        self.connectionLimit = connectionLimit
        self.listeners = listeners
        self.endpointServices = endpointServices
        self.endpoints = endpoints
    }
}

/// A public link's rules.
public struct Whitelist: Hashable, Sendable {
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Every source, IPv4 and IPv6. Rules do not count.
        case anywhere
        /// No source. Rules do not count.
        case nowhere
        /// The rules decide, the longest matching prefix first; what none matches is denied.
        case specific
    }

    public var mode: Mode
    /// From the configuration's entries and from the files it names.
    public var rules: [Rule]

    public init(mode: Mode, rules: [Rule] = []) {
        self.mode = mode
        self.rules = rules
    }
}

/// The kind of link over which a connection comes.
public enum LinkKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// Admitted by the whitelist.
    case `public`
    /// Inbound private link: admitted by its endpoint.
    case `private`
    /// The warehouse reaches a data service in a user's network.
    case outbound
}

/// An AWS endpoint service or an Azure private link service.
public struct EndpointService: Hashable, Sendable {
    public enum Acceptance: String, Hashable, Sendable, CaseIterable { case manual, automatic }

    public var id: String
    public var cloud: Cloud
    public var region: String
    public var acceptance: Acceptance
    /// Who may ask for an endpoint: AWS ARNs, Azure subscription ids, or `*`.
    public var allowedPrincipals: [String]

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

/// The clouds whose private links are known.
public enum Cloud: String, Hashable, Sendable, CaseIterable, Codable {
    case aws, azure, gcp, alibaba
}

/// The consumer's end of a private link.
public struct Endpoint: Hashable, Sendable {
    /// One vocabulary for all clouds, after AWS's.
    public enum State: String, Hashable, Sendable, CaseIterable, Codable {
        case pendingAcceptance, pending, available, rejected, expired, failed, deleting, deleted
    }

    /// AWS: `vpce-…`; Azure: the LINKID in decimal; Google: the PSC connection id in decimal;
    /// Alibaba: the endpoint id.
    public var id: String
    public var cloud: Cloud
    public var state: State
    /// The operator's own words; empty where there are none.
    public var description: String

    public init(id: String, cloud: Cloud, state: State, description: String = "") {
        self.id = id
        self.cloud = cloud
        self.state = state
        self.description = description
    }
}

extension Whitelist {
    /// As a new warehouse of the managed product starts: every address is admitted.
    public static let openToAll = Whitelist(
        mode: .specific,
        rules: [Rule(block: .allIPv4), Rule(block: .allIPv6)]
    )
}

extension CIDRBlock {
    /// 0.0.0.0/0
    static let allIPv4 = CIDRBlock(containing: IPAddress(.v4, bits: 0), prefixLength: 0)
    /// ::/0
    static let allIPv6 = CIDRBlock(containing: IPAddress(.v6, bits: 0), prefixLength: 0)
}

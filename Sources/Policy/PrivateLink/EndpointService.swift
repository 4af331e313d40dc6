public import Time

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
    /// Manual by default.
    public var acceptance: Acceptance
    /// Which principals may request an endpoint: AWS ARNs, Azure subscription ids, or `*`.
    public var allowedPrincipals: [String]
    /// For people; empty if there is none.
    public var name: String
    /// Another name that consumers may request an endpoint by, such as Azure's alias; empty if there
    /// is none.
    public var alias: String
    /// The operator's description; empty if there is none.
    public var description: String
    /// The cloud's zones in which it can be reached; empty if unknown.
    public var zones: [String]
    /// The account, subscription or project that owns it; empty if unknown.
    public var providerAccountId: String
    /// When it was created; `nil` if unknown.
    public var createdAt: UnixTime?

    /// A service that no principal may use unless listed in `allowedPrincipals`, as in AWS.
    public init(
        id: String,
        cloud: Cloud,
        region: String,
        acceptance: Acceptance = .manual,
        allowedPrincipals: [String] = [],
        name: String = "",
        alias: String = "",
        description: String = "",
        zones: [String] = [],
        providerAccountId: String = "",
        createdAt: UnixTime? = nil
    ) {
        self.id = id
        self.cloud = cloud
        self.region = region
        self.acceptance = acceptance
        self.allowedPrincipals = allowedPrincipals
        self.name = name
        self.alias = alias
        self.description = description
        self.zones = zones
        self.providerAccountId = providerAccountId
        self.createdAt = createdAt
    }
}

/// Keys that earlier versions did not write may be missing.
extension EndpointService {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String {
            try container.decodeIfPresent(String.self, forKey: key) ?? ""
        }
        self.init(
            id: try container.decode(String.self, forKey: .id),
            cloud: try container.decode(Cloud.self, forKey: .cloud),
            region: try container.decode(String.self, forKey: .region),
            acceptance: try container.decode(Acceptance.self, forKey: .acceptance),
            allowedPrincipals: try container.decode([String].self, forKey: .allowedPrincipals),
            name: try text(.name),
            alias: try text(.alias),
            description: try text(.description),
            zones: try container.decodeIfPresent([String].self, forKey: .zones) ?? [],
            providerAccountId: try text(.providerAccountId),
            createdAt: try container.decodeIfPresent(UnixTime.self, forKey: .createdAt)
        )
    }
}

/// The clouds whose private links are known, and the gateway's own.
public enum Cloud: String, Hashable, Sendable, CaseIterable, Codable {
    case aws, azure, gcp, alibaba
    /// Without a cloud: an endpoint is an address of the gateway in the consumer's network.
    case embedded
}

extension EndpointService {
    /// Whether `principal` may request an endpoint of this service.
    ///
    /// Only listed principals may, or any if `*` is listed. An AWS account's `:root` covers all of
    /// its users and roles, and in an ARN `*` stands for any characters, as in an IAM policy.
    public func allows(principal: String) -> Bool {
        allowedPrincipals.contains { PrincipalPattern($0).matches(principal) }
    }

    /// The initial state of an endpoint that `principal` requests; `nil` if it may not request one.
    public func initialState(for principal: String) -> Endpoint.State? {
        guard allows(principal: principal) else { return nil }
        return acceptance == .automatic ? .available : .pendingAcceptance
    }
}

/// A principal as a service allows it.
struct PrincipalPattern {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    func matches(_ principal: String) -> Bool {
        if let account = text.accountOfRoot, principal.hasPrefix(account + ":") { return true }
        // A GUID's letters may be written in either case (RFC 9562 §4); an ARN's may not.
        let ignoresCase = !text.hasPrefix("arn:")
        if !text.utf8.contains(UInt8(ascii: "*")) {
            guard text.utf8.count == principal.utf8.count else { return false }
            return ignoresCase ? text.lowercased() == principal.lowercased() : text == principal
        }
        return Self.matches(
            Array((ignoresCase ? text.lowercased() : text).utf8)[...],
            Array((ignoresCase ? principal.lowercased() : principal).utf8)[...]
        )
    }

    /// Backtracks to the last `*` only, so that no pattern takes more than the product of the
    /// lengths.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        var (pattern, text) = (pattern, text)
        var retry: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
        while let byte = text.first {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (pattern, text)
            } else if pattern.first == byte {
                pattern = pattern.dropFirst()
                text = text.dropFirst()
            } else if let last = retry {
                pattern = last.pattern
                text = last.text.dropFirst()
                retry?.text = text
            } else {
                return false
            }
        }
        return pattern.allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension String {
    /// `arn:aws:iam::123456789012` of `arn:aws:iam::123456789012:root`.
    fileprivate var accountOfRoot: String? {
        hasPrefix("arn:") && hasSuffix(":root") ? String(dropLast(":root".count)) : nil
    }
}

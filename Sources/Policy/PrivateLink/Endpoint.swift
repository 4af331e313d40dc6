public import ProxyProtocol
public import Time

/// The consumer's side of a private link.
public struct Endpoint: Hashable, Sendable, Codable {
    /// One vocabulary for all clouds, after AWS's.
    public enum State: String, Hashable, Sendable, CaseIterable, Codable {
        case pendingAcceptance, pending, available, rejected, expired, failed, deleting, deleted
    }

    /// AWS: `vpce-…`; Azure: the LINKID in decimal; Google: the PSC connection id in decimal;
    /// Alibaba: the endpoint id; embedded: a DNS label. Unique within its warehouse.
    public var id: String
    /// Determines the format of ``id``, and which TLV of a PROXY header it is compared with.
    public var cloud: Cloud
    /// Only an available endpoint is admitted.
    public var state: State
    /// The operator's description; empty if there is none.
    public var description: String
    /// At the same time; 0 for no limit.
    public var connectionLimit: Int
    /// The name by which the consumer reaches it; empty if unknown.
    public var dnsName: String
    /// When the endpoint was created; `nil` if unknown.
    public var createdAt: UnixTime?
    /// The id of the endpoint service that it belongs to; empty if unknown.
    public var service: String

    /// - Parameter id: in the form of its cloud; in any other it would match no header.
    public init(
        id: String,
        cloud: Cloud,
        state: State,
        description: String = "",
        connectionLimit: Int = 0,
        dnsName: String = "",
        createdAt: UnixTime? = nil,
        service: String = ""
    ) {
        self.id = id
        self.cloud = cloud
        self.state = state
        self.description = description
        self.connectionLimit = connectionLimit
        self.dnsName = dnsName
        self.createdAt = createdAt
        self.service = service
    }
}

/// Keys that earlier versions did not write may be missing.
extension Endpoint {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(String.self, forKey: .id),
            cloud: try container.decode(Cloud.self, forKey: .cloud),
            state: try container.decode(State.self, forKey: .state),
            description: try container.decode(String.self, forKey: .description),
            connectionLimit: try container.decode(Int.self, forKey: .connectionLimit),
            dnsName: try container.decodeIfPresent(String.self, forKey: .dnsName) ?? "",
            createdAt: try container.decodeIfPresent(UnixTime.self, forKey: .createdAt),
            service: try container.decodeIfPresent(String.self, forKey: .service) ?? ""
        )
    }
}

/// What names one endpoint among those of all clouds: two clouds may give out the same id.
public struct EndpointName: Hashable, Sendable, Codable {
    public var cloud: Cloud
    /// As in ``Endpoint/id``.
    public var id: String

    public init(_ cloud: Cloud, _ id: String) {
        self.cloud = cloud
        self.id = id
    }

    /// The endpoint that a cloud's load balancer attests.
    public init(_ identity: PrivateLinkIdentity) {
        id = identity.endpointID
        cloud =
            switch identity {
            case .aws: .aws
            case .azure: .azure
            case .google: .gcp
            case .alibaba: .alibaba
            }
    }
}

extension EndpointName: CustomStringConvertible {
    /// `aws:vpce-0123456789abcdef0`, as ``EndpointReference`` reads it.
    public var description: String { "\(cloud.rawValue):\(id)" }
}

extension Endpoint {
    public var name: EndpointName { EndpointName(cloud, id) }
}

/// The clouds' own terms for an endpoint's state: views of one vocabulary.
extension Endpoint.State {
    /// As in AWS's API (`State` of a VPC endpoint).
    public var awsWord: String { rawValue }

    /// As in Azure's API (`privateLinkServiceConnectionState.status`).
    public var azureWord: String {
        switch self {
        case .pendingAcceptance: "Pending"
        case .pending, .available: "Approved"
        case .rejected: "Rejected"
        case .expired, .failed, .deleting, .deleted: "Disconnected"
        }
    }

    /// The term that `cloud` uses; clouds without a vocabulary of their own use AWS's.
    public func word(of cloud: Cloud) -> String {
        cloud == .azure ? azureWord : awsWord
    }

    /// The state that `cloud` calls `word`. AWS' API mixes camel case and capitals, so case does
    /// not count.
    public init?(word: String, of cloud: Cloud) {
        let wanted = word.lowercased()
        // Azure's "Pending" waits for a person, which AWS's does not.
        if cloud == .azure, let state = Self.azureStates[wanted] {
            self = state
        } else if let state = Self.allCases.first(where: { $0.rawValue.lowercased() == wanted }) {
            self = state
        } else {
            return nil
        }
    }

    private static let azureStates: [String: Endpoint.State] = [
        "pending": .pendingAcceptance, "approved": .available, "rejected": .rejected,
        "disconnected": .deleted,
    ]

    /// Why a connection through an endpoint in this state is denied; `nil` if it is admitted.
    var denial: DenialReason? {
        switch self {
        case .available: nil
        case .pendingAcceptance: .endpointPendingAcceptance
        case .pending: .endpointPending
        case .rejected: .endpointRejected
        case .expired: .endpointExpired
        case .failed: .endpointFailed
        case .deleting: .endpointDeleting
        case .deleted: .endpointDeleted
        }
    }
}

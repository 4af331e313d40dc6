import Addresses
import Operations
import Policy
import Settings
import Store
import Time

/// The forms of the managed warehouse's own API, as its published client decodes them
/// (velodb/terraform-provider-velodb, `internal/client/types.go`). Types of their own: a value that
/// is renamed inside changes no answer.
enum Contract {
    struct Warehouse: Encodable, Sendable {
        let warehouseId: String
        let name: String
        let status: String
        let cloudProvider: String
        let region: String
        let zone: String?
        let deploymentMode: String
        let endpointServiceId: String?
        let endpointServiceName: String?
    }

    struct Cluster: Encodable, Sendable {
        let clusterId: String
        let clusterName: String
        let warehouseId: String
        let name: String
        let status: String
        let clusterType: String
        let cloudProvider: String
        let region: String
        let nodeCount: Int
    }

    struct Rule: Encodable, Sendable {
        let cidr: String
        let description: String?
    }

    struct AccessPolicy: Encodable, Sendable {
        let publicAccessPolicy: String
        let allowlist: [Rule]
    }

    /// An address to connect to.
    struct ConnectionEndpoint: Encodable, Sendable {
        let `protocol`: String
        let host: String
        let port: Int
        let url: String?
        /// Of a private endpoint.
        var endpointId: String?
    }

    struct ComputeCluster: Encodable, Sendable {
        let clusterId: String
        let clusterName: String
        let httpPort: Int?
    }

    struct ObserverGroup: Encodable, Sendable {}

    struct PublicConnection: Encodable, Sendable {
        let host: String?
        let jdbcUrl: String?
        let httpUrl: String?
        let jdbcPort: Int?
        let httpPort: Int?
        let streamLoadPort: Int?
        let publicAccessPolicy: String
        let allowlist: [Rule]
        let observerGroups: [ObserverGroup]
    }

    struct PrivateConnection: Encodable, Sendable {
        let inbound: Inbound
        let outboundServices: [OutboundService]
    }

    struct Inbound: Encodable, Sendable {
        let endpointServiceId: String?
        let endpointServiceName: String?
        let enabled: Bool
        let providerAccountId: String?
        let description: String?
        let endpoints: [InboundEndpoint]
    }

    struct InboundEndpoint: Encodable, Sendable {
        let endpointId: String
        let domain: String?
        let status: String
        let dnsName: String?
        let description: String?
        let jdbcPort: Int?
        let httpPort: Int?
        let streamLoadPort: Int?
    }

    /// `GET …/connections`: the shapes of newer and of older clients, whose keys differ.
    struct Connections: Encodable, Sendable {
        let publicEndpoints: [ConnectionEndpoint]
        let privateEndpoints: [ConnectionEndpoint]
        let computeClusters: [ComputeCluster]
        let observerGroups: [ObserverGroup]
        let publicConnection: PublicConnection
        let privateConnection: PrivateConnection
    }

    struct OutboundEndpoint: Encodable, Sendable {
        let endpointId: String
        let endpointName: String
        /// Where the warehouse reaches it.
        let domain: String?
        let status: String
        let createdAt: UnixTime
    }

    struct OutboundService: Encodable, Sendable {
        let cloudProvider: String
        let region: String
        let zone: String?
        let endpointServiceId: String
        let endpointServiceName: String
        let providerAccountId: String?
        let description: String?
        let createdAt: UnixTime
        /// Whether one of its endpoints reaches it.
        let connected: Bool
        let endpoints: [OutboundEndpoint]

        /// - Parameter endpoints: of the service, with the address of each.
        init(
            _ service: Store.OutboundService,
            endpoints: [(endpoint: Store.OutboundEndpoint, address: SocketAddress?)],
            isConnected: Bool
        ) {
            cloudProvider = service.cloudProvider
            region = service.region
            zone = service.zone
            endpointServiceId = service.id
            endpointServiceName = service.name
            providerAccountId = service.providerAccountID
            description = service.description.nonEmpty
            createdAt = service.createdAt
            connected = isConnected
            self.endpoints = endpoints.map { endpoint, address in
                OutboundEndpoint(
                    endpointId: endpoint.id,
                    endpointName: endpoint.name,
                    domain: address?.description,
                    status: endpoint.state.word(of: service),
                    createdAt: endpoint.createdAt
                )
            }
        }
    }

    struct Organization: Encodable, Sendable {
        let organizationId: String
        let organizationName: String
    }

    struct Region: Encodable, Sendable {
        let region: String
        let displayName: String
        let endpointServiceId: String?
        let endpointServiceName: String?
        let multiAzSupported: Bool
        let supportedDeploymentModes: [String]
        let zones: [Zone]
    }

    struct Zone: Encodable, Sendable {
        let zone: String
        let displayName: String
    }
}

extension Contract {
    /// The only mode that fits a gateway: the warehouse runs with its user.
    static let deploymentMode = "BYOC"
    /// Of warehouses and clusters.
    static let running = "Running"
    static let stopped = "Stopped"

    /// As the contract spells clouds.
    static func provider(_ cloud: Cloud?) -> String {
        switch cloud {
        case nil, .embedded: ""
        case .alibaba: "aliyun"
        case .aws, .azure, .gcp: cloud?.rawValue ?? ""
        }
    }

    /// The providers that the contract's clients send, and ours.
    static let providers: Set = [
        "aws", "aws-cn", "azure", "gcp", "aliyun", "tencent_cloud", "hwcloud",
    ]

    /// The service's protocols in the contract's words. An HTTP service takes stream loads too.
    static func protocols(_ service: ServiceProtocol) -> [String] {
        switch service {
        case .mysql: ["jdbc"]
        case .http: ["http", "stream_load"]
        case .tcp: []
        }
    }
}

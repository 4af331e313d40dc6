import CIDRTrie
import Policy
import Store
import Text
import Time

/// Everything that the store holds about who may connect, for people who keep it in a repository.
///
/// Without what changes by itself: identities, editors, times. Applying a document twice changes
/// nothing the second time.
struct PolicyDocument: APIBody, Encodable {
    static let fields = ["version", "warehouses", "groups", "outboundServices"]

    /// The revision it was read at. If it is given when the document is applied, the policy must not
    /// have changed since.
    var version: UInt64?
    var warehouses: [Strict<WarehouseDocument>]?
    var groups: [Strict<GroupDocument>]?
    var outboundServices: [Strict<OutboundServiceDocument>]?
}

extension Strict: Encodable where Body: Encodable {
    init(_ value: Body) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}

struct WarehouseDocument: APIBody, Encodable {
    static let fields = [
        "warehouseId", "mode", "groups", "entries", "endpointServices", "endpoints",
        "outboundEndpoints",
    ]
    var warehouseId: String
    var mode: Whitelist.Mode
    var groups: [String]?
    /// Of all services and of single ones.
    var entries: [Strict<EntryDocument>]?
    var endpointServices: [Strict<ServiceDocument>]?
    var endpoints: [Strict<EndpointDocument>]?
    var outboundEndpoints: [Strict<OutboundEndpointDocument>]?
}

struct GroupDocument: APIBody, Encodable {
    static let fields = ["name", "description", "entries"]
    var name: String
    var description: String?
    var entries: [Strict<EntryDocument>]?
}

struct EntryDocument: APIBody, Encodable {
    static let fields = ["cidr", "action", "description", "enabled", "expiresAt", "service"]
    var cidr: String
    var action: Action?
    var description: String?
    var enabled: Bool?
    var expiresAt: UnixTime?
    var service: ServiceProtocol?

    init(_ entry: WhitelistEntry, _ service: ServiceProtocol?) {
        cidr = entry.text
        action = entry.rule.action == .allow ? nil : entry.rule.action
        description = entry.rule.description.isEmpty ? nil : entry.rule.description
        enabled = entry.isEnabled ? nil : false
        expiresAt = entry.rule.expiry
        self.service = service
    }

    func entry(by editor: String, at now: UnixTime) throws -> WhitelistEntry {
        WhitelistEntry(
            Rule(
                block: try EntryField.block(cidr),
                action: action ?? .allow,
                description: description ?? "",
                expiry: try EntryField.expiry(expiresAt, "expiresAt")
            ),
            text: cidr,
            isEnabled: enabled ?? true,
            editor: editor,
            editedAt: now
        )
    }
}

struct ServiceDocument: APIBody, Encodable {
    static let fields = [
        "serviceId", "cloud", "region", "name", "alias", "description", "zones", "acceptance",
        "allowedPrincipals",
    ]
    var serviceId: String
    var cloud: Cloud
    var region: String
    var name: String?
    var alias: String?
    var description: String?
    var zones: [String]?
    var acceptance: EndpointService.Acceptance?
    var allowedPrincipals: [String]?
}

struct EndpointDocument: APIBody, Encodable {
    static let fields = [
        "endpointId", "cloud", "state", "description", "dnsName", "serviceId", "connectionLimit",
    ]
    var endpointId: String
    var cloud: Cloud
    var state: Endpoint.State
    var description: String?
    var dnsName: String?
    var serviceId: String?
    var connectionLimit: Int?
}

struct OutboundEndpointDocument: APIBody, Encodable {
    static let fields = ["name", "serviceId", "address", "description"]
    var name: String
    var serviceId: String
    var address: String?
    var description: String?

    init(_ endpoint: OutboundEndpoint) {
        name = endpoint.name
        serviceId = endpoint.service
        address = endpoint.address
        description = endpoint.description.nonEmpty
    }
}

struct OutboundServiceDocument: APIBody, Encodable {
    static let fields = [
        "cloudProvider", "region", "endpointServiceId", "endpointServiceName", "description",
    ]
    var cloudProvider: String
    var region: String
    var endpointServiceId: String
    var endpointServiceName: String
    var description: String?
}

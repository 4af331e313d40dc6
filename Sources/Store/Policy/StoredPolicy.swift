package import Addresses
package import Policy
package import Time

/// Everything about who may connect that people and programs change: what the store holds, as a
/// value.
package struct StoredPolicy: Hashable, Sendable {
    /// Of the last change.
    package var revision = PolicyRevision(0)
    package var warehouses: [String: StoredWarehouse] = [:]
    package var groups: [String: AddressGroup] = [:]
    /// The users' own services, which the warehouses may reach; of the organization.
    package var outboundServices: [OutboundService] = []

    package init() {}
}

/// What the store holds about one warehouse.
package struct StoredWarehouse: Hashable, Sendable {
    package var mode: Whitelist.Mode
    /// The revision of the last change of its whitelist.
    package var version: UInt64
    /// Entries that count for every service, and for one each.
    package var lists: [StoredList]
    /// The names of groups whose entries count too, in alphabetical order.
    package var groups: [String] = []
    package var endpointServices: [EndpointService] = []
    package var endpoints: [Endpoint] = []
    /// In the order of their names.
    package var outboundEndpoints: [OutboundEndpoint] = []
    /// The listeners in shadow mode, and until when.
    package var shadows: [SocketAddress: UnixTime] = [:]

    package init(mode: Whitelist.Mode, version: UInt64, lists: [StoredList] = []) {
        self.mode = mode
        self.version = version
        self.lists = lists
    }

    /// Puts endpoints and their services into the order in which they are read again.
    mutating func sortLinks() {
        endpointServices.sort { ($0.cloud.rawValue, $0.id) < ($1.cloud.rawValue, $1.id) }
        endpoints.sort { ($0.cloud.rawValue, $0.id) < ($1.cloud.rawValue, $1.id) }
        outboundEndpoints.sort { $0.name < $1.name }
    }

    /// The list of all services (`nil`) or of one; `nil` if there never was one.
    package func list(for service: ServiceProtocol?) -> StoredList? {
        lists.first { $0.list.name == .init(service) }
    }
}

/// A list of entries and its place in the database.
package struct StoredList: Hashable, Sendable {
    /// Its row.
    package var row: Int64
    package var list: EntryList

    package init(row: Int64, list: EntryList) {
        self.row = row
        self.list = list
    }
}

/// Entries under one name, which several warehouses share.
package struct AddressGroup: Hashable, Sendable {
    package var name: String
    package var description: String
    /// The revision of the last change of its entries.
    package var version: UInt64
    package var list: StoredList
}

/// A service in a user's network that the warehouses may reach over private links.
package struct OutboundService: Hashable, Sendable, Codable {
    /// As the contract spells it: `aws`, `azure`, `aliyun`, …
    package var cloudProvider: String
    package var region: String
    /// AWS: `vpce-svc-…`; Azure: the resource id.
    package var id: String
    /// AWS: the service name; Azure: the alias.
    package var name: String
    package var description: String
    package var zone: String?
    /// The account that owns it.
    package var providerAccountID: String?
    package var createdAt: UnixTime

    package init(
        cloudProvider: String,
        region: String,
        zone: String? = nil,
        id: String,
        name: String,
        providerAccountID: String? = nil,
        description: String,
        createdAt: UnixTime
    ) {
        self.cloudProvider = cloudProvider
        self.region = region
        self.zone = zone
        self.providerAccountID = providerAccountID
        self.id = id
        self.name = name
        self.description = description
        self.createdAt = createdAt
    }
}

/// An endpoint by which a warehouse reaches a registered ``OutboundService``: a port of the gateway
/// in the warehouse's network, which leads to the endpoint that the cloud has.
package struct OutboundEndpoint: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable {
        /// The service's owner has not accepted it, as far as is known: no connection was made yet.
        case pendingAcceptance
        /// It has been reached.
        case available
    }

    package var id: String
    /// Unique in the warehouse.
    package var name: String
    /// The service's id.
    package var service: String
    /// The gateway's, on which it listens.
    package var port: UInt16
    /// What the cloud gave: `vpce-0123456789abcdef0.example:5432`; `nil` until it is known.
    package var address: String?
    package var description: String
    package var state: State
    package var createdAt: UnixTime

    package init(
        id: String,
        name: String,
        service: String,
        port: UInt16,
        address: String? = nil,
        description: String = "",
        state: State = .pendingAcceptance,
        createdAt: UnixTime
    ) {
        self.id = id
        self.name = name
        self.service = service
        self.port = port
        self.address = address
        self.description = description
        self.state = state
        self.createdAt = createdAt
    }
}

extension EntryList.Name {
    /// The list of entries for all services, or for one.
    package init(_ service: ServiceProtocol?) {
        self = service.map { .service($0) } ?? .entries
    }
}

// MARK: - What is enforced

extension StoredPolicy {
    /// The policy to enforce: what is stored and, from the configuration file, each warehouse's list
    /// files.
    ///
    /// - Parameter configured: the policy of the configuration file, with all warehouses of its
    ///   topology.
    package func policy(with configured: Policy) -> Policy {
        var policy = Policy()
        for (id, file) in configured.warehouses {
            guard let stored = warehouses[id] else {
                // It has not been imported: it admits no client.
                policy.warehouses[id] = WarehousePolicy()
                continue
            }
            policy.warehouses[id] = WarehousePolicy(
                whitelist: Whitelist(
                    mode: stored.mode,
                    lists: lists(of: stored) + file.whitelist.lists.filter(\.isFile)
                ),
                endpointServices: stored.endpointServices,
                endpoints: stored.endpoints,
                shadows: stored.shadows
            )
        }
        return policy
    }

    /// A warehouse's own lists and those of its groups.
    package func lists(of warehouse: StoredWarehouse) -> [EntryList] {
        warehouse.lists.map(\.list) + warehouse.groups.compactMap { groups[$0]?.list.list }
    }
}

extension EntryList {
    /// Whether it comes from a file.
    package var isFile: Bool {
        if case .file = name { true } else { false }
    }
}

// MARK: - References

/// A list that can be edited.
package enum ListReference: Hashable, Sendable {
    case warehouse(String, service: ServiceProtocol?)
    case group(String)

    package func reference(to id: EntryID) -> EntryReference {
        switch self {
        case .warehouse(_, let service): EntryReference(service: service, id: id)
        case .group: EntryReference(service: nil, id: id)
        }
    }
}

/// An entry of a warehouse's whitelist or of a group, as the API names it: `12`, `mysql-3`.
package struct EntryReference: Hashable, Sendable {
    /// The only service for which the entry counts; `nil` for all of them.
    package var service: ServiceProtocol?
    package var id: EntryID

    package init(service: ServiceProtocol?, id: EntryID) {
        self.service = service
        self.id = id
    }

    /// Reads the form that the API writes.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let last = parts.last, let number = UInt32(last), String(number) == last,
            parts.count <= 2
        else { return nil }
        id = EntryID(number: number)
        guard parts.count == 2 else { return }
        guard let service = ServiceProtocol(rawValue: String(parts[0])) else { return nil }
        self.service = service
    }
}

extension EntryReference: CustomStringConvertible {
    package var description: String {
        service.map { "\($0.rawValue)-\(id.number)" } ?? "\(id.number)"
    }
}

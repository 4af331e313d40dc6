package import Text

/// The private connections of a warehouse, in both directions.
package struct PrivateLinkPage: ConsolePage {
    package static let template = "private-link"

    /// What the page needs of the API.
    package struct Answers: Sendable {
        /// `GET /v1/warehouses/{id}`
        package var warehouse: JSONValue
        /// `GET /v1/private-link/warehouses/{id}/endpoints`
        package var endpoints: [JSONValue]
        /// `GET …/services`
        package var services: [JSONValue]
        /// `GET …/outbound-endpoints`
        package var outbound: [JSONValue]
        /// `GET /v1/endpoints`
        package var seen: JSONValue
        /// `GET …/connection-examples?link=private&endpoint=…`, by endpoint (`aws:vpce-…`).
        package var examples: [String: JSONValue]

        package init(
            warehouse: JSONValue,
            endpoints: [JSONValue],
            services: [JSONValue],
            outbound: [JSONValue],
            seen: JSONValue,
            examples: [String: JSONValue]
        ) {
            self.warehouse = warehouse
            self.endpoints = endpoints
            self.services = services
            self.outbound = outbound
            self.seen = seen
            self.examples = examples
        }
    }

    struct Unknown: Sendable {
        let endpoint: String
        /// Without its cloud.
        let id: String
        /// By which it is registered: with its cloud if the id does not say of which it is.
        let registeredID: String
        let clients: String
        let count: String
        let firstSeen: Moment?
        let lastSeen: Moment?
    }

    struct Endpoint: Sendable {
        let place: Int
        let endpoint: String
        let id: String
        let cloud: String
        /// By which clients reach it.
        let host: String?
        let zonalHosts: [String]
        /// The name that its consumer gave; empty without one.
        let dnsText: String
        let consoleLink: String?
        let status: String
        let tone: String
        let connections: String
        /// `1 connection`
        let connectionText: String
        let description: String
        let path: String
        let acceptPath: String
        let rejectPath: String
        let mayAccept: Bool
        let mayReject: Bool
        let mayEdit: Bool
        let examples: [PublicLinkPage.Method]
        let unavailable: [UnavailableMethod]
        let usesAuthority: Bool
    }

    struct Principal: Sendable {
        let principal: String
        let removePath: String
    }

    struct Service: Sendable {
        let id: String
        let cloud: String
        let region: String
        let name: String?
        let alias: String?
        let zones: String?
        let acceptance: String
        let principalsTitle: String
        let principals: [Principal]
        let principalsPath: String
    }

    struct Outbound: Sendable {
        let id: String
        let name: String
        let place: String
        let serviceName: String
        let address: String
        let status: String
        let tone: String
        let connectivity: String
        let connectivityTone: String
        let lastFailure: String
        let createdAt: Moment?
        let path: String
    }

    package let title = "Private Link"
    package let events: String? = "changes,status,denials"
    let warehouse: String
    let warehouseName: String
    let mayChange: Bool
    let unknown: [Unknown]
    let endpoints: [Endpoint]
    let services: [Service]
    let outbound: [Outbound]
    let contractPath: String
    let inboundPath: String
    let outboundPath: String

    package init(_ answers: Answers, me: JSONValue) {
        let name = WarehouseName(answers.warehouse)
        let id = name?.id ?? ""
        let root = ConsolePath.warehouse(id) + "/private-link"
        let api = "/v1/private-link/warehouses/\(id.percentEncoded)"
        let mayChange = Rights(me).mayOperate
        warehouse = id
        warehouseName = name?.short ?? id
        self.mayChange = mayChange
        contractPath = api
        inboundPath = root + "/inbound"
        outboundPath = root + "/outbound"
        unknown =
            answers.seen["unknown"]?.array?.filter { $0["warehouse"]?.string == id }
            .map { Unknown($0) } ?? []
        let region = answers.warehouse["region"]?.string
        endpoints = answers.endpoints.enumerated().map { place, endpoint in
            Endpoint(
                endpoint,
                place: place,
                region: region,
                path: api,
                examples: answers.examples[endpoint["endpoint"]?.string ?? ""],
                mayChange: mayChange
            )
        }
        services = answers.services.map { Service($0, path: api) }
        outbound = answers.outbound.map { Outbound($0, path: api) }
    }
}

extension PrivateLinkPage.Unknown {
    init(_ seen: JSONValue) {
        endpoint = seen["endpoint"]?.endpointName ?? ""
        id = endpoint.split(separator: ":", maxSplits: 1).last.map { String($0) } ?? endpoint
        registeredID = endpoint.hasPrefix("aws:") || endpoint.hasPrefix("alibaba:") ? id : endpoint
        let all = seen["clients"]?.array?.compactMap(\.string) ?? []
        clients = all.prefix(3).joined(separator: ", ") + (all.count > 3 ? ", …" : "")
        count = (seen["count"]?.int ?? 0).grouped
        firstSeen = seen["firstSeen"]?.moment
        lastSeen = seen["lastSeen"]?.moment
    }
}

extension PrivateLinkPage.Endpoint {
    init(
        _ endpoint: JSONValue,
        place: Int,
        region: String?,
        path: String,
        examples: JSONValue?,
        mayChange: Bool
    ) {
        let cloud = Cloud(word: endpoint["cloud"]?.string ?? "")
        let name = endpoint["endpoint"]?.string ?? ""
        let own = "\(path)/endpoints/\(name.percentEncoded)"
        let actions = endpoint["actions"]?.array?.compactMap(\.string) ?? []
        self.place = place
        self.endpoint = name
        id = endpoint["endpointId"]?.string ?? ""
        self.cloud = cloud.name
        host = endpoint["host"]?.string
        zonalHosts = endpoint["zonalHosts"]?.array?.compactMap(\.string) ?? []
        dnsText = endpoint["dnsName"]?.string ?? ""
        consoleLink = cloud.consoleLink(endpoint: id, region: region)
        status = endpoint["status"]?.string ?? ""
        tone = Self.tone(of: endpoint["state"]?.string ?? "")
        let count = endpoint["activeConnections"]?.int ?? 0
        connections = count.grouped
        connectionText = count == 1 ? "1 connection" : "\(count.grouped) connections"
        description = endpoint["description"]?.string ?? ""
        self.path = own
        acceptPath = "\(own)/accept"
        rejectPath = "\(own)/reject"
        mayAccept = mayChange && actions.contains("accept")
        mayReject = mayChange && actions.contains("reject")
        mayEdit = mayChange
        self.examples =
            examples?["examples"]?.array?.compactMap { PublicLinkPage.Method($0) } ?? []
        usesAuthority = self.examples.contains(where: \.usesAuthority)
        unavailable =
            examples?["unavailable"]?.array?.compactMap { UnavailableMethod($0) } ?? []
    }

    private static func tone(of state: String) -> String {
        switch state {
        case "available": "good"
        case "pendingAcceptance", "pending": "warn"
        case "rejected", "failed", "expired": "bad"
        default: "off"
        }
    }
}

extension PrivateLinkPage.Service {
    init(_ service: JSONValue, path: String) {
        let cloud = Cloud(word: service["cloud"]?.string ?? "")
        let id = service["serviceId"]?.string ?? ""
        let own = "\(path)/services/\(id.percentEncoded)/principals"
        self.id = id
        self.cloud = cloud.name
        region = service["region"]?.string ?? ""
        name = service["name"]?.string
        alias = service["alias"]?.string
        let all = service["zones"]?.array?.compactMap(\.string) ?? []
        zones = all.isEmpty ? nil : all.joined(separator: ", ")
        acceptance =
            service["acceptance"]?.string == "automatic"
            ? "Automatic for allowed principals" : "By hand"
        principalsTitle = cloud.principalsTitle
        principals =
            service["allowedPrincipals"]?.array?.compactMap(\.string).map { principal in
                PrivateLinkPage.Principal(
                    principal: principal,
                    removePath: "\(own)?principal=\(principal.percentEncoded)"
                )
            } ?? []
        principalsPath = own
    }
}

extension PrivateLinkPage.Outbound {
    init(_ endpoint: JSONValue, path: String) {
        id = endpoint["endpointId"]?.string ?? ""
        name = endpoint["name"]?.string ?? ""
        let port = endpoint["port"]?.int ?? 0
        place =
            endpoint["host"]?.string.map { host in
                host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            } ?? "port \(port)"
        serviceName = endpoint["serviceName"]?.string ?? endpoint["serviceId"]?.string ?? ""
        address = endpoint["address"]?.string ?? ""
        status = endpoint["status"]?.string ?? ""
        tone = endpoint["state"]?.string == "available" ? "good" : "warn"
        let connectivity = endpoint["connectivity"]?.string ?? "unknown"
        self.connectivity = connectivity.prefix(1).uppercased() + connectivity.dropFirst()
        connectivityTone =
            connectivity == "reachable" ? "good" : connectivity == "unreachable" ? "bad" : "off"
        lastFailure = endpoint["lastFailure"]?.string ?? ""
        createdAt = endpoint["createdAt"]?.moment
        self.path = "\(path)/outbound-endpoints/\(id.percentEncoded)"
    }
}

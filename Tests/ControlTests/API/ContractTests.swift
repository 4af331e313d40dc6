import Foundation
import Policy
import Store
import Testing
import Text

@testable import Control

private let connections = "/v1/warehouses/W1/connections"
private let accessPolicy = "/v1/warehouses/W1/connections/public/access-policy"
private let entries = "/v1/warehouses/W1/whitelist/entries"

/// The calls of the managed warehouse's own API, with bodies as its published client sends them.
@Suite("The contract's access policy", .timeLimit(.minutes(2)))
struct AccessPolicyContractTests {
    /// What the client reads after a change: in two places the same.
    private static func policy(_ api: APIClient) async throws -> JSONValue {
        let policy = try await api.get(accessPolicy)
        let connection = try await api.get("\(connections)/public")
        #expect(connection["publicAccessPolicy"] == policy["publicAccessPolicy"])
        #expect(connection["allowlist"] == policy["allowlist"])
        return policy
    }

    private static func patch(_ api: APIClient, _ text: String) async throws {
        let answer = try await api.send("PATCH", accessPolicy, text: text)
        #expect(answer.status == 200 && answer.json["success"] == true, "\(answer.text)")
        #expect(answer.json["data"] == nil)
    }

    @Test("Each policy is read as it was set")
    func policies() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            for (text, mode) in [
                ("DENY_ALL", Whitelist.Mode.nowhere), ("ALLOW_ALL", .anywhere),
                ("ALLOWLIST_ONLY", .specific),
            ] {
                try await Self.patch(api, #"{"publicAccessPolicy":"\#(text)"}"# + "\n")
                #expect(
                    try await Self.policy(api)
                        == ["publicAccessPolicy": .string(text), "allowlist": []]
                )
                #expect(stored.gateway.policy["W1"].whitelist.mode == mode)
            }
        }
    }

    @Test("Each CIDR is echoed in the text it came in, with its description")
    func echo() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            try await Self.patch(
                api,
                #"""
                {"publicAccessPolicy":"ALLOWLIST_ONLY","rules":[{"cidr":"203.0.113.7"},
                {"cidr":"10.0.0.0/8","description":"office, 2nd floor"},
                {"cidr":"2001:DB8:0::/48","description":""},{"cidr":"198.51.100.7/32"}]}
                """#
            )
            let list = try await Self.policy(api)["allowlist"]
            #expect(
                list?.texts("cidr")
                    == ["10.0.0.0/8", "198.51.100.7/32", "203.0.113.7", "2001:DB8:0::/48"]
            )
            #expect(list?.texts("description") == ["office, 2nd floor", nil, nil, nil])
            // Another text for the same block is echoed from then on.
            try await Self.patch(
                api,
                #"{"publicAccessPolicy":"ALLOWLIST_ONLY","rules":[{"cidr":"203.0.113.7/32"}]}"#
            )
            #expect(
                try await Self.policy(api)["allowlist"] == [["cidr": "203.0.113.7/32"]]
            )
        }
    }

    @Test("Rules replace what the contract owns, and leave everything else")
    func ownership() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let others: [JSONValue] = [
                ["cidr": "9.0.0.0/8", "action": "deny"],
                ["cidr": "8.0.0.0/8", "expiresAt": "2100-01-01T00:00:00Z"],
                ["cidr": "7.0.0.0/8", "enabled": false], ["cidr": "6.0.0.0/8", "service": "mysql"],
            ]
            for body in others + [["cidr": "5.0.0.0/8"], ["cidr": "4.0.0.0/8"]] {
                try await api.expect(201, nil, "POST", entries, body)
            }
            #expect(
                try await Self.policy(api)["allowlist"]?.texts("cidr") == [
                    "4.0.0.0/8", "5.0.0.0/8",
                ]
            )
            let rules =
                #"{"publicAccessPolicy":"ALLOWLIST_ONLY","rules":[{"cidr":"4.0.0.0/8"},{"cidr":"3.0.0.0/8"}]}"#
            try await Self.patch(api, rules)
            #expect(
                try await Self.policy(api)["allowlist"]?.texts("cidr") == [
                    "3.0.0.0/8", "4.0.0.0/8",
                ]
            )
            let left = try await api.get(entries).texts("cidr")
            for cidr in others.map({ $0["cidr"]?.string }) + ["198.51.100.0/24"] {
                #expect(left.contains(cidr), "\(cidr ?? "")")
            }
            let act = try await api.get("/v1/audit?size=1").array?.first
            #expect(act?["note"]?.string?.hasPrefix("3 entries ") == true)
            // The same again changes nothing.
            let before = try stored.snapshot
            try await Self.patch(api, rules)
            #expect(try stored.snapshot == before)
        }
    }

    @Test("Without rules the entries stay, but ALLOWLIST_ONLY means none")
    func withoutRules() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let one = #"{"publicAccessPolicy":"ALLOWLIST_ONLY","rules":[{"cidr":"4.0.0.0/8"}]}"#
            for text in ["ALLOW_ALL", "DENY_ALL"] {
                try await Self.patch(api, one)
                try await Self.patch(api, #"{"publicAccessPolicy":"\#(text)","rules":null}"#)
                #expect(try await Self.policy(api)["allowlist"] == [])
                #expect(try await api.get("\(entries)?list=entries").texts("cidr") == ["4.0.0.0/8"])
            }
            for text in ["", #","rules":[]"#, #","rules":null"#] {
                try await Self.patch(api, one)
                try await Self.patch(api, #"{"publicAccessPolicy":"ALLOWLIST_ONLY"\#(text)}"#)
                #expect(try await api.send("GET", "\(entries)?list=entries").json["total"] == 0)
            }
        }
    }

    @Test("A whitelist of all addresses reads as ALLOW_ALL")
    func allAddresses() async throws {
        try await StoredGateway().run { api in
            let both = #"[{"cidr":"0.0.0.0/0"},{"cidr":"::/0"}]"#
            try await Self.patch(
                api,
                #"{"publicAccessPolicy":"ALLOWLIST_ONLY","rules":\#(both)}"#
            )
            #expect(
                try await Self.policy(api) == ["publicAccessPolicy": "ALLOW_ALL", "allowlist": []]
            )
            try await Self.patch(
                api,
                #"{"publicAccessPolicy":"ALLOWLIST_ONLY","rules":[{"cidr":"0.0.0.0/0"}]}"#
            )
            #expect(try await Self.policy(api)["publicAccessPolicy"] == "ALLOWLIST_ONLY")
        }
    }

    @Test("A block that is denied is not allowed by a rule")
    func denied() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let denial: JSONValue = ["cidr": "9.9.9.9", "action": "deny"]
            try await api.expect(201, nil, "POST", entries, denial)
            let before = try stored.snapshot
            let body: JSONValue = [
                "publicAccessPolicy": "ALLOWLIST_ONLY",
                "rules": [["cidr": "1.1.1.1"], ["cidr": "9.9.9.9"]],
            ]
            let answer = try await api.expect(409, "OperationConflict", "PATCH", accessPolicy, body)
            #expect(answer.message.contains("9.9.9.9 is denied by entry 1"))
            #expect(try stored.snapshot == before)
        }
    }

    @Test(
        "A policy that cannot be is rejected, and its field named",
        arguments: [
            (#"{"publicAccessPolicy":"OPEN"}"#, "publicAccessPolicy"), ("{}", "publicAccessPolicy"),
            (#"{"publicAccessPolicy":"ALLOW_ALL","rules":[{"cidr":"1.1.1.1"}]}"#, "rules"),
            (#"{"publicAccessPolicy":"DENY_ALL","rules":[{"cidr":"1.1.1.1"}]}"#, "rules"),
            (#"{"publicAccessPolicy":"ALLOWLIST_ONLY","rules":[{"cidr":"x"}]}"#, "rules[0].cidr"),
            (
                #"{"publicAccessPolicy":"ALLOWLIST_ONLY","rules":[{"description":"x"}]}"#,
                "rules[0].cidr"
            ),
            (
                #"{"publicAccessPolicy":"ALLOWLIST_ONLY","rules":[{"cidr":"1.1.1.1","x":1}]}"#,
                "rules[0].x"
            ),
            (#"{"publicAccessPolicy":"ALLOWLIST_ONLY","allowlist":[]}"#, "allowlist"),
        ]
    )
    func invalid(text: String, field: String) async throws {
        let stored = try StoredGateway()
        let before = try stored.snapshot
        try await stored.run { api in
            let answer = try await api.send("PATCH", accessPolicy, text: text)
            #expect(answer.status == 400 && answer.code == "InvalidParameter", "\(answer.text)")
            #expect(answer.message.contains(field), "\(answer.message)")
        }
        #expect(try stored.snapshot == before)
    }

    @Test("A retry with the same RequestId does not undo what came between")
    func retry() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let first: JSONValue = [
                "publicAccessPolicy": "ALLOWLIST_ONLY", "rules": [["cidr": "1.1.1.1"]],
            ]
            let id = UUID().uuidString
            try await api.expect(200, nil, "PATCH", accessPolicy, first, id: id)
            let second: JSONValue = ["publicAccessPolicy": "DENY_ALL"]
            try await api.expect(200, nil, "PATCH", accessPolicy, second, id: UUID().uuidString)
            try await api.expect(200, nil, "PATCH", accessPolicy, first, id: id)
            #expect(try await api.get(accessPolicy)["publicAccessPolicy"] == "DENY_ALL")
            try await api.expect(409, "IdempotencyConflict", "PATCH", accessPolicy, second, id: id)
        }
    }
}

@Suite("The contract's warehouses and connections", .timeLimit(.minutes(2)))
struct WarehouseContractTests {
    @Test("Warehouses are those of the configuration, and are filtered as the client does")
    func warehouses() async throws {
        try await StoredGateway().run { api in
            let list = try await api.send("GET", "/v1/warehouses?page=1&size=20")
            #expect(list.json["page"] == 1 && list.json["size"] == 20 && list.json["total"] == 2)
            let first: JSONValue = [
                "warehouseId": "W1", "name": "Sales", "status": "Running", "cloudProvider": "aws",
                "region": "eu-west-1", "zone": "eu-west-1a", "deploymentMode": "BYOC",
            ]
            #expect(list.elements.first == first)
            #expect(try await api.get("/v1/warehouses/W1") == first)
            for (query, ids) in [
                ("warehouseId=W2", ["W2"]), ("warehouseId=W3", []), ("name=sal", ["W1"]),
                ("keyword=w", ["W1", "W2"]), ("cloudProvider=aws&region=eu-west-1", ["W1"]),
                ("cloudProvider=azure", []), ("deploymentMode=BYOC", ["W1", "W2"]),
                ("deploymentMode=SaaS", []), ("warehouseId=&name=", ["W1", "W2"]),
                ("page=2&size=1", ["W2"]),
            ] {
                let found = try await api.get("/v1/warehouses?\(query)")
                #expect(found.texts("warehouseId") == ids, "\(query)")
            }
            try await api.expect(404, "WarehouseNotFound", "GET", "/v1/warehouses/W3")
            #expect(try await api.get("/v1/warehouses/W1/versions") == [])
            #expect(try await api.get("/v1/organization")["organizationId"]?.string != nil)
            let regions = try await api.get("/v1/cloud-providers/aws/regions?deploymentMode=BYOC")
            #expect(regions.texts("region") == ["eu-west-1"])
            #expect(regions.array?.first?["zones"]?.texts("zone") == ["eu-west-1a"])
            #expect(try await api.get("/v1/cloud-providers/azure/regions") == [])
        }
    }

    @Test("The backends of a service are a cluster")
    func clusters() async throws {
        try await StoredGateway().run { api in
            let path = "/v1/warehouses/W1/clusters"
            let list = try await api.get("\(path)?page=1&size=100")
            #expect(list.texts("clusterId") == ["W1-mysql", "W1-http"])
            let cluster = try await api.get("\(path)/W1-http")
            #expect(cluster == list.array?.last)
            #expect(cluster["warehouseId"] == "W1" && cluster["status"] == "Running")
            #expect(cluster["clusterType"] == "COMPUTE" && cluster["nodeCount"] == 1)
            #expect(
                try await api.get("\(path)?clusterName=http&status=Running").texts("name") == [
                    "http"
                ]
            )
            #expect(try await api.get("\(path)?clusterId=x") == [])
            try await api.expect(404, "ClusterNotFound", "GET", "\(path)/x")
        }
    }

    @Test(
        "What a gateway does not own cannot be made, changed or removed",
        arguments: [
            ("POST", "/v1/warehouses"), ("PATCH", "/v1/warehouses/W1"),
            ("DELETE", "/v1/warehouses/W1"), ("POST", "/v1/warehouses/W1/settings/upgrade"),
            ("POST", "/v1/warehouses/W1/settings/password"), ("POST", "/v1/warehouses/W1/clusters"),
            ("PATCH", "/v1/warehouses/W1/clusters/W1-http"),
            ("DELETE", "/v1/warehouses/W1/clusters/W1-http"),
        ]
    )
    func unsupported(method: String, path: String) async throws {
        try await StoredGateway().run { api in
            let id = UUID().uuidString
            try await api.expect(501, "NotSupported", method, path, ["name": "x"], id: id)
        }
    }

    @Test("Connections are in the shapes of newer and of older clients")
    func connections() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let endpoint: JSONValue = [
                "endpointId": "vpce-0123456789abcdef0", "dnsName": "db.example.com",
                "description": "reports",
            ]
            let endpoints = "/v1/private-link/warehouses/W1/endpoints"
            try await api.expect(200, nil, "POST", endpoints, endpoint)
            let service: JSONValue = [
                "serviceId": "vpce-svc-0123456789abcdef0", "cloud": "aws", "region": "eu-west-1",
                "name": "com.amazonaws.vpce.x",
            ]
            try await api.expect(
                201,
                nil,
                "POST",
                "/v1/private-link/warehouses/W1/services",
                service
            )

            let all = try await api.get(ControlTests.connections)
            #expect(all["publicEndpoints"]?.texts("protocol") == ["jdbc", "http", "stream_load"])
            #expect(
                all["publicEndpoints"]?.array?.first == [
                    "protocol": "jdbc", "host": "sales.example.com", "port": 9_030,
                    "url": "jdbc:mysql://sales.example.com:9030/",
                ]
            )
            let link = all["privateEndpoints"]?.array?.first
            #expect(link?["endpointId"] == "vpce-0123456789abcdef0")
            #expect(link?["host"] == "db.example.com" && link?["port"] == 9_031)
            #expect(all["computeClusters"]?.texts("clusterId") == ["W1-mysql", "W1-http"])
            #expect(all["observerGroups"] == [])

            let own = try await api.get("\(ControlTests.connections)/public")
            #expect(own == all["publicConnection"])
            #expect(own["jdbcPort"] == 9_030 && own["httpPort"] == 8_030)
            let older = try await api.get("\(ControlTests.connections)/private")
            #expect(older == all["privateConnection"])
            let inbound = older["inbound"]
            #expect(
                inbound?["enabled"] == true
                    && inbound?["endpointServiceName"] == "com.amazonaws.vpce.x"
            )
            let known = inbound?["endpoints"]?.array?.first
            #expect(known?["status"] == "available" && known?["dnsName"] == "db.example.com")
            let warehouse = try await api.get("/v1/warehouses/W1")
            #expect(warehouse["endpointServiceId"] == "vpce-svc-0123456789abcdef0")
        }
    }

    @Test("Without a host in the configuration, the name in the request is shown")
    func requestedHost() async throws {
        try await StoredGateway().run { api in
            let data = try await api.get("/v1/warehouses/W2/connections/public")
            #expect(data["host"] == "127.0.0.1")
            #expect(data["publicAccessPolicy"] == "ALLOW_ALL")
        }
    }
}

@Suite("The contract's private links", .timeLimit(.minutes(2)))
struct PrivateLinkContractTests {
    private static let endpoints = "/v1/private-link/warehouses/W1/endpoints"
    private static let services = "/v1/private-link/endpoint-services"
    private static let vpce = "vpce-0123456789abcdef0"

    @Test("Registering an endpoint approves it; again, it changes what is known, not its state")
    func registration() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = ["endpointId": .string(Self.vpce), "description": "a"]
            let id = UUID().uuidString
            let first = try await api.expect(200, nil, "POST", Self.endpoints, body, id: id)
            #expect(first.data == ["endpointId": .string(Self.vpce), "status": "available"])
            let retry = try await api.expect(200, nil, "POST", Self.endpoints, body, id: id)
            #expect(retry.json == first.json)
            let path = "\(Self.endpoints)/\(Self.vpce)"
            try await api.expect(200, nil, "POST", "\(path)/reject")
            let named: JSONValue = ["endpointId": .string(Self.vpce), "dnsName": "a.example.com"]
            let again = try await api.expect(200, nil, "POST", Self.endpoints, named)
            #expect(again.data["status"] == "rejected")
            let endpoint = try await api.get(path)
            #expect(endpoint["state"] == "rejected" && endpoint["dnsName"] == "a.example.com")
            #expect(endpoint["description"] == "a", "what is absent stays")
            let null: JSONValue = [
                "endpointId": .string(Self.vpce), "dnsName": .null, "description": .null,
            ]
            try await api.expect(200, nil, "POST", Self.endpoints, null)
            #expect(try await api.get(path) == endpoint)
        }
    }

    @Test("An endpoint's cloud follows from its id, or from the warehouse's cloud")
    func cloud() async throws {
        try await StoredGateway().run { api in
            for (warehouse, id, cloud) in [
                ("W2", Self.vpce, "aws"), ("W2", "ep-abc", "alibaba"), ("W2", "99999999999", "gcp"),
                ("W2", "azure:99", "azure"), ("W1", "gcp:99", "gcp"),
            ] {
                let path = "/v1/private-link/warehouses/\(warehouse)/endpoints"
                try await api.expect(200, nil, "POST", path, ["endpointId": .string(id)])
                let name = id.contains(":") ? id : "\(cloud):\(id)"
                #expect(try await api.get("\(path)/\(name)")["cloud"] == .string(cloud))
            }
            for id in ["77", "x", "", "aws:77", "oracle:1"] {
                let path = "/v1/private-link/warehouses/W2/endpoints"
                let body: JSONValue = ["endpointId": .string(id)]
                let answer = try await api.expect(400, "InvalidParameter", "POST", path, body)
                #expect(answer.message.contains("endpointId"))
            }
            let body: JSONValue = ["endpointId": "vpce-1", "cloud": "aws"]
            try await api.expect(400, "InvalidParameter", "POST", Self.endpoints, body)
        }
    }

    @Test("An endpoint is deregistered by the body or the query")
    func deregistration() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = ["endpointId": .string(Self.vpce)]
            for (path, sent) in [
                (Self.endpoints, body), ("\(Self.endpoints)?endpointId=\(Self.vpce)", nil),
            ] as [(String, JSONValue?)] {
                try await api.expect(200, nil, "POST", Self.endpoints, body)
                let id = UUID().uuidString
                for _ in 0..<2 {
                    try await api.expect(200, nil, "DELETE", path, sent, id: id)
                }
                #expect(stored.gateway.policy["W1"].endpoints == [])
                try await api.expect(404, "EndpointNotFound", "DELETE", path, sent)
            }
            try await api.expect(400, "InvalidParameter", "DELETE", Self.endpoints)
        }
    }

    @Test("An older client sets what is known of an endpoint")
    func olderMetadata() async throws {
        try await StoredGateway().run { api in
            let path = "\(connections)/private/endpoints/\(Self.vpce)"
            let body: JSONValue = ["dnsName": "a.example.com", "description": "b"]
            try await api.expect(404, "EndpointNotFound", "PUT", path, body)
            try await api.expect(
                200,
                nil,
                "POST",
                Self.endpoints,
                ["endpointId": .string(Self.vpce)]
            )
            let answer = try await api.expect(200, nil, "PUT", path, body)
            #expect(answer.json["data"] == nil)
            try await api.expect(200, nil, "PUT", path, ["dnsName": .null])
            let endpoint = try await api.get("\(Self.endpoints)/\(Self.vpce)")
            #expect(endpoint["dnsName"] == "a.example.com" && endpoint["description"] == "b")
        }
    }

    @Test(
        "An outbound service is registered, listed and removed by its raw id, slashes included",
        arguments: [
            ("aws", "vpce-svc-0123456789abcdef0"),
            (
                "azure",
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateLinkServices/p"
            ),
            ("gcp", "projects/p/regions/r/serviceAttachments/a"), ("aliyun", "epsrv-a b%20ü"),
        ]
    )
    func outbound(provider: String, id: String) async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = [
                "cloudProvider": .string(provider), "region": "eu-1",
                "endpointServiceId": .string(id), "endpointServiceName": "name",
            ]
            let request = UUID().uuidString
            for _ in 0..<2 {
                let answer = try await api.expect(
                    200,
                    nil,
                    "POST",
                    Self.services,
                    body,
                    id: request
                )
                #expect(answer.json["data"] == nil)
            }
            try await api.expect(409, "AlreadyExists", "POST", Self.services, body)
            let list = try await api.get("\(Self.services)?cloudProvider=\(provider)&region=eu-1")
            let service = try #require(list.array?.first)
            #expect(list.array?.count == 1)
            #expect(service["endpointServiceId"] == .string(id))
            #expect(service["description"] == nil && service["connected"] == false)
            #expect(service["createdAt"]?.string != nil && service["endpoints"] == [])
            #expect(try await api.get("\(Self.services)?region=eu-2") == [])
            let raw = id.percentEncoded { $0 != UInt8(ascii: "%") && (0x21...0x7e).contains($0) }
            let path = "\(Self.services)/\(raw)"
            #expect(try await api.get(path) == service)
            #expect(try await api.get("\(Self.services)/\(id.percentEncoded)") == service)
            try await api.expect(200, nil, "PATCH", path, ["description": "d"])
            try await api.expect(200, nil, "PATCH", path, ["description": .null])
            #expect(try await api.get(path)["description"] == "d")
            let removal = UUID().uuidString
            for _ in 0..<2 { try await api.expect(200, nil, "DELETE", path, id: removal) }
            try await api.expect(404, "EndpointServiceNotFound", "DELETE", path)
            try await api.expect(404, "EndpointServiceNotFound", "GET", path)
        }
        #expect(stored.store.policy.outboundServices == [])
    }

    @Test("An outbound service of an older client has a zone and an account")
    func olderService() async throws {
        try await StoredGateway().run { api in
            let body: JSONValue = [
                "cloudProvider": "aws", "region": "eu-1", "zone": "eu-1a",
                "endpointServiceId": "vpce-svc-1", "endpointServiceName": "n",
                "providerAccountId": "123456789012", "description": "d",
            ]
            try await api.expect(200, nil, "POST", Self.services, body)
            let service = try await api.get("\(Self.services)/vpce-svc-1")
            for (name, value) in [
                ("zone", "eu-1a"), ("providerAccountId", "123456789012"), ("description", "d"),
            ] as [(String, JSONValue)] {
                #expect(service[name] == value)
            }
            for (field, value) in [
                ("cloudProvider", "oracle"), ("region", ""), ("endpointServiceId", ""),
                ("endpointServiceName", "a\nb"), ("endpointServiceId", .null),
            ] as [(String, JSONValue)] {
                var members: [String: JSONValue] = [
                    "cloudProvider": "aws", "region": "r", "endpointServiceId": "i",
                    "endpointServiceName": "n",
                ]
                members[field] = value
                let answer = try await api.expect(
                    400,
                    "InvalidParameter",
                    "POST",
                    Self.services,
                    .object(members)
                )
                #expect(answer.message.contains(field))
            }
        }
    }
}

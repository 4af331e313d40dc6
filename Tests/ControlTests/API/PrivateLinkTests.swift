import Policy
import Store
import Testing
import Text

@testable import Control

private let endpoints = "/v1/private-link/warehouses/W1/endpoints"
private let services = "/v1/private-link/warehouses/W1/services"
private let vpce = "vpce-0123456789abcdef0"

@Suite("Private links over the API", .timeLimit(.minutes(2)))
struct PrivateLinkTests {
    /// Puts an endpoint of W1 in a state.
    private static func put(
        _ id: String,
        _ cloud: Cloud,
        _ state: Endpoint.State,
        in stored: StoredGateway
    ) async throws {
        let endpoint = Endpoint(id: id, cloud: cloud, state: state)
        _ = try await stored.writer.write(by: .gateway) { transaction in
            try transaction.setEndpoint(endpoint, of: "W1", action: "endpoint.add")
        }
    }

    @Test("An endpoint is accepted and rejected as often as its state allows")
    func acceptance() async throws {
        let stored = try StoredGateway()
        try await Self.put(vpce, .aws, .pendingAcceptance, in: stored)
        try await stored.run { api in
            for (action, state, actions) in [
                ("accept", "available", ["reject", "remove"]),
                ("reject", "rejected", ["accept", "remove"]),
                ("accept", "available", ["reject", "remove"]),
            ] as [(String, JSONValue, [JSONValue])] {
                let path = "\(endpoints)/aws:\(vpce)/\(action)"
                let answer = try await api.expect(200, nil, "POST", path)
                #expect(answer.data["endpoint", "state"] == state)
                #expect(answer.data["endpoint", "actions"] == .array(actions))
                #expect(answer.data["effect", "dryRun"] == false)
                let enforced = stored.gateway.policy["W1"].endpoints.map(\.state.rawValue)
                #expect(enforced == [state.string])
            }
            let again = "\(endpoints)/\(vpce)/accept"
            let refusal = try await api.expect(409, "OperationConflict", "POST", again)
            #expect(refusal.message.contains("available"))
            let unknown = "\(endpoints)/vpce-0123456789abcdef1/accept"
            try await api.expect(404, "EndpointNotFound", "POST", unknown)
        }
    }

    @Test("An endpoint is changed and removed")
    func change() async throws {
        let stored = try StoredGateway()
        try await Self.put(vpce, .aws, .available, in: stored)
        try await stored.run { api in
            let path = "\(endpoints)/\(vpce)"
            let service = "vpce-svc-0123456789abcdef0"
            let body: JSONValue = [
                "serviceId": .string(service), "cloud": "aws", "region": "eu-west-1",
            ]
            try await api.expect(
                404,
                "EndpointServiceNotFound",
                "PATCH",
                path,
                ["serviceId": .string(service)]
            )
            try await api.expect(201, nil, "POST", services, body)
            let patch: JSONValue = [
                "description": "reports", "dnsName": "db.example.com", "connectionLimit": 5,
                "serviceId": .string(service),
            ]
            let answer = try await api.expect(200, nil, "PATCH", path, patch)
            #expect(answer.data["endpoint", "connectionLimit"] == 5)
            let endpoint = try await api.get(path)
            #expect(endpoint["endpoint"]?.string == "aws:\(vpce)")
            #expect(endpoint["description"] == "reports" && endpoint["dnsName"] == "db.example.com")
            #expect(endpoint["serviceId"] == .string(service) && endpoint["status"] == "available")
            #expect(try await api.get("\(services)/\(service)")["endpointCount"] == 1)
            try await api.expect(409, "OperationConflict", "DELETE", "\(services)/\(service)")
            for body in [["connectionLimit": -1], ["dnsName": "a b"], ["state": "available"]]
                as [JSONValue]
            {
                try await api.expect(400, "InvalidParameter", "PATCH", path, body)
            }
            try await api.expect(200, nil, "DELETE", path)
            try await api.expect(404, "EndpointNotFound", "GET", path)
            try await api.expect(200, nil, "DELETE", "\(services)/\(service)")
            #expect(try await api.send("GET", endpoints).json["total"] == 0)
        }
        #expect(stored.gateway.policy["W1"].endpoints == [])
    }

    @Test("An id that two clouds have has to be given with its cloud")
    func ambiguous() async throws {
        let stored = try StoredGateway()
        try await Self.put("99", .azure, .available, in: stored)
        try await Self.put("99", .gcp, .available, in: stored)
        try await stored.run { api in
            let refusal = try await api.expect(400, "InvalidParameter", "GET", "\(endpoints)/99")
            #expect(refusal.message.contains("azure:99, gcp:99"))
            #expect(try await api.get("\(endpoints)/gcp:99")["cloud"] == "gcp")
            #expect(try await api.get("\(endpoints)/azure%3A99")["status"] == "Approved")
            try await api.expect(200, nil, "DELETE", "\(endpoints)/gcp:99")
            #expect(try await api.get("\(endpoints)/99")["cloud"] == "azure")
        }
    }

    @Test(
        "An endpoint service is created, changed and removed, whatever its id",
        arguments: [
            ("aws", "vpce-svc-0123456789abcdef0", "arn:aws:iam::123456789012:root"),
            ("gcp", "projects/p/regions/europe-west1/serviceAttachments/a", "project-1"),
            (
                "azure",
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateLinkServices/p",
                "01234567-89ab-cdef-0123-456789abcdef"
            ), ("alibaba", "epsrv-abc", "*"),
        ]
    )
    func service(cloud: String, id: String, principal: String) async throws {
        try await StoredGateway().run { api in
            let body: JSONValue = [
                "serviceId": .string(id), "cloud": .string(cloud), "region": "eu-1",
                "description": "a", "zones": ["eu-1a"],
            ]
            let created = try await api.expect(201, nil, "POST", services, body)
            let service = try #require(created.data["service"])
            #expect(service["acceptance"] == "manual" && service["allowedPrincipals"] == [])
            try await api.expect(409, "AlreadyExists", "POST", services, body)
            let path = "\(services)/\(id.percentEncoded)"
            #expect(try await api.get(path) == service)
            #expect(try await api.get(services).array == [service])
            let patch: JSONValue = ["acceptance": "automatic", "name": "n", "zones": []]
            let changed = try await api.expect(200, nil, "PATCH", path, patch)
            #expect(changed.data["service", "acceptance"] == "automatic")
            #expect(changed.data["service", "zones"] == [])
            let allowed: JSONValue = ["principal": .string(principal)]
            for _ in 0..<2 {
                let answer = try await api.expect(200, nil, "POST", "\(path)/principals", allowed)
                let list = answer.data["service", "allowedPrincipals"]
                #expect(list == [.string(principal)], "once")
            }
            let one = "\(path)/principals?principal=\(principal.percentEncoded)"
            let left = try await api.expect(200, nil, "DELETE", one)
            #expect(left.data["service", "allowedPrincipals"] == [])
            try await api.expect(404, "PrincipalNotFound", "DELETE", one)
            try await api.expect(400, "InvalidParameter", "DELETE", "\(path)/principals")
            try await api.expect(
                400,
                "InvalidParameter",
                "POST",
                "\(path)/principals",
                ["principal": "a b"]
            )
            try await api.expect(200, nil, "DELETE", path)
            try await api.expect(404, "EndpointServiceNotFound", "GET", path)
            try await api.expect(404, "EndpointServiceNotFound", "PATCH", path, [:])
        }
    }

    @Test("A service of an unknown form is rejected, and the field named")
    func invalidService() async throws {
        try await StoredGateway().run { api in
            let bodies: [(JSONValue, String)] = [
                (["serviceId": "x", "cloud": "aws", "region": "r"], "serviceId"),
                (["serviceId": "epsrv-a", "cloud": "oracle", "region": "r"], "cloud"),
                (["serviceId": "epsrv-a", "cloud": "alibaba", "region": ""], "region"),
                (["serviceId": "epsrv-a", "cloud": "alibaba"], "region"),
                (
                    ["serviceId": "epsrv-a", "cloud": "alibaba", "region": "r", "acceptance": "x"],
                    "acceptance"
                ),
            ]
            for (body, field) in bodies {
                let answer = try await api.expect(400, "InvalidParameter", "POST", services, body)
                #expect(answer.message.contains(field))
            }
        }
    }
}

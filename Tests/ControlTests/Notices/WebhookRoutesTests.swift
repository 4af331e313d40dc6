import Addresses
import Foundation
import Operations
import Policy
import ScriptedServers
import Settings
import Store
import Testing
import Text
import Time

@testable import Control

@Suite("Webhooks and notices over the API", .timeLimit(.minutes(2)))
struct WebhookRoutesTests {
    private static let url = "https://hooks.example.com/services/T000/s3cretpath"

    @Test("A webhook is created, changed, rotated and removed; its secret is shown once")
    func life() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = [
                "name": "ops", "url": .string(Self.url), "kinds": ["serviceDown", "policyOpen"],
                "warehouses": ["W1"],
            ]
            let created = try await api.expect(201, nil, "POST", "/v1/webhooks", body)
            let secret = try #require(created.data["secret"]?.string)
            #expect(secret.hasPrefix("wh-") && secret.utf8.count == 46)
            let id = try #require(created.data["webhook", "webhookId"]?.string)
            let path = "/v1/webhooks/\(id)"
            let webhook = try await api.get(path)
            #expect(webhook["kinds"] == ["policyOpen", "serviceDown"] && webhook["secret"] == nil)
            #expect(webhook["enabled"] == true && webhook["warehouses"] == ["W1"])
            let changes: [(JSONValue, String, JSONValue?)] = [
                (["enabled": false], "enabled", false), (["name": "on-call"], "name", "on-call"),
                (["kinds": .null], "kinds", nil), (["warehouses": .null], "warehouses", nil),
                (["url": "http://10.0.0.5/"], "url", "http://10.0.0.5/"),
            ]
            for (patch, name, value) in changes {
                try await api.expect(200, nil, "PATCH", path, patch)
                #expect(try await api.get(path)[name] == value, "\(name)")
            }
            let rotated = try await api.expect(200, nil, "POST", path + "/rotate")
            let other = try #require(rotated.data["secret"]?.string)
            #expect(other != secret && other.hasPrefix("wh-"))
            let list = try await api.send("GET", "/v1/webhooks")
            #expect(list.json["total"] == 1)
            let audit = try await api.send("GET", "/v1/audit").text
            for hidden in [secret, other, "s3cretpath"] {
                #expect(!list.text.contains(hidden) && !audit.contains(hidden))
            }
            #expect(audit.contains("https://hooks.example.com"))
            for action in ["create", "change", "rotate"] {
                #expect(audit.contains("webhook.\(action)"))
            }
            try await api.expect(200, nil, "DELETE", path)
            for (method, rest) in [
                ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/test"),
                ("GET", "/deliveries"),
            ] {
                try await api.expect(404, "WebhookNotFound", method, path + rest, [:])
            }
        }
    }

    @Test("A repeated request does not get the secret again, and a dry run has none")
    func repetition() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = ["name": "ops", "url": .string(Self.url)]
            let trial = try await api.expect(200, nil, "POST", "/v1/webhooks?dryRun=true", body)
            #expect(trial.data["secret"] == nil && stored.store.webhooks.isEmpty)
            let id = UUID().uuidString
            let first = try await api.expect(201, nil, "POST", "/v1/webhooks", body, id: id)
            let second = try await api.expect(201, nil, "POST", "/v1/webhooks", body, id: id)
            #expect(first.data["secret"] != nil && second.data["secret"] == nil)
            #expect(stored.store.webhooks.count == 1)
        }
    }

    @Test(
        "A webhook that could not be used, or must not be, is refused",
        arguments: [
            (["name": "", "url": "https://a/"], 400, "name"),
            (["name": "a", "url": "ftp://a/"], 400, "url"),
            (["name": "a", "url": "https://user:pw@a/"], 400, "url"),
            (["name": "a", "url": "http://127.0.0.1:7080/"], 400, "loopback"),
            (["name": "a", "url": "http://169.254.169.254/"], 400, "link-local"),
            (["name": "a", "url": "http://[::ffff:169.254.169.254]/"], 400, "link-local"),
            (["name": "a", "url": "https://a/", "kinds": []], 400, "kinds"),
            (["name": "a", "url": "https://a/", "kinds": ["test"]], 400, "kinds"),
            (["name": "a", "url": "https://a/", "warehouses": ["W3"]], 404, "W3"),
            (["name": "taken", "url": "https://a/"], 409, "taken"),
            (["name": "a", "url": "https://a/", "secret": "wh-a"], 400, "secret"),
        ] as [(JSONValue, Int, String)]
    )
    func invalid(body: JSONValue, status: Int, words: String) async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            try await api.expect(
                201,
                nil,
                "POST",
                "/v1/webhooks",
                ["name": "taken", "url": "https://a/"]
            )
            let answer = try await api.send("POST", "/v1/webhooks", body)
            #expect(answer.status == status && answer.message.contains(words), "\(answer.text)")
        }
        #expect(stored.store.webhooks.count == 1)
    }

    @Test("Only keys that may administer all warehouses see or change webhooks")
    func permission() async throws {
        let stored = try StoredGateway()
        let operate = try stored.key("operate", .operate).secret
        let limited = try stored.key("limited", .administer, warehouses: ["W1"]).secret
        try await stored.runWithKeys { api in
            for key in [operate, limited] {
                let api = api.with(key: key)
                try await api.expect(403, "Forbidden", "GET", "/v1/webhooks")
                try await api.expect(403, "Forbidden", "POST", "/v1/webhooks", [:])
            }
            try await api.expect(401, "Unauthorized.InvalidApiKey", "GET", "/v1/notices")
        }
    }

    @Test("A test is sent at once, answered with what came of it, and recorded before")
    func test() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            // A name is checked when it is resolved.
            let body: JSONValue = ["name": "ops", "url": "http://localhost:9/"]
            let created = try await api.expect(201, nil, "POST", "/v1/webhooks", body)
            let id = try #require(created.data["webhook", "webhookId"]?.string)
            let answer = try await api.expect(200, nil, "POST", "/v1/webhooks/\(id)/test")
            #expect(answer.data["delivered"] == false && answer.data["kind"] == "test")
            #expect(answer.data["error"]?.string?.contains("a loopback address") == true)
            let deliveries = try await api.get("/v1/webhooks/\(id)/deliveries")
            #expect(deliveries["attempts"]?.array?.count == 1 && deliveries["waiting"] == 0)
            let audit = try await api.send("GET", "/v1/audit?action=webhook.test")
            #expect(audit.json["total"] == 1)
        }
    }

    @Test("Notices are listed for those who may see their warehouse")
    func notices() async throws {
        let stored = try StoredGateway()
        let all = try stored.key("all", .read).secret
        let limited = try stored.key("limited", .read, warehouses: ["W1"]).secret
        let expiry = UnixTime(seconds: UnixTime.systemTime.seconds + 60)
        _ = try stored.store.write(
            by: .gateway,
            at: UnixTime(seconds: expiry.seconds - 30 * 86_400)
        ) {
            _ = try $0.createKey(KeyDescription(name: "soon", role: .read, expiresAt: expiry))
        }
        let plane = ControlPlane(stored.gateway, stored.writer)
        plane.notices.look()
        var routes = stored.routes(.credentials { [store = stored.store] in store })
        routes.plane = plane
        try await ServedManagement.run(routes) { server in
            let api = APIClient(server: server)
            let everything = try await api.with(key: all).get("/v1/notices")
            let kinds = everything["standing"]?.array?.compactMap { $0["kind"]?.string } ?? []
            // W2 admits everybody, and is public.
            #expect(Set(kinds) == ["policyOpen", "keyExpiring"], "\(everything)")
            let own = try await api.with(key: limited).get("/v1/notices")
            #expect(own["standing"] == [])
            let one = try await api.with(key: all).get("/v1/notices?warehouse=W2")
            #expect(one["standing"]?.array?.count == 1)
            try await api.with(key: limited)
                .expect(404, "WarehouseNotFound", "GET", "/v1/notices?warehouse=W2")
        }
    }

    @Test("A change of what is so goes to the webhooks that want it, and to no other")
    func routing() async throws {
        try await ScriptedServer.run([.init(raw: "HTTP/1.1 204 N\r\n\r\n")]) { server in
            let stored = try StoredGateway()
            let address = server.address
            _ = try stored.store.write(by: .gateway, at: .systemTime) { transaction in
                for (name, kinds, warehouses) in [
                    ("all", nil, nil), ("w1", nil, ["W1"]), ("w2", nil, ["W2"]),
                    ("down", ["serviceDown"], nil),
                ] as [(String, Set<String>?, Set<String>?)] {
                    _ = try transaction.createWebhook(
                        WebhookDescription(
                            name: name,
                            url: "http://\(address)/\(name)",
                            kinds: kinds,
                            warehouses: warehouses
                        )
                    )
                }
            }
            let gateway = FixedGateway(
                state: stored.gateway.state,
                topology: .allowingLoopback,
                policy: { [policy = stored.gateway.policy] in policy }
            )
            let center = NoticeCenter(gateway, stored.writer)
            center.look()
            let isThere = try await ServedEvents.eventually { server.requests.count >= 2 }
            #expect(isThere)
            #expect(Set(server.requests.map(\.call)) == ["POST /all", "POST /w2"])
            #expect(center.status.standing[.warning] == 1)
            let isCounted = try await ServedEvents.eventually {
                center.status.deliveries["all"]?.delivered == 1
            }
            #expect(isCounted)
        }
    }
}

extension Topology {
    /// The sample, whose notices may be sent to this machine.
    fileprivate static var allowingLoopback: Topology {
        var topology = Topology.sample
        topology.management.notices.allowed = [
            CIDRBlock(containing: .v4(IPv4Address(127, 0, 0, 0)), prefixLength: 8)
        ]
        return topology
    }
}

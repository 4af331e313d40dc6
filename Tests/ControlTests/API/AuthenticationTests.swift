import Addresses
import CIDRTrie
import Foundation
import Operations
import Policy
import Sockets
import Store
import Testing
import Text
import Time

@testable import Control

@Suite("Who may use the API", .timeLimit(.minutes(2)))
struct AuthenticationTests {
    private static let refusedCode = "Unauthorized.InvalidApiKey"

    @Test("Without a key, only the probes and the list of pages are answered")
    func missing() async throws {
        try await StoredGateway().runWithKeys { api in
            for path in ["/healthz", "/readyz", "/"] {
                #expect(try await api.send("GET", path).status == 200, "\(path)")
            }
            for (method, path) in Self.calls {
                let answer = try await api.expect(401, Self.refusedCode, method, path)
                #expect(answer.message.contains("X-API-Key"))
            }
        }
    }

    private static let calls = [
        ("GET", "/metrics"), ("GET", "/v1/me"), ("GET", "/v1/status"), ("GET", "/v1/sessions"),
        ("DELETE", "/v1/sessions?all=true"), ("GET", "/v1/denials"), ("GET", "/v1/backends"),
        ("PUT", "/v1/backends?backend=db:1&mode=drain"), ("GET", "/v1/endpoints"),
        ("GET", "/v1/explain?warehouse=W1&source=10.0.0.1"), ("GET", "/v1/warehouses"),
        ("POST", "/v1/warehouses"), ("GET", "/v1/warehouses/W1"),
        ("DELETE", "/v1/warehouses/W1"), ("GET", "/v1/warehouses/W1/versions"),
        ("GET", "/v1/warehouses/W1/clusters"), ("GET", "/v1/warehouses/W1/connections"),
        ("GET", "/v1/warehouses/W1/connections/public/access-policy"),
        ("PATCH", "/v1/warehouses/W1/connections/public/access-policy"),
        ("PUT", "/v1/warehouses/W1/connections/private/endpoints/vpce-0123456789abcdef0"),
        ("GET", "/v1/warehouses/W1/whitelist"), ("PATCH", "/v1/warehouses/W1/whitelist"),
        ("GET", "/v1/warehouses/W1/whitelist/entries"),
        ("POST", "/v1/warehouses/W1/whitelist/entries"),
        ("DELETE", "/v1/warehouses/W1/whitelist/entries/1"),
        ("POST", "/v1/warehouses/W1/whitelist/import"), ("GET", "/v1/groups"),
        ("POST", "/v1/groups"), ("DELETE", "/v1/groups/office"),
        ("POST", "/v1/groups/office/import"), ("GET", "/v1/private-link/endpoint-services"),
        ("DELETE", "/v1/private-link/endpoint-services/a/b"),
        ("GET", "/v1/private-link/warehouses/W1/endpoints"),
        ("POST", "/v1/private-link/warehouses/W1/endpoints/1/accept"),
        ("GET", "/v1/private-link/warehouses/W1/services"),
        ("POST", "/v1/private-link/warehouses/W1/services/1/principals"), ("GET", "/v1/keys"),
        ("POST", "/v1/keys"), ("DELETE", "/v1/keys/1"), ("GET", "/v1/audit"),
        ("GET", "/v1/audit/export"), ("GET", "/v1/audit/verify"), ("GET", "/v1/policy"),
        ("PUT", "/v1/policy"), ("GET", "/v1/backup"), ("GET", "/v1/organization"),
        ("GET", "/v1/cloud-providers/aws/regions"),
    ]

    @Test("A key that is removed, disabled or limited while a body arrives changes nothing")
    func revokedMeanwhile() async throws {
        let stored = try StoredGateway()
        let changes: [@Sendable (inout StoreTransaction, String) throws -> Void] = [
            { try $0.removeKey($1) }, { _ = try $0.changeKey($1) { $0.isEnabled = false } },
            { _ = try $0.changeKey($1) { $0.role = .read } },
            { _ = try $0.changeKey($1) { $0.warehouses = ["W2"] } },
        ]
        try await stored.runWithKeys { api in
            for (number, change) in changes.enumerated() {
                let key = try stored.key("ci \(number)", .operate)
                let body = #"{"cidr":"192.0.2.1"}"#
                let head = """
                    POST /v1/warehouses/W1/whitelist/entries HTTP/1.1\r\nHost: 127.0.0.1\r\n\
                    X-API-Key: \(key.secret)\r\nContent-Type: application/json\r\n\
                    Content-Length: \(body.utf8.count)\r\n\r\n
                    """
                let status = try await onOwnThread {
                    let client = try RawClient(port: api.server.port)
                    client.send(head + body.prefix(5))
                    // Whether the head was read by then or not, the answer is the same.
                    Clock.sleep(milliseconds: 200)
                    _ = try stored.store.write(by: .gateway, at: .systemTime) { transaction in
                        try change(&transaction, key.id)
                    }
                    client.send(String(body.dropFirst(5)))
                    return try HTTPAnswer(try client.receive()).status
                }
                #expect([401, 403, 404].contains(status), "\(number)")
            }
            let entries = stored.store.policy.warehouses["W1"]?.list(for: nil)?.list.count ?? 0
            #expect(entries == 0)
        }
    }

    @Test(
        "Nor does it act on the running gateway",
        arguments: [
            "DELETE /v1/sessions?warehouse=W1", "POST /v1/reload",
            "PUT /v1/backends?warehouse=W1&backend=10.0.0.5:9030&mode=drain",
        ]
    )
    func revokedBeforeAct(request: String) async throws {
        let stored = try StoredGateway()
        var routes = stored.routes(.credentials { stored.store })
        routes.reload = {
            Issue.record("reloaded")
            return ReloadResult()
        }
        try await ServedManagement.run(routes) { server in
            let key = try stored.key("ci", .administer)
            let status = try await onOwnThread {
                let client = try RawClient(port: server.port)
                client.send(
                    "\(request) HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: \(key.secret)\r\n"
                        + "Content-Length: 2\r\n\r\n{"
                )
                // Whether the head was read by then or not, the answer is the same.
                Clock.sleep(milliseconds: 200)
                _ = try stored.store.write(by: .gateway, at: .systemTime) { transaction in
                    try transaction.removeKey(key.id)
                }
                client.send("}")
                return try HTTPAnswer(try client.receive()).status
            }
            #expect(status == 401)
        }
    }

    @Test("A page of another origin changes nothing, and over TLS not one without it either")
    func foreignPages() async throws {
        let stored = try StoredGateway()
        let key = try stored.key("ci", .administer).secret
        for isSecure in [false, true] {
            var routes = stored.routes(.credentials { stored.store })
            routes.isSecure = isSecure
            try await ServedManagement.run(routes) { server in
                let cases: [(headers: [String], status: Int)] = [
                    ([], 200), (["Origin: https://127.0.0.1"], 200),
                    (["Origin: http://127.0.0.1"], isSecure ? 403 : 200),
                    (["Origin: null"], 403), (["Sec-Fetch-Site: same-origin"], 200),
                    (["Sec-Fetch-Site: none"], 200), (["Sec-Fetch-Site: cross-site"], 403),
                    (["Sec-Fetch-Site: same-site"], 403),
                    (["Origin: https://127.0.0.1", "Sec-Fetch-Site: cross-site"], 403),
                ]
                for (headers, status) in cases {
                    let answer = try await server.ask(
                        "POST",
                        "/v1/groups?dryRun=true",
                        headers: ["X-API-Key: \(key)", "Content-Length: 12"] + headers,
                        body: Array(#"{"name":"x"}"#.utf8)
                    )
                    #expect(
                        answer.status == status,
                        "\(headers), TLS: \(isSecure), \(answer.body)"
                    )
                }
            }
        }
    }

    @Test("A key for some warehouses knows the groups that they use, and not how often they decide")
    func groups() async throws {
        let stored = try StoredGateway()
        let key = try stored.key("w1", .operate, warehouses: ["W1"]).secret
        try await stored.runWithKeys { api in
            let root = api.with(key: try stored.key("root", .administer).secret)
            for group in ["office", "other"] {
                try await root.expect(201, nil, "POST", "/v1/groups", ["name": .string(group)])
                let path = "/v1/groups/\(group)/entries"
                try await root.expect(201, nil, "POST", path, ["cidr": "10.0.0.0/8"])
            }
            for (id, group) in [("W1", "office"), ("W2", "other")] {
                let path = "/v1/warehouses/\(id)/whitelist"
                try await root.expect(200, nil, "PATCH", path, ["groups": [.string(group)]])
            }
            let own = api.with(key: key)
            #expect(try await own.get("/v1/groups").texts("name") == ["office"])
            let entries = try await own.get("/v1/groups/office/entries").array
            #expect(entries?.count == 1 && entries?.first?["hits"] == nil)
            for path in ["/v1/groups/other", "/v1/groups/other/entries"] {
                try await own.expect(404, "GroupNotFound", "GET", path)
            }
            let whitelist = "/v1/warehouses/W1/whitelist"
            let both: JSONValue = ["groups": ["office", "other"]]
            try await own.expect(404, "GroupNotFound", "PATCH", whitelist, both)
            let policy = try await own.get("/v1/policy")
            #expect(policy["groups"]?.array?.count == 1)
        }
    }

    @Test("A key that is not exactly one that exists is refused, always in the same words")
    func malformed() async throws {
        let stored = try StoredGateway()
        let secret = try stored.key("ci", .administer).secret
        try await stored.runWithKeys { api in
            try await api.with(key: secret).get("/v1/me")
            var messages: Set<String> = []
            for key in [
                "", "sk-", "x", String(secret.dropLast()), secret + "x", secret.uppercased(),
                "Bearer \(secret)", "\(secret), \(secret)", String(repeating: "x", count: 8_000),
            ] {
                let answer = try await api.with(key: key).send("GET", "/v1/me")
                #expect(answer.status == 401 && answer.code == Self.refusedCode, "\(key)")
                messages.insert(answer.message)
                #expect(!answer.text.contains(secret))
            }
            #expect(messages.count == 1)
        }
    }

    @Test("A key that was removed is refused from the next request of a connection on")
    func removed() async throws {
        let stored = try StoredGateway()
        let (id, secret) = try stored.key("ci", .read)
        try await stored.runWithKeys { api in
            let request = "GET /v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: \(secret)\r\n\r\n"
            try await onOwnThread {
                let client = try RawClient(port: api.server.port)
                client.send(request)
                let first = try client.receive { $0.hasSuffix("}\n") }
                #expect(try HTTPAnswer(first).status == 200)
                _ = try stored.store.write(by: .gateway, at: .systemTime) { transaction in
                    try transaction.removeKey(id)
                }
                client.send(request)
                #expect(try HTTPAnswer(try client.receive()).status == 401)
            }
        }
    }

    @Test("A key is refused while it is disabled, once it has expired, and from elsewhere")
    func refused() async throws {
        let stored = try StoredGateway()
        let root = try stored.key("root", .administer).secret
        let (id, secret) = try stored.key("ci", .read)
        let loopback = CIDRBlock(containing: .v4(IPv4Address(127, 0, 0, 0)), prefixLength: 8)
        let elsewhere = CIDRBlock(containing: .v4(IPv4Address(10, 0, 0, 0)), prefixLength: 8)
        let past = UnixTime(seconds: 1_600_000_000)
        let expired = try stored.key("old", .read, expiresAt: past).secret
        let near = try stored.key("near", .read, allowedSources: [elsewhere, loopback]).secret
        let far = try stored.key("far", .read, allowedSources: [elsewhere]).secret
        try await stored.runWithKeys { api in
            let own = api.with(key: secret)
            for (isEnabled, status) in [(false, 401), (true, 200)] {
                let body: JSONValue = ["enabled": .bool(isEnabled)]
                try await api.with(key: root).expect(200, nil, "PATCH", "/v1/keys/\(id)", body)
                #expect(try await own.send("GET", "/v1/me").status == status)
            }
            for (key, status) in [(expired, 401), (near, 200), (far, 401)] {
                #expect(try await api.with(key: key).send("GET", "/v1/me").status == status)
            }
            let list = try await api.with(key: root).get("/v1/keys")
            let states = Dictionary(
                uniqueKeysWithValues: zip(list.texts("name"), list.texts("status"))
            )
            #expect(
                states == [
                    "root": "enabled", "ci": "enabled", "old": "expired",
                    "near": "enabled", "far": "enabled",
                ]
            )
        }
    }

    @Test("A role allows what it says and no more")
    func roles() async throws {
        let stored = try StoredGateway()
        let keys = try Role.allCases.map { try stored.key($0.rawValue, $0).secret }
        try await stored.runWithKeys { api in
            let entry = "/v1/warehouses/W1/whitelist/entries"
            let calls: [(String, String, JSONValue?, [Int])] = [
                ("GET", entry, nil, [200, 200, 200]), ("GET", "/v1/policy", nil, [200, 200, 200]),
                ("GET", "/metrics", nil, [200, 200, 200]),
                ("POST", entry + "?dryRun=true", ["cidr": "10.0.0.1"], [403, 200, 200]),
                ("POST", "/v1/groups?dryRun=true", ["name": "office"], [403, 200, 200]),
                ("DELETE", "/v1/sessions?all=true", nil, [403, 200, 200]),
                ("GET", "/v1/keys", nil, [403, 403, 200]),
                ("GET", "/v1/audit", nil, [403, 403, 200]),
                ("GET", "/v1/audit/export", nil, [403, 403, 200]),
                ("GET", "/v1/backup", nil, [403, 403, 200]),
                ("PUT", "/v1/policy?dryRun=true", [:], [403, 403, 200]),
                ("POST", "/v1/keys?dryRun=true", ["name": "x", "role": "read"], [403, 403, 200]),
            ]
            for (method, path, body, statuses) in calls {
                for (key, status) in zip(keys, [403] + statuses) {
                    let answer = try await api.with(key: key).send(method, path, body)
                    #expect(answer.status == status, "\(method) \(path)")
                    #expect(status == 200 || answer.code == "Forbidden")
                }
            }
        }
    }

    @Test("To a key for one warehouse, another one does not exist")
    func limitedToWarehouse() async throws {
        let stored = try StoredGateway(sessions: Session.many(3, of: ["W1", "W2"]))
        let secret = try stored.key("w1", .administer, warehouses: ["W1"]).secret
        try await stored.runWithKeys { api in
            let own = api.with(key: secret)
            for (method, path) in [
                ("GET", "/v1/warehouses/W2"), ("GET", "/v1/warehouses/W2/whitelist"),
                ("PATCH", "/v1/warehouses/W2/whitelist"), ("GET", "/v1/warehouses/W2/connections"),
                ("POST", "/v1/warehouses/W2/whitelist/entries"),
                ("PATCH", "/v1/warehouses/W2/connections/public/access-policy"),
                ("GET", "/v1/private-link/warehouses/W2/endpoints"),
                ("DELETE", "/v1/private-link/warehouses/W2/endpoints?endpointId=1"),
                ("GET", "/v1/explain?warehouse=W2&source=10.0.0.1"),
                ("GET", "/v1/policy?warehouse=W2"), ("GET", "/v1/sessions?warehouse=W2"),
                ("GET", "/v1/denials?warehouse=W2"), ("DELETE", "/v1/sessions?warehouse=W2"),
                ("GET", "/v1/backends?warehouse=W2"),
            ] {
                let answer = try await own.expect(404, "WarehouseNotFound", method, path)
                let unknown = path.replacing("W2", with: "W9")
                let other = try await own.expect(404, "WarehouseNotFound", method, unknown)
                #expect(answer.message.replacing("W2", with: "W9") == other.message)
            }
            #expect(try await own.get("/v1/warehouses").texts("warehouseId") == ["W1"])
            #expect(try await own.get("/v1/policy")["warehouses"]?.texts("warehouseId") == ["W1"])
            #expect(try await own.get("/v1/sessions")["total"] == 2)
            for path in ["/v1/status", "/v1/backends", "/v1/endpoints", "/v1/groups"] {
                #expect(try await own.send("GET", path).text.contains("W2") == false, "\(path)")
            }
        }
        #expect(stored.gateway.closings == [])
    }

    @Test("What belongs to no warehouse is only for keys for all of them")
    func organization() async throws {
        let stored = try StoredGateway()
        let secret = try stored.key("w1", .administer, warehouses: ["W1"]).secret
        let before = try stored.snapshot
        try await stored.runWithKeys { api in
            let own = api.with(key: secret)
            for (method, path) in [
                ("POST", "/v1/groups"), ("PATCH", "/v1/groups/office"),
                ("DELETE", "/v1/groups/office"), ("POST", "/v1/groups/office/entries"),
                ("POST", "/v1/groups/office/import"), ("GET", "/v1/keys"), ("POST", "/v1/keys"),
                ("GET", "/v1/audit"), ("GET", "/v1/audit/verify"), ("GET", "/v1/backup"),
                ("PUT", "/v1/policy"), ("POST", "/v1/private-link/endpoint-services"),
                ("DELETE", "/v1/private-link/endpoint-services/x"), ("POST", "/v1/warehouses"),
                ("GET", "/metrics"),
            ] {
                let answer = try await own.expect(403, "Forbidden", method, path)
                #expect(answer.message.contains("one for all"))
            }
        }
        #expect(try stored.snapshot == before)
    }

    @Test("A client can ask who it is")
    func identity() async throws {
        let stored = try StoredGateway()
        let expiry = UnixTime(seconds: 4_000_000_000)
        let (id, secret) = try stored.key(
            "ci",
            .operate,
            warehouses: ["W2", "W1"],
            expiresAt: expiry
        )
        try await stored.runWithKeys { api in
            let data = try await api.with(key: secret).get("/v1/me")
            #expect(
                data == [
                    "kind": "key", "name": "ci", "keyId": .string(id), "role": "operate",
                    "warehouses": ["W1", "W2"], "address": "127.0.0.1",
                    "expiresAt": .string(expiry.rfc3339),
                ]
            )
        }
    }

    @Test("Without a store there are no keys, and the answer names the local socket")
    func noStore() async throws {
        let stored = try StoredGateway()
        let secret = try stored.key("ci", .read).secret
        try await ServedManagement.run(stored.routes(.credentials { nil })) { server in
            let api = APIClient(server: server, key: secret)
            let answer = try await api.expect(401, Self.refusedCode, "GET", "/v1/me")
            #expect(answer.message.contains("no store and so no keys; use its local socket"))
        }
    }

    @Test("With a store that is lost, the answer says why, and that the local socket works")
    func lostStore() async throws {
        let stored = try StoredGateway()
        let writer = PolicyWriter(
            .lastPolicy(stored.gateway.policy, failure: .missing(path: "sluice.db")),
            configured: .sample,
            topology: stored.gateway.topology,
            logger: ServedManagement.logger
        )
        let routes = ManagementRoutes(
            gateway: stored.gateway,
            writer: writer,
            access: .credentials { writer.store }
        )
        let secret = try stored.key("ci", .read).secret
        try await ServedManagement.run(routes) { server in
            let api = APIClient(server: server, key: secret)
            let answer = try await api.expect(401, Self.refusedCode, "GET", "/v1/me")
            #expect(answer.message.contains("sluice.db is missing"))
            #expect(answer.message.contains("only its local socket works"))
            #expect(!answer.message.contains("no store"))
        }
    }

    @Test("Over the local socket, the gateway's user needs no key and may do everything")
    func localSocket() async throws {
        let stored = try StoredGateway()
        let folder = try TemporaryFolder()
        let server = ManagementServer(
            place: .socket(folder.path(of: "s")),
            routes: stored.routes(.localSocket),
            logger: ServedManagement.logger
        )
        try await server.run { _ in
            do {
                let client = ManagementClient(ManagementTarget(socket: folder.path(of: "s")))
                let me: ManagementClient.Answer<JSONValue> = try await client.get("v1/me")
                #expect(me.value["kind"] == "local" && me.value["role"] == "administer")
                #expect(me.value["name"] == .string(LocalUser.name(of: LocalUser.current)))
                #expect(me.value["address"] == nil)
                let group: ManagementClient.Answer<JSONValue> = try await client.send(
                    ManagementRequest(.post, "v1/groups", body: ["name": "office"])
                )
                #expect(group.value["group", "name"] == "office")
            } catch {
                Issue.record(error)
            }
        }
        let acts = try stored.store.audit(after: 0, matching: AuditFilter(), limit: 100)
        let actor = try #require(acts.last?.record.actor)
        #expect(actor.kind == .local && actor.id == "\(LocalUser.current)")
    }

    @Test("Pages of elsewhere must not act with a browser's rights, nor must names of elsewhere")
    func foreign() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            for (headers, code) in [
                (["Origin: http://evil.example"], "ForeignOrigin"),
                (["Origin: null"], "ForeignOrigin"),
                (["Origin: https://127.0.0.1.evil.example"], "ForeignOrigin"),
                (["Host: evil.example"], "UnknownHost"),
            ] {
                let body: JSONValue = ["name": "office"]
                let answer = try await api.send("POST", "/v1/groups", body, headers: headers)
                #expect(answer.status == 403 && answer.code == code, "\(headers)")
            }
            let own = ["Origin: http://127.0.0.1"]
            let answer = try await api.send("POST", "/v1/groups", ["name": "own"], headers: own)
            #expect(answer.status == 201)
        }
        #expect(stored.store.policy.groups.keys.sorted() == ["own"])
    }
}

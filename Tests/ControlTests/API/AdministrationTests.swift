import Foundation
import Policy
import Store
import Testing
import Text
import Time

@testable import Control

@Suite("Keys, the audit and backups over the API", .timeLimit(.minutes(2)))
struct AdministrationTests {
    @Test("A key is created, changed and removed")
    func key() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = [
                "name": "ci", "role": "operate", "warehouses": ["W2", "W1"],
                "expiresAt": "2100-01-01T00:00:00Z", "allowedSources": ["10.0.0.0/8", "::1"],
            ]
            let created = try await api.expect(201, nil, "POST", "/v1/keys", body)
            let id = try #require(created.data["key", "keyId"]?.string)
            let secret = try #require(created.data["secret"]?.string)
            let path = "/v1/keys/\(id)"
            let key = try await api.get(path)
            #expect(key["name"] == "ci" && key["role"] == "operate" && key["createdBy"] == "root")
            #expect(key["warehouses"] == ["W1", "W2"] && key["enabled"] == true)
            #expect(key["allowedSources"] == ["10.0.0.0/8", "::1/128"])
            let masked = try #require(key["maskedKey"]?.string)
            #expect(masked.hasPrefix("sk-") && masked.contains("****"))
            #expect(secret.hasSuffix(masked.suffix(4)))
            let changes: [(JSONValue, String, JSONValue?)] = [
                (["enabled": false], "status", "disabled"), (["name": "cd"], "name", "cd"),
                (["role": "read"], "role", "read"), (["enabled": true], "status", "enabled"),
                ([:], "warehouses", ["W1", "W2"]), (["warehouses": .null], "warehouses", nil),
                (["expiresAt": .null], "expiresAt", nil),
                (["allowedSources": []], "allowedSources", []),
            ]
            for (patch, name, value) in changes {
                try await api.expect(200, nil, "PATCH", path, patch)
                #expect(try await api.get(path)[name] == value, "\(name)")
            }
            try await api.expect(200, nil, "DELETE", path)
            for method in ["GET", "PATCH", "DELETE"] {
                try await api.expect(404, "KeyNotFound", method, path, [:])
            }
            #expect(try await api.send("GET", "/v1/keys").json["total"] == 0)
        }
    }

    @Test(
        "A key that could not be used, or not be told from another, is rejected",
        arguments: [
            (["name": "", "role": "read"], 400, "name"),
            (["name": "a", "role": "root"], 400, "role"),
            (["name": "a"], 400, "role"),
            (["name": "a", "role": "read", "warehouses": []], 400, "warehouses"),
            (["name": "a", "role": "read", "warehouses": ["W3"]], 404, "W3"),
            (["name": "a", "role": "read", "expiresAt": "2020-01-01T00:00:00Z"], 400, "expiresAt"),
            (["name": "a", "role": "read", "expiresAt": ""], 400, "expiresAt"),
            (["name": "a", "role": "read", "allowedSources": ["x"]], 400, "allowedSources"),
            (["name": "taken", "role": "read"], 409, "taken"),
            (["name": "a", "role": "read", "secret": "sk-a"], 400, "secret"),
        ] as [(JSONValue, Int, String)]
    )
    func invalidKey(body: JSONValue, status: Int, words: String) async throws {
        let stored = try StoredGateway()
        _ = try stored.key("taken", .read)
        try await stored.run { api in
            let answer = try await api.send("POST", "/v1/keys", body)
            #expect(answer.status == status && answer.message.contains(words), "\(answer.text)")
        }
        #expect(stored.store.keyring.keys.count == 1)
    }

    @Test("The last use of a key is shown")
    func use() async throws {
        let stored = try StoredGateway()
        let (id, secret) = try stored.key("ci", .administer)
        _ = try stored.key("unused", .read)
        try await stored.runWithKeys { api in
            let own = api.with(key: secret)
            try await own.get("/v1/me")
            let key = try await own.get("/v1/keys/\(id)")
            #expect(key["lastUsedFrom"] == "127.0.0.1" && key["lastUsedAt"]?.string != nil)
            let unused = try await own.get("/v1/keys").array?.first { $0["name"] == "unused" }
            #expect(unused?["lastUsedAt"] == nil)
        }
    }

    @Test("Every act is in the audit: by whom, from where, and what was before")
    func audit() async throws {
        let stored = try StoredGateway()
        let (id, secret) = try stored.key("ci", .administer)
        let request = "6a7f0c9e-1111-4222-8333-444455556666"
        try await stored.runWithKeys { api in
            let own = api.with(key: secret)
            let entries = "/v1/warehouses/W1/whitelist/entries"
            let count = try #require(try await own.send("GET", "/v1/audit").json["total"]?.int)
            try await own.expect(201, nil, "POST", entries, ["cidr": "10.0.0.1"], id: request)
            try await own.expect(200, nil, "PATCH", "\(entries)/1", ["enabled": false])
            try await own.expect(409, "DuplicateEntry", "POST", entries, ["cidr": "10.0.0.1"])
            let list = try await own.send("GET", "/v1/audit")
            #expect(list.json["total"]?.int == count + 2, "what failed is no act")
            let (change, addition) = (list.elements[0], list.elements[1])
            #expect(addition["action"] == "whitelist.entry.add")
            #expect(addition["warehouse"] == "W1" && addition["target"] == "1")
            #expect(addition["requestId"] == .string(request) && addition["before"] == nil)
            #expect(
                addition["actor"] == [
                    "kind": "key", "id": .string(id), "name": "ci", "address": "127.0.0.1",
                ]
            )
            #expect(change["before", "enabled"] == true && change["after", "enabled"] == false)
            for (query, total) in [
                ("warehouse=W1&actor=ci", 2), ("action=whitelist.entry.change", 1),
                ("actor=nobody", 0), ("warehouse=W2&actor=ci", 0), ("action=whitelist.entry", 2),
                ("since=2100-01-01T00:00:00Z", 0), ("until=2020-01-01T00:00:00Z", 0),
                ("since=2020-01-01T00:00:00Z&actor=ci", 2),
            ] {
                let answer = try await own.send("GET", "/v1/audit?\(query)")
                #expect(answer.json["total"]?.int == total, "\(query)")
            }
            try await own.expect(400, "InvalidParameter", "GET", "/v1/audit?since=now")
            for (action, words) in [
                ("whitelist.entri.add", "did you mean whitelist.entry.add?"),
                ("key.x", "key.change, key.create"), ("nonsense", "configuration, endpoint,"),
            ] {
                for path in ["/v1/audit", "/v1/audit/export"] {
                    let answer = try await own.send("GET", "\(path)?action=\(action)")
                    #expect(answer.status == 400 && answer.json["code"] == "InvalidParameter")
                    #expect(answer.message.contains(words), "\(answer.text)")
                }
            }
        }
    }

    @Test("The audit is exported oldest first, a record a line, and its chain can be verified")
    func export() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            for number in 0..<1_100 {
                let name = "g\(number)"
                _ = try stored.store.write(by: .gateway, at: .systemTime) { transaction in
                    try transaction.record(AuditedAct("group.create", target: name))
                }
            }
            let answer = try await api.send("GET", "/v1/audit/export?action=group")
            #expect(answer.headers["content-type"] == "application/x-ndjson")
            let lines = answer.text.split(separator: "\n")
            #expect(lines.count == 1_100)
            #expect(lines.first?.contains("\"target\":\"g0\"") == true)
            #expect(lines.last?.contains("\"target\":\"g1099\"") == true)
            let result = try await api.get("/v1/audit/verify")
            #expect(result["valid"] == true && result["firstInvalid"] == nil)
            let newest = try await api.get("/v1/audit?size=1").array?.first
            #expect(result["head"] == newest?["hash"] && result["count"] == newest?["number"])
            #expect(lines.last?.contains(try #require(newest?["hash"]?.string)) == true)
        }
    }

    @Test("The audit of an unknown warehouse is refused; one that was removed keeps its records")
    func auditOfWarehouse() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            _ = try stored.store.write(by: .gateway, at: .systemTime) { transaction in
                try transaction.record(AuditedAct("whitelist.mode", warehouse: "GONE"))
            }
            for path in ["/v1/audit", "/v1/audit/export"] {
                let query = "\(path)?action=whitelist.mode&warehouse="
                let unknown = try await api.expect(404, "WarehouseNotFound", "GET", query + "W9")
                #expect(unknown.message.contains("unknown warehouse \"W9\""), "\(unknown)")
                #expect(try await api.send("GET", query + "W1").status == 200)
                #expect(try await api.send("GET", query + "GONE").text.contains("whitelist.mode"))
            }
        }
    }

    @Test("A key that removes or disables itself has to confirm that")
    func ownKey() async throws {
        let stored = try StoredGateway()
        try await stored.runWithKeys { api in
            let other = api.with(key: try stored.key("other", .administer).secret)
            let (unused, _) = try stored.key("unused", .read)
            for (method, body) in [("PATCH", ["enabled": false]), ("DELETE", [:])]
                as [(String, JSONValue)]
            {
                let (id, secret) = try stored.key("own \(method)", .administer)
                let own = api.with(key: secret)
                let path = "/v1/keys/\(id)"
                let refusal = try await own.expect(409, "ConfirmationRequired", method, path, body)
                #expect(refusal.message.contains("the key that you are using"), "\(refusal)")
                #expect(try await own.get("/v1/me")["keyId"]?.string == id)
                let trial = try await own.expect(200, nil, method, "\(path)?dryRun=true", body)
                #expect(trial.data["effect", "needsConfirmation"] == refusal.data["reasons"])
                if method == "PATCH" {
                    try await own.expect(200, nil, method, path, ["name": "x"])
                }
                let made = try await own.expect(200, nil, method, "\(path)?confirm=true", body)
                #expect(made.data["effect", "needsConfirmation"] == [])
                #expect(try await own.send("GET", "/v1/me").status == 401)
                let left = try await other.send("GET", path)
                #expect(left.status == (method == "PATCH" ? 200 : 404))
            }
            try await other.expect(200, nil, "DELETE", "/v1/keys/\(unused)")
        }
    }

    @Test("A backup is an SQLite database, and nothing of it stays behind")
    func backup() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let files = {
                try FileManager.default.contentsOfDirectory(atPath: stored.folder.url.path)
            }
            let before = Set(try files())
            let answer = try await api.send("GET", "/v1/backup")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/vnd.sqlite3")
            #expect(answer.text.hasPrefix("SQLite format 3"))
            #expect(Set(try files()) == before)
        }
    }
}

@Suite("The policy as a document", .timeLimit(.minutes(2)))
struct PolicyDocumentTests {
    /// A store with some of everything.
    private static func fill(_ api: APIClient) async throws {
        let w1 = "/v1/warehouses/W1/whitelist"
        let links = "/v1/private-link"
        let calls: [(String, String, JSONValue)] = [
            ("POST", "\(w1)/entries", ["cidr": "10.0.0.1", "description": "host"]),
            ("POST", "\(w1)/entries", ["cidr": "10.1.0.0/16", "action": "deny", "enabled": false]),
            (
                "POST", "\(w1)/entries",
                ["cidr": "2001:DB8::/32", "service": "mysql", "expiresAt": "2100-01-01T00:00:00Z"]
            ),
            ("POST", "/v1/groups", ["name": "office", "description": "all"]),
            ("POST", "/v1/groups/office/entries", ["cidr": "11.0.0.0/8"]),
            ("PATCH", w1, ["groups": ["office"]]),
            (
                "POST", "\(links)/warehouses/W1/services",
                ["serviceId": "vpce-svc-0123456789abcdef0", "cloud": "aws", "region": "eu-west-1"]
            ),
            (
                "POST", "\(links)/warehouses/W1/endpoints",
                ["endpointId": "vpce-0123456789abcdef0", "dnsName": "a.example.com"]
            ),
            (
                "POST", "\(links)/endpoint-services",
                [
                    "cloudProvider": "aws", "region": "eu-west-1",
                    "endpointServiceId": "vpce-svc-1", "endpointServiceName": "com.amazonaws.x",
                ]
            ),
        ]
        for (method, path, body) in calls {
            let answer = try await api.send(method, path, body)
            #expect(answer.status < 300, "\(method) \(path): \(answer.text)")
        }
    }

    @Test("A policy that is applied as it was exported changes nothing")
    func identity() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            try await Self.fill(api)
            let before = try stored.snapshot
            let document = try await api.get("/v1/policy")
            for _ in 0..<2 {
                let answer = try await api.expect(200, nil, "PUT", "/v1/policy", document)
                #expect(answer.data["changes"] == [])
                #expect(try stored.snapshot == before)
            }
        }
    }

    @Test(
        "A policy is taken to another gateway, and applied twice it changes nothing the second time"
    )
    func transfer() async throws {
        let (source, target) = (try StoredGateway(), try StoredGateway())
        try await source.run { api in
            try await Self.fill(api)
            var document = try await api.get("/v1/policy")
            if case .object(var members) = document {
                members["version"] = nil
                document = .object(members)
            }
            let exported = document
            try await target.run { other in
                let path = "/v1/policy"
                let trial = try await other.expect(200, nil, "PUT", "\(path)?dryRun=true", exported)
                let first = try await other.expect(200, nil, "PUT", path, exported)
                #expect(first.data["changes"] == trial.data["changes"])
                #expect(first.data["changes"]?.array?.isEmpty == false)
                let second = try await other.expect(200, nil, "PUT", path, exported)
                #expect(second.data["changes"] == [])
                for key in ["warehouses", "groups", "outboundServices"] {
                    #expect(try await other.get(path)[key] == exported[key], "\(key)")
                }
            }
        }
    }

    @Test("What a document names is replaced, and what it does not name stays")
    func replacement() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            try await Self.fill(api)
            let before = try await api.get("/v1/policy")
            let document: JSONValue = [
                "warehouses": [
                    [
                        "warehouseId": "W1", "mode": "nowhere", "entries": [["cidr": "9.9.9.9"]],
                        "endpoints": [],
                    ]
                ],
                "outboundServices": [],
            ]
            let answer = try await api.expect(200, nil, "PUT", "/v1/policy", document)
            let changes = (answer.data["changes"]?.array ?? []).compactMap(\.string)
            #expect(
                changes == [
                    "warehouse W1: mode specific -> nowhere",
                    "warehouse W1: entries 1 added, 2 removed",
                    "warehouse W1 (mysql): entries 1 removed",
                    "warehouse W1: endpoint aws:vpce-0123456789abcdef0 removed",
                    "outbound service vpce-svc-1: removed",
                ]
            )
            let after = try await api.get("/v1/policy?warehouse=W1")
            let (old, new) = (before["warehouses"]?.array?[0], after["warehouses"]?.array?[0])
            #expect(new?["groups"] == ["office"])
            #expect(new?["endpointServices"] == old?["endpointServices"])
            #expect(try await api.get("/v1/policy")["groups"] == before["groups"])
        }
    }

    @Test("A document with an error changes nothing, and the error's place is named")
    func invalid() async throws {
        let stored = try StoredGateway()
        let before = try stored.snapshot
        try await stored.run { api in
            let group: JSONValue = ["name": "new", "entries": [["cidr": "1.1.1.1"]]]
            func warehouse(_ members: [String: JSONValue]) -> JSONValue {
                let all = ["warehouseId": "W1", "mode": "specific"].merging(members) { $1 }
                return ["groups": [group], "warehouses": [.object(all)]]
            }
            let documents: [(JSONValue, Int, String)] = [
                (warehouse(["x": 1]), 400, "warehouses[0].x: unknown field"),
                (
                    warehouse(["entries": [["cidr": "1.1.1.1"], ["cidrr": "1.1.1.1"]]]), 400,
                    "warehouses[0].entries[1].cidrr: unknown field"
                ),
                (warehouse(["entries": [["cidr": "x"]]]), 400, "invalid CIDR"),
                (warehouse(["entries": [["cidr": 1]]]), 400, "warehouses[0].entries[0].cidr"),
                (warehouse(["mode": "open"]), 400, "warehouses[0].mode"),
                (warehouse(["groups": ["none"]]), 404, "none"),
                (warehouse(["warehouseId": "W3"]), 404, "W3"),
                (
                    warehouse(["entries": [["cidr": "1.1.1.1"], ["cidr": "1.1.1.1/32"]]]), 409,
                    "occurs twice"
                ), (["warehouse": []], 400, "warehouse: unknown field"),
            ]
            for (document, status, words) in documents {
                let answer = try await api.send("PUT", "/v1/policy", document)
                #expect(answer.status == status && answer.message.contains(words), "\(answer.text)")
            }
        }
        #expect(try stored.snapshot == before)
    }
}

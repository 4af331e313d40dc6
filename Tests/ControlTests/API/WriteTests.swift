import Addresses
import CIDRTrie
import Foundation
import Operations
import Policy
import Settings
import Store
import Synchronization
import Testing
import Text
import Time

@testable import Control

private let entries = "/v1/warehouses/W1/whitelist/entries"
private let id = "6a7f0c9e-1111-4222-8333-444455556666"

@Suite("The form of requests and answers", .timeLimit(.minutes(2)))
struct APIFormatTests {
    @Test("Every answer is in the envelope, with the request's own id if it has one")
    func envelope() async throws {
        try await StoredGateway().run { api in
            let known = try await api.send("GET", "/v1/warehouses/W1", id: id.uppercased())
            #expect(known.json["requestId"] == .string(id))
            #expect(known.headers["content-type"] == "application/json")
            let unknown = try await api.send("GET", "/v1/warehouses/W3")
            #expect(unknown.json["success"] == false && unknown.status == 404)
            #expect(unknown.json["requestId"]?.string.flatMap(UUID.init(uuidString:)) != nil)
            #expect(unknown.message.hasSuffix("."))
            #expect(unknown.json["data"] == nil)
        }
    }

    @Test("A list is paged from 1, by 20 unless requested")
    func pages() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let text = (0..<45).map { "10.0.0.\($0)\n" }.joined()
            let body: JSONValue = ["text": .string(text)]
            try await api.expect(200, nil, "POST", "/v1/warehouses/W1/whitelist/import", body)
            for (query, first, count) in [
                ("", "10.0.0.0", 20), ("&page=3", "10.0.0.40", 5), ("&page=4", nil, 0),
                ("&page=2&size=7", "10.0.0.7", 7), ("&size=1000", "10.0.0.0", 45),
                ("&page=1000000000&size=1000", nil, 0),
            ] as [(String, String?, Int)] {
                let answer = try await api.send("GET", "\(entries)?list=entries\(query)")
                #expect(answer.elements.count == count, "\(query)")
                #expect(answer.elements.first?["cidr"]?.string?.hasPrefix(first ?? "-") != false)
                #expect(answer.json["total"] == 45)
            }
            for query in ["page=0", "page=-1", "page=x", "size=0", "size=1001", "page=1&page=2"] {
                #expect(try await api.send("GET", "\(entries)?\(query)").status == 400, "\(query)")
            }
        }
    }

    @Test(
        "A parameter that a call does not have is rejected by name",
        arguments: [
            ("GET", "/v1/warehouses"), ("GET", "/v1/warehouses/W1/whitelist"), ("GET", entries),
            ("POST", entries), ("GET", "/v1/groups"), ("POST", "/v1/groups"), ("GET", "/v1/keys"),
            ("GET", "/v1/audit"), ("GET", "/v1/policy"), ("PUT", "/v1/policy"),
            ("PATCH", "/v1/warehouses/W1/whitelist"),
            ("PATCH", "/v1/warehouses/W1/connections/public/access-policy"),
            ("POST", "/v1/private-link/endpoint-services"),
            ("POST", "/v1/private-link/warehouses/W1/endpoints"),
            ("GET", "/v1/private-link/warehouses/W1/services"),
        ]
    )
    func unknownParameter(method: String, path: String) async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let answer = try await api.send(method, "\(path)?warehose=W1", [:])
            #expect(answer.status == 400 && answer.code == "InvalidParameter")
            #expect(answer.message.contains("warehose"))
        }
    }

    @Test(
        "A body that is not what was expected is rejected, and its field named",
        arguments: [
            ("", "Missing body"), ("   \n", "Missing body"), ("{", "not valid JSON"),
            ("[]", "The body"), ("{}", "cidr"), (#"{"cidr":null}"#, "cidr"),
            (#"{"cidr":10}"#, "cidr has the wrong type"),
            (#"{"cidr":"10.0.0.1","x":1}"#, "x: unknown field"),
            (#"{"cidr":"10.0.0.1","enabled":"yes"}"#, "enabled has the wrong type"),
            (#"{"cidr":"10.0.0"}"#, "cidr: invalid CIDR"), (#"{"cidr":""}"#, "cidr"),
            (#"{"cidr":"10.0.0.1","action":"block"}"#, "action: expected allow or deny"),
            (#"{"cidr":"10.0.0.1","service":"ftp"}"#, "service: expected one of"),
            (#"{"cidr":"10.0.0.1","expiresAt":"tomorrow"}"#, "expiresAt"),
            (#"{"cidr":"10.0.0.1","expiresAt":1795428000}"#, "expiresAt has the wrong type"),
            (#"{"cidr":"10.0.0.1","expiresAt":"1970-01-01T00:00:00Z"}"#, "expiresAt"),
            (#"{"cidr":"10.0.0.1","expiresAt":"1969-12-31T23:59:59Z"}"#, "expiresAt"),
            (#"{"cidr":"10.0.0.1","description":"a\u0000b"}"#, "description"),
        ]
    )
    func body(text: String, words: String) async throws {
        let stored = try StoredGateway()
        let before = try stored.snapshot
        try await stored.run { api in
            let answer = try await api.send("POST", entries, text: text)
            #expect(answer.status == 400 && answer.code == "InvalidParameter", "\(answer.text)")
            #expect(answer.message.contains(words), "\(answer.message)")
        }
        #expect(try stored.snapshot == before)
    }

    @Test("A moment that stands for never elsewhere is rejected wherever an expiry is set")
    func expiry() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.1"])
            let never: JSONValue = "1970-01-01T00:00:00Z"
            let entry: JSONValue = ["cidr": "10.0.0.2", "expiresAt": never]
            let warehouse: JSONValue = [
                "warehouseId": "W1", "mode": "specific", "entries": [entry],
            ]
            let version = JSONValue.number("\(stored.store.policy.warehouses["W1"]?.version ?? 0)")
            let calls: [(String, String, JSONValue)] = [
                ("PATCH", "\(entries)/1", ["expiresAt": never]),
                ("PUT", entries, ["version": version, "entries": [entry]]),
                ("PUT", "/v1/policy", ["warehouses": [warehouse]]),
                ("POST", "/v1/keys", ["name": "x", "role": "read", "expiresAt": never]),
            ]
            for (method, path, body) in calls {
                let answer = try await api.expect(400, "InvalidParameter", method, path, body)
                #expect(answer.message.contains("expiresAt"))
            }
        }
    }

    @Test("An expiry in the past is rejected, unless the entry has it already")
    func pastExpiry() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            // As if it had been added an hour ago, for half an hour.
            let expiry = UnixTime(seconds: UnixTime.systemTime.seconds - 1_800)
            let block = try CIDRBlock(parsing: "10.0.0.1/32")
            let rule = Rule(block: block, action: .allow, expiry: expiry)
            _ = try await stored.writer.write(by: .gateway) { transaction in
                try transaction.add([WhitelistEntry(rule)], to: .warehouse("W1", service: nil))
            }
            let entry: JSONValue = ["cidr": "10.0.0.1", "expiresAt": .string(expiry.rfc3339)]
            let past: JSONValue = "2020-01-01T00:00:00Z"
            let late: JSONValue = ["cidr": "10.0.0.2", "expiresAt": past]
            func version() -> JSONValue {
                .number("\(stored.store.policy.warehouses["W1"]?.version ?? 0)")
            }
            for (method, path, body) in [
                ("POST", entries, late), ("PATCH", "\(entries)/1", ["expiresAt": past]),
                ("PUT", entries, ["version": version(), "entries": [entry, late]]),
                ("POST", "/v1/keys", ["name": "x", "role": "read", "expiresAt": past]),
            ] as [(String, String, JSONValue)] {
                let answer = try await api.expect(400, "InvalidParameter", method, path, body)
                #expect(answer.message.contains("expiresAt: 2020-01-01T00:00:00Z is in the past"))
            }
            #expect(try await api.get("\(entries)/1")["expired"] == true)
            // It can still be described, and be part of a list that is written back.
            try await api.expect(200, nil, "PATCH", "\(entries)/1", ["description": "was Anna's"])
            let list: JSONValue = ["version": version(), "entries": [entry]]
            try await api.expect(200, nil, "PUT", entries, list)
        }
    }

    @Test("A description that is empty is absent in every answer")
    func emptyDescription() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let service: JSONValue = [
                "serviceId": "vpce-svc-0123456789abcdef0", "cloud": "aws", "region": "eu-west-1",
                "description": "",
            ]
            let links = "/v1/private-link/warehouses/W1"
            let endpoint = "\(links)/endpoints/vpce-0123456789abcdef0"
            try await api.expect(
                200,
                nil,
                "POST",
                "\(links)/endpoints",
                ["endpointId": "vpce-0123456789abcdef0", "description": "x"]
            )
            for (status, method, path, body, member) in [
                (201, "POST", entries, ["cidr": "10.0.0.1", "description": ""], "entry"),
                (200, "PATCH", "\(entries)/1", ["description": ""], "entry"),
                (201, "POST", "/v1/groups", ["name": "a", "description": ""], "group"),
                (201, "POST", "\(links)/services", service, "service"),
                (200, "PATCH", endpoint, ["description": ""], "endpoint"),
            ] as [(Int, String, String, JSONValue, String)] {
                let answer = try await api.expect(status, nil, method, path, body)
                #expect(answer.data[member] != nil, "\(method) \(path): \(answer.text)")
                #expect(answer.data[member, "description"] == nil, "\(method) \(path)")
            }
            for path in ["/v1/groups/a", "\(entries)/1"] {
                #expect(try await api.get(path)["description"] == nil, "\(path)")
            }
        }
    }

    @Test("A body that is too large is rejected without being read to its end")
    func largeBody() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let long = String(repeating: "x", count: 1 << 20)
            let body: JSONValue = ["cidr": "10.0.0.1", "description": .string(long)]
            try await api.expect(413, "PayloadTooLarge", "POST", entries, body)
            let head = "PUT /v1/policy HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000000"
            let (answer, byteCount) = try await onOwnThread {
                let client = try RawClient(port: api.server.port)
                client.send(head + "\r\n\r\n")
                let piece = String(repeating: " ", count: 65_536)
                let count = try client.sendUntilCutOff(piece, limit: 1 << 30)
                return (try client.receive(), count)
            }
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 413 "))
            #expect(byteCount < 256 << 20)
        }
    }

    @Test("A list's body may be larger than others")
    func largeList() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let lines = (0..<20_000).map { number in
                "10.\(number >> 8).\(number & 255).7 \(String(repeating: "x", count: 60))\n"
            }
            let body: JSONValue = ["text": .string(lines.joined())]
            #expect(body.text.utf8.count > 1 << 20)
            let path = "/v1/warehouses/W1/whitelist/import"
            let answer = try await api.expect(200, nil, "POST", path, body)
            #expect(answer.data["added"] == 20_000)
        }
    }
}

@Suite("Writing over the API", .timeLimit(.minutes(2)))
struct WriteTests {
    // MARK: - RequestId

    @Test("The same request with the same id has the effect of one, and gets the same answer")
    func repeated() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = ["cidr": "203.0.113.7"]
            let first = try await api.expect(201, nil, "POST", entries, body, id: id)
            let before = try stored.snapshot
            let second = try await api.expect(201, nil, "POST", entries, body, id: id.uppercased())
            #expect(second.json == first.json)
            #expect(try stored.snapshot == before)
            // A request without an answer's data, too.
            let path = "/v1/warehouses/W1/connections/public/access-policy"
            let policy: JSONValue = ["publicAccessPolicy": "ALLOW_ALL"]
            let other = UUID().uuidString
            let answers = [
                try await api.expect(200, nil, "PATCH", path, policy, id: other),
                try await api.expect(200, nil, "PATCH", path, policy, id: other),
            ]
            #expect(answers[0].json == answers[1].json)
            #expect(answers[0].json["data"] == nil)
        }
    }

    @Test("The same id with another request is a conflict, and nothing is changed")
    func otherContent() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = ["cidr": "203.0.113.7"]
            try await api.expect(201, nil, "POST", entries, body, id: id)
            let before = try stored.snapshot
            let calls: [(String, String, JSONValue?)] = [
                ("POST", entries, ["cidr": "203.0.113.8"]),
                ("POST", "\(entries)?confirm=true", body),
                ("POST", "/v1/warehouses/W2/whitelist/entries", body),
                ("DELETE", "\(entries)/1", nil),
            ]
            for (method, path, body) in calls {
                let code = "IdempotencyConflict"
                try await api.expect(409, code, method, path, body, id: id)
            }
            #expect(try stored.snapshot == before)
        }
    }

    @Test("Two keys may use the same id")
    func otherPrincipal() async throws {
        let stored = try StoredGateway()
        let keys = [try stored.key("a", .operate).secret, try stored.key("b", .operate).secret]
        try await stored.runWithKeys { api in
            for (key, cidr) in zip(keys, ["203.0.113.7", "203.0.113.8"] as [JSONValue]) {
                let own = api.with(key: key)
                try await own.expect(201, nil, "POST", entries, ["cidr": cidr], id: id)
            }
        }
    }

    @Test("An id that is not a UUID is rejected, of a dry run too", arguments: ["", "1", id + "0"])
    func invalidID(text: String) async throws {
        let stored = try StoredGateway()
        let before = try stored.snapshot
        try await stored.run { api in
            for path in [entries, "\(entries)?dryRun=true"] {
                let body: JSONValue = ["cidr": "203.0.113.7"]
                let answer = try await api.expect(
                    400,
                    "InvalidParameter",
                    "POST",
                    path,
                    body,
                    id: text
                )
                #expect(answer.message.contains("RequestId"))
            }
        }
        #expect(try stored.snapshot == before)
    }

    @Test("The id of a request that failed, or was a dry run, can be used again")
    func failed() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = ["cidr": "203.0.113.7"]
            try await api.expect(200, nil, "POST", "\(entries)?dryRun=true", body, id: id)
            try await api.expect(400, "InvalidParameter", "POST", entries, ["cidr": "x"], id: id)
            try await api.expect(201, nil, "POST", entries, body, id: id)
        }
    }

    @Test("While the first request is in flight, its repetition is accepted and another refused")
    func inFlight() async throws {
        let enforcement = FakeGateway(obeysAtOnce: false)
        let stored = try StoredGateway(enforcement: enforcement)
        try await stored.run { api in
            let body: JSONValue = ["cidr": "203.0.113.7"]
            async let first = api.send("POST", entries, body, id: id)
            while enforcement.adoptions.withLock({ $0.isEmpty }) { await Task.yield() }
            let second = try await api.expect(202, nil, "POST", entries, body, id: id)
            #expect(second.data["status"] == "in progress")
            let other: JSONValue = ["cidr": "203.0.113.8"]
            try await api.expect(409, "IdempotencyConflict", "POST", entries, other, id: id)
            enforcement.obey()
            #expect(try await first.status == 201)
            let repeated = try await api.expect(201, nil, "POST", entries, body, id: id)
            #expect(try await repeated.json == first.json)
        }
    }

    @Test("The secret of a key is shown once")
    func secret() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = ["name": "ci", "role": "read"]
            let first = try await api.expect(201, nil, "POST", "/v1/keys", body, id: id)
            let secret = try #require(first.data["secret"]?.string)
            #expect(secret.hasPrefix("sk-"))
            let second = try await api.expect(201, nil, "POST", "/v1/keys", body, id: id)
            #expect(second.data["secret"] == nil)
            #expect(second.data["key"] == first.data["key"])
            #expect(stored.store.keyring.keys.count == 1)
            for path in ["/v1/keys", "/v1/audit", "/v1/audit/export", "/v1/policy"] {
                #expect(!(try await api.send("GET", path).text.contains(secret)), "\(path)")
            }
        }
    }

    // MARK: - Dry runs and confirmation

    @Test("A dry run answers what would be done, and changes nothing")
    func dryRun() async throws {
        let stored = try StoredGateway(sessions: Session.many(3, of: ["W1", "W2"]))
        try await stored.run { api in
            try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.0/8"])
            try await api.expect(201, nil, "POST", "/v1/groups", ["name": "office"])
            let before = try stored.snapshot
            let policy = JSONValue.number("\(before.policy.revision.number)")
            let list = JSONValue.number("\(before.policy.warehouses["W1"]?.version ?? 0)")
            let calls: [(String, String, JSONValue?, version: JSONValue)] = [
                ("POST", entries, ["cidr": "203.0.113.7"], policy),
                ("DELETE", "\(entries)/1", nil, policy),
                ("PATCH", "\(entries)/1", ["enabled": false], policy),
                ("PUT", entries, ["version": list, "entries": []], list),
                ("POST", "/v1/warehouses/W1/whitelist/import", ["text": "1.1.1.1"], list),
                ("PATCH", "/v1/warehouses/W1/whitelist", ["mode": "nowhere"], list),
                ("POST", "/v1/groups", ["name": "b"], policy),
                ("DELETE", "/v1/groups/office", nil, policy),
                ("PATCH", "/v1/groups/office", ["name": "c"], policy),
                ("POST", "/v1/groups/office/entries", ["cidr": "1.1.1.1"], policy),
                ("POST", "/v1/keys", ["name": "ci", "role": "read"], policy),
                ("PUT", "/v1/policy", ["groups": [["name": "d"]]], policy),
            ]
            for (method, path, body, version) in calls {
                let answer = try await api.expect(200, nil, method, "\(path)?dryRun=true", body)
                #expect(answer.data["effect", "dryRun"] == true, "\(method) \(path)")
                #expect(answer.data["effect", "version"] == version, "\(method) \(path)")
                #expect(answer.data["secret"] == nil, "no key has it")
                #expect(try stored.snapshot == before)
            }
            #expect(stored.enforcement.enforced.withLock { $0.count } == 2)
            let path = "\(entries)/1?dryRun=true"
            let closing = try await api.expect(200, nil, "DELETE", path).data
            #expect(closing["effect", "closesSessions"] == 2, "those of W1")
        }
    }

    @Test("A write says how many sessions it closes, and its repetition the same")
    func closedSessions() async throws {
        let stored = try StoredGateway(sessions: Session.many(3, of: ["W1", "W2"]))
        try await stored.run { api in
            let added = try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.0/8"])
            #expect(added.data["effect", "closesSessions"] == 0)
            #expect(added.data["effect", "sessions"] == nil)
            let path = "\(entries)/1"
            let trial = try await api.expect(200, nil, "DELETE", "\(path)?dryRun=true").data
            for _ in 0..<2 {
                let answer = try await api.expect(200, nil, "DELETE", path, id: id)
                #expect(answer.data["effect", "closesSessions"] == 2, "those of W1")
                #expect(
                    answer.data["effect", "closesSessions"] == trial["effect", "closesSessions"]
                )
            }
            let key: JSONValue = ["name": "ci", "role": "read"]
            let answer = try await api.expect(201, nil, "POST", "/v1/keys", key)
            #expect(answer.data["effect", "closesSessions"] == 0)
        }
    }

    @Test("What a preview of an import shows binds the import that follows")
    func previewBinds() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.0/8"])
            // Changes the policy, and not the whitelist.
            try await api.expect(201, nil, "POST", "/v1/groups", ["name": "office"])
            for owner in ["/v1/warehouses/W1/whitelist", "/v1/groups/office"] {
                let path = "\(owner)/import"
                let preview = try await api.expect(
                    200,
                    nil,
                    "POST",
                    "\(path)?dryRun=true",
                    ["text": "1.1.1.1"]
                )
                let version = try #require(preview.data["effect", "version"])
                let body: JSONValue = ["text": "1.1.1.1", "version": version]
                try await api.expect(200, nil, "POST", path, body)
                try await api.expect(409, "VersionConflict", "POST", path, body)
            }
        }
    }

    @Test("Opening a warehouse to the world has to be confirmed")
    func opening() async throws {
        let stored = try StoredGateway()
        let whitelist = "/v1/warehouses/W1/whitelist"
        try await stored.run { api in
            let before = try stored.snapshot
            let calls: [(String, String, JSONValue)] = [
                ("PATCH", whitelist, ["mode": "anywhere"]),
                ("POST", entries, ["cidr": "0.0.0.0/0"]),
                ("POST", entries, ["cidr": "::/0", "service": "mysql"]),
                ("POST", "\(whitelist)/import", ["text": "1.1.1.1\n::/0"]),
                ("PUT", "/v1/policy", ["warehouses": [["warehouseId": "W1", "mode": "anywhere"]]]),
            ]
            for (method, path, body) in calls {
                let refusal = try await api.expect(
                    409,
                    "ConfirmationRequired",
                    method,
                    path,
                    body
                )
                #expect(refusal.data["reasons"]?.array?.count == 1)
                #expect(refusal.message.contains("opens warehouse W1 to every address"))
                let trial = try await api.expect(200, nil, method, "\(path)?dryRun=true", body)
                #expect(trial.data["effect", "needsConfirmation"] == refusal.data["reasons"])
                #expect(try stored.snapshot == before)
            }
            let path = "\(whitelist)?confirm=maybe"
            try await api.expect(400, "InvalidParameter", "PATCH", path, ["mode": "anywhere"])
            try await api.expect(
                200,
                nil,
                "PATCH",
                "\(whitelist)?confirm=true",
                ["mode": "anywhere"]
            )
            #expect(stored.gateway.policy["W1"].whitelist.mode == .anywhere)
            // In halves, too.
            let half = "/v1/warehouses/W1/whitelist?confirm=true"
            try await api.expect(200, nil, "PATCH", half, ["mode": "specific"])
            for cidr in ["0.0.0.0/1", "2000::/4"] as [JSONValue] {
                let code = "ConfirmationRequired"
                let refusal = try await api.expect(409, code, "POST", entries, ["cidr": cidr])
                #expect(refusal.message.contains("50% of all addresses"))
            }
            try await api.expect(200, nil, "PATCH", half, ["mode": "anywhere"])
            // It is open already.
            try await api.expect(201, nil, "POST", entries, ["cidr": "0.0.0.0/0"])
        }
    }

    @Test("Cutting off one's own address has to be confirmed")
    func lockout() async throws {
        let stored = try StoredGateway()
        let address = IPAddress.v4(IPv4Address(203, 0, 113, 7))
        let whitelist = "/v1/warehouses/W1/whitelist"
        try await stored.run(as: .holder(of: .administer, address: address)) { api in
            try await api.expect(201, nil, "POST", entries, ["cidr": "203.0.113.0/24"])
            try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.0/8"])
            let before = try stored.snapshot
            let calls: [(String, String, JSONValue?)] = [
                ("DELETE", "\(entries)/1", nil), ("PATCH", "\(entries)/1", ["enabled": false]),
                ("POST", entries, ["cidr": "203.0.113.7", "action": "deny"]),
                ("POST", entries, ["cidr": "203.0.113.7", "action": "deny", "service": "mysql"]),
                ("PATCH", whitelist, ["mode": "nowhere"]),
                ("POST", "\(whitelist)/import", ["text": "1.1.1.1", "mode": "replace"]),
            ]
            for (method, path, body) in calls {
                let refusal = try await api.expect(
                    409,
                    "ConfirmationRequired",
                    method,
                    path,
                    body
                )
                #expect(refusal.message.contains("your own address, 203.0.113.7, from"))
                #expect(try stored.snapshot == before)
            }
            try await api.expect(200, nil, "DELETE", "\(entries)/2")
            try await api.expect(200, nil, "DELETE", "\(entries)/1?confirm=true")
            // The contract's client cannot confirm.
            try await api.expect(
                200,
                nil,
                "PATCH",
                "/v1/warehouses/W2/connections/public/access-policy",
                ["publicAccessPolicy": "DENY_ALL"]
            )
        }
    }

    // MARK: - Conflicts and failures

    @Test("A write by somebody who has not seen the last change is refused")
    func versions() async throws {
        let stored = try StoredGateway()
        let whitelist = "/v1/warehouses/W1/whitelist"
        try await stored.run { api in
            try await api.expect(201, nil, "POST", "/v1/groups", ["name": "office"])
            let seen = try #require(try await api.get(whitelist)["version"])
            let seenOfGroup = try #require(try await api.get("/v1/groups/office")["version"])
            let all = try #require(try await api.get("/v1/policy")["version"])
            let effect = try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.0/8"])
            try await api.expect(
                201,
                nil,
                "POST",
                "/v1/groups/office/entries",
                ["cidr": "10.0.0.0/8"]
            )
            let calls: [(String, String, JSONValue)] = [
                ("PATCH", whitelist, ["mode": "nowhere", "version": seen]),
                ("PUT", entries, ["entries": [], "version": seen]),
                ("POST", "\(whitelist)/import", ["text": "1.1.1.1", "version": seen]),
                ("PUT", "/v1/groups/office/entries", ["entries": [], "version": seenOfGroup]),
                ("PUT", "/v1/policy", ["groups": [], "version": all]),
            ]
            for (method, path, body) in calls {
                let answer = try await api.expect(409, "VersionConflict", method, path, body)
                let what = path == "/v1/policy" ? "The policy" : "The whitelist"
                #expect(answer.message.hasPrefix("\(what) has changed"))
            }
            let now = try #require(try await api.get(whitelist)["version"])
            #expect(effect.data["effect", "version"] == now)
            try await api.expect(
                200,
                nil,
                "PATCH",
                whitelist,
                ["mode": "nowhere", "version": now]
            )
        }
    }

    @Test("Who writes too often is told when to try again")
    func rates() async throws {
        let stored = try StoredGateway()
        var routes = stored.routes(.fixed(ServedManagement.administrator))
        let rates = WriteRates()
        // Used up at a time to come, so that nothing is refilled however long the test takes.
        let later = ContinuousClock.now + .seconds(86_400)
        for _ in 0..<400 { try rates.admit(ServedManagement.administrator.id, at: later) }
        #expect(throws: RequestError.self) {
            try rates.admit(ServedManagement.administrator.id, at: later)
        }
        routes.rates = rates
        try await ServedManagement.run(routes) { server in
            let api = APIClient(server: server)
            let body: JSONValue = ["cidr": "10.0.0.1"]
            let answer = try await api.expect(429, "RateLimitExceeded", "POST", entries, body)
            #expect(answer.headers["retry-after"] == "1")
            try await api.get(entries)
        }
        try rates.admit(ServedManagement.administrator.id, at: later + .seconds(1))
        try rates.admit("key:other", at: later)
    }

    @Test("A write that cannot be stored or enforced says so")
    func unavailable() async throws {
        let enforcement = FakeGateway()
        let stored = try StoredGateway(enforcement: enforcement)
        try await stored.run { api in
            let body: JSONValue = ["cidr": "10.0.0.1"]
            enforcement.refusal.withLock { $0 = .stopping }
            let unenforced = try await api.expect(503, "NotEnforced", "POST", entries, body)
            #expect(unenforced.message.contains("is stored, but not active yet"))
            stored.writer.release()
            let other: JSONValue = ["cidr": "10.0.0.2"]
            let refusal = try await api.expect(503, "StoreUnavailable", "POST", entries, other)
            #expect(refusal.message.contains("Nothing was changed"))
        }
    }

    @Test("A write that was stored and not enforced is enforced by its repetition")
    func enforcedLater() async throws {
        let enforcement = FakeGateway()
        let stored = try StoredGateway(enforcement: enforcement)
        try await stored.run { api in
            let body: JSONValue = ["cidr": "10.0.0.1"]
            enforcement.refusal.withLock { $0 = .stopping }
            for _ in 0..<2 {
                try await api.expect(503, "NotEnforced", "POST", entries, body, id: id)
            }
            #expect(stored.gateway.policy["W1"].whitelist.lists.allSatisfy { $0.isFile })
            enforcement.refusal.withLock { $0 = nil }
            for _ in 0..<2 { try await api.expect(201, nil, "POST", entries, body, id: id) }
            #expect(stored.gateway.policy["W1"].whitelist.lists.contains { $0.name == .entries })
            #expect(enforcement.enforced.withLock { $0.count } == 1)
        }
    }

    @Test("A store that is lost while the gateway runs shows in the status at once")
    func lostMeanwhile() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            #expect(try await api.get("/v1/status")["policy", "storeFailure"] == nil)
            #expect(try await api.send("GET", "/metrics").text.contains("sluice_store_lost 0"))
            let path = stored.folder.path(of: "sluice.db")
            try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
            let failure = try await api.get("/v1/status")["policy", "storeFailure"]?.string
            #expect(failure?.contains("sluice.db is missing") == true)
            #expect(try await api.send("GET", "/metrics").text.contains("sluice_store_lost 1"))
            let body: JSONValue = ["cidr": "10.0.0.2"]
            try await api.expect(503, "StoreUnavailable", "POST", entries, body)
            try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
            try await api.expect(201, nil, "POST", entries, body)
            #expect(try await api.get("/v1/status")["policy", "storeFailure"] == nil)
        }
    }

    @Test("With a store that is lost, everything can be read and nothing changed")
    func lostStore() async throws {
        let stored = try StoredGateway()
        let writer = PolicyWriter(
            .lastPolicy(stored.gateway.policy, failure: .missing(path: "sluice.db")),
            configured: .sample,
            topology: stored.gateway.topology,
            logger: ServedManagement.logger
        )
        let access = ManagementAccess.fixed(ServedManagement.administrator)
        let routes = ManagementRoutes(gateway: stored.gateway, writer: writer, access: access)
        try await ServedManagement.run(routes) { server in
            let api = APIClient(server: server)
            for path in ["/v1/warehouses", "/v1/warehouses/W1/whitelist", entries, "/v1/groups"] {
                try await api.get(path)
            }
            for (method, path) in [("POST", entries), ("PUT", "/v1/policy"), ("POST", "/v1/keys")] {
                let answer = try await api.expect(503, "StoreUnavailable", method, path, [:])
                #expect(answer.message.contains("sluice.db is missing"))
            }
            let failure = try await api.get("/v1/status")["policy", "storeFailure"]?.string
            #expect(failure?.contains("sluice.db is missing") == true)
            let metrics = try await api.send("GET", "/metrics").text
            #expect(metrics.contains("sluice_store_lost 1"))
        }
    }
}

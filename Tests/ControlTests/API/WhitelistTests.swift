import Addresses
import CIDRTrie
import Policy
import Store
import Testing
import Text
import Time

@testable import Control

private let whitelist = "/v1/warehouses/W1/whitelist"
private let entries = "/v1/warehouses/W1/whitelist/entries"

@Suite("Whitelists over the API", .timeLimit(.minutes(2)))
struct WhitelistTests {
    @Test("An entry is added, read, changed and removed, and enforced each time")
    func life() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let added = try await api.expect(
                201,
                nil,
                "POST",
                entries,
                [
                    "cidr": "203.0.113.0/24", "action": "deny", "description": "Büro",
                    "enabled": false, "expiresAt": "2100-01-01T01:00:00+01:00",
                ]
            )
            let entry = try #require(added.data["entry"])
            let known: [String: JSONValue] = [
                "entryId": "1", "list": "entries", "cidr": "203.0.113.0/24",
                "block": "203.0.113.0/24", "action": "deny", "description": "Büro",
                "enabled": false, "expired": false, "expiresAt": "2100-01-01T00:00:00Z",
                "editor": "root",
            ]
            for (name, value) in known { #expect(entry[name] == value, "\(name)") }
            #expect(entry["editedAt"]?.string != nil)
            #expect(try await api.get("\(entries)/1") == entry)
            #expect(try await api.get("\(entries)?list=entries").array == [entry])
            let changes: [(JSONValue, String, JSONValue?)] = [
                (["enabled": true], "enabled", true), (["action": "allow"], "action", "allow"),
                (["description": "x"], "description", "x"),
                (["expiresAt": .null], "expiresAt", nil),
                (["cidr": "203.0.113.7"], "block", "203.0.113.7/32"),
                (["expiresAt": "2101-01-01T00:00:00Z"], "expired", false),
                ([:], "cidr", "203.0.113.7"),
            ]
            for (body, name, value) in changes {
                let answer = try await api.expect(200, nil, "PATCH", "\(entries)/1", body)
                #expect(answer.data["entry"]?[name] == value, "\(name)")
                #expect(try await api.get("\(entries)/1")[name] == value)
            }
            let list = stored.gateway.policy["W1"].whitelist.lists.first { $0.name == .entries }
            #expect(list?.entries.map(\.entry.text) == ["203.0.113.7"])
            try await api.expect(200, nil, "DELETE", "\(entries)/1")
            for method in ["GET", "PATCH", "DELETE"] {
                try await api.expect(404, "EntryNotFound", method, "\(entries)/1", [:])
            }
            let next = try await api.expect(201, nil, "POST", entries, ["cidr": "203.0.113.7"])
            #expect(next.data["entry", "entryId"] == "2", "an id is not used again")
        }
        #expect(stored.gateway.policy["W1"].whitelist.lists.first?.count == 1)
    }

    @Test(
        "An id of another form is no entry",
        arguments: ["x", "01", "-1", "ftp-1", "mysql-", "4294967296"]
    )
    func oddID(id: String) async throws {
        try await StoredGateway().run { api in
            try await api.expect(404, "EntryNotFound", "GET", "\(entries)/\(id)")
            try await api.expect(404, "EntryNotFound", "DELETE", "\(entries)/\(id)")
        }
    }

    @Test("An entry for one service is in a list of its own")
    func service() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = ["cidr": "10.0.0.0/8", "service": "mysql"]
            let added = try await api.expect(201, nil, "POST", entries, body)
            #expect(added.data["entry", "entryId"] == "mysql-1")
            #expect(added.data["entry", "list"] == "mysql")
            try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.0/8"])
            #expect(try await api.get("\(entries)?list=mysql").texts("entryId") == ["mysql-1"])
            try await api.expect(200, nil, "PATCH", "\(entries)/mysql-1", ["enabled": false])
            #expect(try await api.get("\(entries)/1")["enabled"] == true)
            try await api.expect(200, nil, "DELETE", "\(entries)/mysql-1")
            try await api.expect(404, "EntryNotFound", "GET", "\(entries)/mysql-1")
        }
    }

    @Test("A block is in a list once, and the entry that has it is named")
    func duplicate() async throws {
        try await StoredGateway().run { api in
            try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.1"])
            try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.2"])
            for (method, path, cidr) in [
                ("POST", entries, "10.0.0.1/32"), ("POST", entries, "::ffff:10.0.0.1"),
                ("PATCH", "\(entries)/2", "10.0.0.1"),
            ] {
                let body: JSONValue = ["cidr": .string(cidr)]
                let answer = try await api.expect(409, "DuplicateEntry", method, path, body)
                #expect(answer.message.contains("entry 1"), "\(cidr)")
            }
        }
    }

    @Test("Entries are selected by list, by an address in them, and by text")
    func selection() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            for (cidr, description) in [
                ("10.0.0.0/8", "Office"), ("10.1.0.0/16", "lab"), ("2001:DB8::/32", "six"),
            ] {
                let body: JSONValue = [
                    "cidr": .string(cidr), "description": .string(description),
                ]
                try await api.expect(201, nil, "POST", entries, body)
            }
            for (query, cidrs) in [
                ("source=10.1.2.3", ["10.0.0.0/8", "10.1.0.0/16"]),
                ("source=10.2.2.2", ["10.0.0.0/8"]),
                ("source=::ffff:10.2.2.2", ["10.0.0.0/8"]), ("text=OFFICE", ["10.0.0.0/8"]),
                ("text=10.1", ["10.1.0.0/16"]), ("text=2001:db8", ["2001:DB8::/32"]),
                ("text=branch", ["198.51.100.0/24"]),
                ("list=file:office.cidrs", ["198.51.100.0/24"]),
                ("list=http", []), ("list=entries&text=branch", []),
                ("source=198.51.100.9&size=1", ["198.51.100.0/24"]),
            ] {
                let answer = try await api.send("GET", "\(entries)?\(query)")
                #expect(answer.data.texts("cidr") == cidrs, "\(query)")
                #expect(answer.json["total"]?.int == cidrs.count, "\(query)")
            }
            try await api.expect(400, "InvalidParameter", "GET", "\(entries)?source=10.0.0.0/8")
        }
    }

    @Test("Entries of files and groups are shown in a warehouse's list, and not changed there")
    func readOnly() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            try await api.expect(201, nil, "POST", "/v1/groups", ["name": "office"])
            let group = "/v1/groups/office/entries"
            let added = try await api.expect(201, nil, "POST", group, ["cidr": "10.0.0.0/8"])
            #expect(added.data["entry", "entryId"] == "1")
            try await api.expect(200, nil, "PATCH", whitelist, ["groups": ["office"]])
            let list = try await api.get(entries)
            #expect(list.texts("list") == ["group:office", "file:office.cidrs"])
            #expect(list.texts("entryId") == [nil, nil])
            #expect(try await api.get(group).texts("entryId") == ["1"])
            for method in ["GET", "PATCH", "DELETE"] {
                try await api.expect(404, "EntryNotFound", method, "\(entries)/1", [:])
            }
            let lists = try #require(try await api.get(whitelist)["lists"]?.array)
            #expect(
                lists == [
                    ["list": "group:office", "count": 1, "readOnly": true],
                    ["list": "file:office.cidrs", "count": 1, "readOnly": true],
                ]
            )
        }
    }

    @Test("How often an entry has decided is shown")
    func hits() async throws {
        let stored = try StoredGateway()
        let list = try #require(stored.gateway.policy["W1"].whitelist.lists.first { $0.isFile })
        var hits = EntryHitTable()
        let block = try #require(list.trie.rules.first?.block)
        for _ in 0..<3 {
            let key = EntryHitTable.Key(list: list.series, block: block)
            hits.record(key, at: UnixTime(seconds: 1_795_428_000))
        }
        let routes = ServedManagement.routes(
            of: FixedGateway(topology: .sample, hits: hits) { stored.gateway.policy }
        )
        try await ServedManagement.run(routes) { server in
            let entry = try await APIClient(server: server).get(entries).array?.first
            #expect(entry?["hits"] == 3)
            #expect(entry?["lastHitAt"] == "2026-11-23T10:00:00Z")
        }
    }

    @Test("A list is replaced as a whole; entries that stay keep their ids")
    func wholeList() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            for cidr in ["10.0.0.1", "10.0.0.2", "10.0.0.3"] as [JSONValue] {
                try await api.expect(201, nil, "POST", entries, ["cidr": cidr])
            }
            func body(_ list: JSONValue) async throws -> JSONValue {
                let version = try #require(try await api.get(whitelist)["version"])
                return ["version": version, "entries": list]
            }
            let wanted: JSONValue = [
                ["cidr": "10.0.0.4"], ["cidr": "10.0.0.2"],
                ["cidr": "10.0.0.3", "description": "changed"],
            ]
            let answer = try await api.expect(200, nil, "PUT", entries, try await body(wanted))
            #expect(answer.data["added"] == 1 && answer.data["removed"] == 1)
            #expect(answer.data["changed"] == 1 && answer.data["unchanged"] == 1)
            let list = try await api.get("\(entries)?list=entries")
            #expect(list.texts("cidr") == ["10.0.0.2", "10.0.0.3", "10.0.0.4"])
            #expect(list.texts("entryId") == ["2", "3", "4"])
            let faults: [(JSONValue, String)] = [
                ([["cidr": "10.0.0.1"], ["cidr": "x"]], "entries[1].cidr"),
                ([["cidr": "10.0.0.1", "x": 1]], "entries[0].x: unknown field"),
                ([["cidr": "10.0.0.1", "service": "mysql"]], "entries[0].service"),
            ]
            for (list, words) in faults {
                let answer = try await api.expect(
                    400,
                    "InvalidParameter",
                    "PUT",
                    entries,
                    try await body(list)
                )
                #expect(answer.message.contains(words))
            }
            let twice: JSONValue = [["cidr": "1.1.1.1"], ["cidr": "1.1.1.1/32"]]
            try await api.expect(409, "DuplicateEntry", "PUT", entries, try await body(twice))
            try await api.expect(400, "InvalidParameter", "PUT", entries, ["entries": []])
        }
    }

    @Test("A text is imported; with an error in it nothing is, and its lines are named")
    func importing() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let text = """
                # offices
                203.0.113.0/24 Berlin
                198.51.100.7

                10.0.0.0-10.0.0.2
                203.0.113.0/24 again
                """
            let path = "\(whitelist)/import"
            let body: JSONValue = ["text": .string(text)]
            let first = try await api.expect(200, nil, "POST", path, body)
            #expect(first.data["added"] == 4 && first.data["errors"] == [])
            let again = try await api.expect(200, nil, "POST", path, body)
            #expect(again.data["unchanged"] == 4 && again.data["added"] == 0)
            let list = try await api.get("\(entries)?text=berlin")
            #expect(list.texts("cidr") == ["203.0.113.0/24"])
            let before = try stored.snapshot
            let faulty = "1.1.1.1\nhost.example\n\n300.0.0.1/8 x\n"
            let refusal = try await api.expect(
                400,
                "InvalidList",
                "POST",
                path,
                ["text": .string(faulty)]
            )
            let errors = try #require(refusal.data["errors"]?.array)
            #expect(errors.map { $0["line"] } == [2, 4])
            #expect(errors.map { $0["text"] } == ["host.example", "300.0.0.1/8 x"])
            #expect(errors.allSatisfy { $0["message"]?.string?.isEmpty == false })
            #expect(refusal.message.contains("2 errors") && refusal.message.contains("line 2"))
            #expect(try stored.snapshot == before)

            let denied: JSONValue = ["text": "9.9.9.9", "action": "deny", "service": "http"]
            try await api.expect(200, nil, "POST", path, denied)
            let http = try await api.get("\(entries)?list=http")
            #expect(http.texts("action") == ["deny"] && http.texts("entryId") == ["http-1"])
            let new: JSONValue = ["text": "203.0.113.0/24 Berlin", "mode": "replace"]
            let replaced = try await api.expect(200, nil, "POST", path, new)
            #expect(replaced.data["removed"] == 3 && replaced.data["unchanged"] == 1)
            let odd: JSONValue = ["text": "", "mode": "merge"]
            try await api.expect(400, "InvalidParameter", "POST", path, odd)
        }
    }

    @Test("An entry without effect is added with a warning, and the whitelist warns of it")
    func warnings() async throws {
        try await StoredGateway().run { api in
            try await api.expect(201, nil, "POST", entries, ["cidr": "10.0.0.0/8"])
            let answer = try await api.expect(201, nil, "POST", entries, ["cidr": "10.1.0.0/16"])
            let warnings = answer.data["effect", "warnings"]
            #expect(warnings == ["redundant: covered by 10.0.0.0/8 (entry 1)"])
            let all = try await api.get(whitelist)["warnings"]?.array
            #expect(
                all == ["10.1.0.0/16 (entry 2) is redundant: covered by 10.0.0.0/8 (entry 1)"]
            )
            try await api.expect(200, nil, "DELETE", "\(entries)/2")
            let last = try await api.expect(200, nil, "DELETE", "\(entries)/1")
            #expect(last.data["effect", "warnings"]?.array?.isEmpty == true, "there is a file")
        }
    }

    @Test("A mode is changed, and a word that is none is rejected")
    func mode() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let answer = try await api.expect(200, nil, "PATCH", whitelist, ["mode": "nowhere"])
            #expect(answer.data["whitelist", "mode"] == "nowhere")
            #expect(try await api.get(whitelist)["mode"] == "nowhere")
            let odd: JSONValue = ["mode": "everywhere"]
            let refusal = try await api.expect(400, "InvalidParameter", "PATCH", whitelist, odd)
            #expect(refusal.message.contains("anywhere, nowhere, specific"))
            let group: JSONValue = ["groups": ["none"]]
            try await api.expect(404, "GroupNotFound", "PATCH", whitelist, group)
            try await api.expect(
                404,
                "WarehouseNotFound",
                "PATCH",
                "/v1/warehouses/W3/whitelist",
                [:]
            )
        }
        #expect(stored.gateway.policy["W1"].whitelist.mode == .nowhere)
    }
}

@Suite("Groups over the API", .timeLimit(.minutes(2)))
struct GroupRoutesTests {
    @Test("A group is created, used, renamed and removed")
    func life() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let body: JSONValue = ["name": "office", "description": "all"]
            let created = try await api.expect(201, nil, "POST", "/v1/groups", body)
            let group = try #require(created.data["group"])
            #expect(group["name"] == "office" && group["description"] == "all")
            #expect(group["count"] == 0 && group["warehouses"] == [])
            #expect(try await api.get("/v1/groups").array == [group])
            try await api.expect(409, "AlreadyExists", "POST", "/v1/groups", body)
            for name in ["", "a b", "a/b", String(repeating: "x", count: 65)] {
                let odd: JSONValue = ["name": .string(name)]
                try await api.expect(400, "InvalidParameter", "POST", "/v1/groups", odd)
            }
            for id in ["W1", "W2"] {
                let path = "/v1/warehouses/\(id)/whitelist"
                try await api.expect(200, nil, "PATCH", path, ["groups": ["office"]])
            }
            let renamed: JSONValue = ["name": "partners", "description": ""]
            try await api.expect(200, nil, "PATCH", "/v1/groups/office", renamed)
            try await api.expect(404, "GroupNotFound", "GET", "/v1/groups/office")
            let used = try await api.get("/v1/groups/partners")
            #expect(used["warehouses"] == ["W1", "W2"] && used["description"] == nil)
            let whitelist = try await api.get("/v1/warehouses/W1/whitelist")
            #expect(whitelist["groups"] == ["partners"])
            let path = "/v1/groups/partners"
            let refusal = try await api.expect(409, "OperationConflict", "DELETE", path)
            #expect(refusal.message.contains("W1, W2"))
            for id in ["W1", "W2"] {
                let path = "/v1/warehouses/\(id)/whitelist"
                try await api.expect(200, nil, "PATCH", path, ["groups": []])
            }
            try await api.expect(200, nil, "DELETE", path)
            #expect(try await api.get("/v1/groups").array == [])
        }
    }

    @Test("A group's entries are changed in every warehouse that uses it")
    func entries() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let path = "/v1/groups/office"
            try await api.expect(201, nil, "POST", "/v1/groups", ["name": "office"])
            try await api.expect(
                200,
                nil,
                "PATCH",
                "/v1/warehouses/W1/whitelist",
                ["groups": ["office"]]
            )
            let text: JSONValue = ["text": "10.0.0.0/8\n11.0.0.0/8"]
            let imported = try await api.expect(200, nil, "POST", "\(path)/import", text)
            #expect(imported.data["added"] == 2)
            try await api.expect(200, nil, "PATCH", "\(path)/entries/2", ["action": "deny"])
            try await api.expect(200, nil, "DELETE", "\(path)/entries/1")
            #expect(try await api.get("\(path)/entries/2")["action"] == "deny")
            let list = stored.gateway.policy["W1"].whitelist.lists.first {
                $0.name == .group("office")
            }
            #expect(list?.entries.map(\.entry.rule.action) == [.deny])
            let service: JSONValue = ["cidr": "1.1.1.1", "service": "mysql"]
            try await api.expect(400, "InvalidParameter", "POST", "\(path)/entries", service)
            let unknown = "/v1/groups/none/entries"
            try await api.expect(404, "GroupNotFound", "GET", unknown)
            try await api.expect(404, "GroupNotFound", "POST", unknown, ["cidr": "1.1.1.1"])
        }
    }
}

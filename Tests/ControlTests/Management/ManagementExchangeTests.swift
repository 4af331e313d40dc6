import Foundation
import ScriptedServers
import Sockets
import Synchronization
import Testing
import Text

@testable import Control

@Suite("Changing a running gateway", .timeLimit(.minutes(2)))
struct ManagementExchangeTests {
    private struct Name: Decodable, Equatable {
        var name: String
    }

    private func client(
        _ server: ScriptedServer,
        key: String? = nil,
        attempts: Int = 3
    ) throws -> ManagementClient {
        var limits = ManagementClient.Limits()
        limits.attempts = attempts
        let address = try ManagementAddress(parsing: server.address)
        return ManagementClient(ManagementTarget(address, key: key), limits: limits)
    }

    private let busy = ScriptedServer.Answer.refusal(
        503,
        code: "StoreUnavailable",
        headers: ["Retry-After: 0"]
    )

    @Test("A write carries the key, its JSON and a request id")
    func write() async throws {
        try await ScriptedServer.run([.data(#"{"name":"ci"}"#)]) { server in
            let request = ManagementRequest(
                .patch,
                "v1/keys/a%2Fb",
                query: [(key: "dryRun", value: "true")],
                body: ["name": "ci", "expiresAt": .null]
            )
            let answer: ManagementClient.Answer<Name> =
                try await client(server, key: "sk-1").send(request)
            #expect(answer.value == Name(name: "ci"))
            let sent = try #require(server.requests.first)
            #expect(sent.call == "PATCH /v1/keys/a%2Fb?dryRun=true")
            #expect(sent.headers["x-api-key"] == "sk-1")
            #expect(sent.headers["content-type"] == "application/json")
            #expect(sent.headers["requestid"].flatMap(UUID.init(uuidString:)) != nil)
            #expect(sent.body == #"{"expiresAt":null,"name":"ci"}"#)
        }
    }

    @Test("A busy gateway is tried again with the same request id", arguments: [202, 429, 503])
    func retry(status: Int) async throws {
        let busy = ScriptedServer.Answer.refusal(status, code: "X", headers: ["Retry-After: 0"])
        try await ScriptedServer.run([busy, busy, .data("{}")]) { server in
            let client = try client(server)
            for _ in 0..<2 {
                let request = ManagementRequest(.post, "v1/keys", body: [:])
                let _: ManagementClient.Answer<JSONObject> = try await client.send(request)
            }
            let ids = server.requests.map { $0.headers["requestid"] }
            #expect(ids.count == 4 && Set(ids.prefix(3)).count == 1 && Set(ids).count == 2)
        }
    }

    @Test("After three attempts, the gateway's reason is reported")
    func attempts() async throws {
        try await ScriptedServer.run([busy]) { server in
            await #expect {
                try await client(server).status()
            } throws: { error in
                (error as? ManagementClientError)?.refusal?.status == 503
            }
            #expect(server.requests.count == 3)
        }
    }

    @Test("A gateway that wants a longer pause than anyone waits is not tried again")
    func longPause() async throws {
        let busy = ScriptedServer.Answer.refusal(429, code: "X", headers: ["Retry-After: 3600"])
        try await ScriptedServer.run([busy]) { server in
            await #expect(throws: ManagementClientError.self) { try await client(server).status() }
            #expect(server.requests.count == 1)
        }
    }

    @Test("A lost connection is tried again for a read, and never for a write")
    func lostConnection() async throws {
        try await ScriptedServer.run([.init(raw: ""), .data("{}")]) { server in
            let _: ManagementClient.Answer<JSONObject> = try await client(server).get("v1/me")
            #expect(server.requests.count == 2)
        }
        try await ScriptedServer.run([.init(raw: "")]) { server in
            await #expect(throws: ManagementClientError.self) {
                let request = ManagementRequest(.delete, "v1/keys/1")
                let _: ManagementClient.Answer<JSONObject> = try await client(server).send(request)
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test("A refusal keeps its status, code, message and data")
    func refusal() async throws {
        let answer = ScriptedServer.Answer.refusal(
            409,
            code: "ConfirmationRequired",
            data: #"{"reasons":["a","b"]}"#
        )
        try await ScriptedServer.run([answer]) { server in
            let error = await #expect(throws: ManagementClientError.self) {
                try await client(server).status()
            }
            let refusal = try #require(error?.refusal)
            #expect(refusal.status == 409 && refusal.code == "ConfirmationRequired")
            #expect(refusal.message == "No: ConfirmationRequired.")
            #expect(refusal.needsConfirmation && refusal.reasons == ["a", "b"])
        }
    }

    @Test("Without a key, the remedy for 401 is how to get one; with one, there is no such advice")
    func missingKey() async throws {
        let answer = ScriptedServer.Answer.refusal(401, code: "Unauthorized.InvalidApiKey")
        try await ScriptedServer.run([answer]) { server in
            for (key, isAdvised) in [(nil, true), ("sk-1", false)] {
                let error = await #expect(throws: ManagementClientError.self) {
                    try await client(server, key: key).status()
                }
                let text = "\(try #require(error))"
                #expect(text.contains("sluice key create NAME") == isAdvised, "\(text)")
                #expect(text.contains("SLUICE_API_KEY") == isAdvised, "\(text)")
                #expect(text.contains("sluice login") == isAdvised, "\(text)")
                // The gateway's message has a remedy of its own.
                #expect(text.contains("no: Unauthorized.InvalidApiKey") != isAdvised, "\(text)")
            }
        }
    }

    @Test("A login's token is sent as such, and one that has ended is to be renewed")
    func login() async throws {
        let ended = ScriptedServer.Answer.refusal(401, code: "Unauthorized.LoginRequired")
        let wrong = ScriptedServer.Answer.refusal(401, code: "Unauthorized.LoginRefused")
        try await ScriptedServer.run([ended, wrong]) { server in
            let error = await #expect(throws: ManagementClientError.self) {
                try await client(server, key: "ss-1").status()
            }
            #expect("\(try #require(error))".contains("sluice login"))
            let sent = try #require(server.requests.first)
            #expect(sent.headers["authorization"] == "Bearer ss-1")
            #expect(sent.headers["x-api-key"] == nil)
            #expect(sent.headers["user-agent"]?.hasPrefix("sluice/") == true)
            let refused = await #expect(throws: ManagementClientError.self) {
                try await client(server).status()
            }
            #expect(!"\(try #require(refused))".contains("SLUICE_API_KEY"))
        }
    }

    @Test("A list is collected from its pages, up to the limit")
    func pages() async throws {
        let page = { (names: Range<Int>) in
            let list = names.map { #"{"name":"n\#($0)"}"# }.joined(separator: ",")
            return ScriptedServer.Answer.data("[\(list)]", beside: #","page":1,"total":2500"#)
        }
        try await ScriptedServer.run([page(0..<1_000), page(1_000..<2_000)]) { server in
            let answer: ManagementClient.Answer<ManagementClient.Listing<Name>> =
                try await client(server).list("v1/keys", limit: 1_500)
            #expect(answer.value.elements.map(\.name) == (0..<1_500).map { "n\($0)" })
            #expect(answer.value.total == 2_500)
            let calls = server.requests.map(\.call)
            #expect(calls == (1...2).map { "GET /v1/keys?page=\($0)&size=1000" })
            let json = try JSONValue(parsing: Array(answer.json.utf8))
            #expect(json["entries"]?.array?.count == 1_500 && json["total"] == 2_500)
        }
    }

    @Test("A list is passed on as JSON a page after the other, as if it were one")
    func writtenPages() async throws {
        let page = { (names: Range<Int>) in
            let list = names.map { #"{"z":1.50,"name":"n\#($0)"}"# }.joined(separator: ",")
            return ScriptedServer.Answer.data("[\(list)]", beside: #","total":2500"#)
        }
        let pages = [page(0..<1_000), page(1_000..<2_000)]
        try await ScriptedServer.run(pages + pages) { server in
            var pieces: [String] = []
            try await client(server).writeList("v1/keys", limit: 1_500) { pieces.append($0) }
            #expect(pieces.count > 2)
            let answer: ManagementClient.Answer<ManagementClient.Listing<Name>> =
                try await client(server).list("v1/keys", limit: 1_500)
            #expect(pieces.joined() == answer.json)
            let json = try JSONValue(parsing: Array(pieces.joined().utf8))
            #expect(json.prettyText + "\n" == pieces.joined())
            #expect(json["entries"]?.array?.count == 1_500 && json["total"] == 2_500)
            #expect(json["entries"]?.array?.last == ["name": "n1499", "z": .number("1.50")])
        }
    }

    @Test("An empty list is an object, and what is not a list is not passed on")
    func emptyPages() async throws {
        let answers: [ScriptedServer.Answer] = [
            .data("[]", beside: #","total":0"#), .data(#"[{"name":"a"},{"name":"b"}]"#),
        ]
        try await ScriptedServer.run(answers) { server in
            var text = ""
            try await client(server).writeList("v1/x", limit: 10) { text += $0 }
            #expect(text == "{\n  \"entries\": [],\n  \"total\": 0\n}\n")
            text = ""
            try await client(server).writeList("v1/x", isPaged: false, limit: 1) { text += $0 }
            let json = try JSONValue(parsing: Array(text.utf8))
            #expect(json == ["entries": [["name": "a"]], "total": 2])
        }
    }

    @Test("A resource is passed on without some of its members")
    func document() async throws {
        try await ScriptedServer.run([.data(#"{"version":4,"a":[]}"#)]) { server in
            var text = ""
            try await client(server).write("v1/policy", omitting: ["version"]) { text += $0 }
            #expect(text == "{\n  \"a\": []\n}\n")
        }
    }

    @Test("A list without pages is as long as it is, and an object in JSON")
    func withoutPages() async throws {
        try await ScriptedServer.run([.data(#"[{"name":"a"}]"#)]) { server in
            let answer: ManagementClient.Answer<ManagementClient.Listing<Name>> =
                try await client(server).list("v1/x", limit: 10)
            #expect(answer.value.total == 1 && server.requests.count == 1)
            let json = try JSONValue(parsing: Array(answer.json.utf8))
            #expect(json == ["entries": [["name": "a"]], "total": 1])
        }
    }

    @Test("An answer is printed as it came, with fields that this program does not know")
    func verbatim() async throws {
        try await ScriptedServer.run([.data(#"{"name":"a","later":1.50}"#)]) { server in
            let answer: ManagementClient.Answer<Name> = try await client(server).get("v1/x")
            #expect(answer.json == "{\n  \"later\": 1.50,\n  \"name\": \"a\"\n}\n")
        }
    }

    @Test("A stream is passed on in pieces, and a refusal of one is reported")
    func stream() async throws {
        let text = String(repeating: "line\n", count: 100_000)
        try await ScriptedServer.run([.init(text), busy]) { server in
            let received = Mutex("")
            let client = try client(server, attempts: 1)
            try await client.stream(.get("v1/backup")) { piece in
                received.withLock { $0 += String(decoding: piece, as: UTF8.self) }
            }
            #expect(received.withLock { $0 } == text)
            await #expect(throws: ManagementClientError.self) {
                try await client.stream(.get("v1/backup")) { _ in }
            }
        }
    }

    @Test("A stream that cannot be stored is an error with its reason")
    func fullDisk() async throws {
        try await ScriptedServer.run([.init("x")]) { server in
            let error = await #expect(throws: ManagementClientError.self) {
                try await client(server).stream(.get("v1/backup")) { _ in
                    throw SystemError(code: 28)
                }
            }
            let text = "\(try #require(error))"
            #expect(text.contains("no space left on device"), "\(text)")
        }
    }
}

/// Any object.
private struct JSONObject: Decodable {}

@Suite("The local socket of a gateway", .timeLimit(.minutes(2)))
struct ManagementSocketExchangeTests {
    private struct Caller: Decodable {
        var name: String
    }

    @Test("A request over a socket needs no key and names localhost")
    func socket() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "a b%.sock")
        try await ScriptedServer.run(socket: path, [.data(#"{"name":"root"}"#)]) { server in
            let client = ManagementClient(ManagementTarget(socket: path))
            let answer: ManagementClient.Answer<Caller> =
                try await client.get("v1/me", query: [(key: "a", value: "b c")])
            #expect(answer.value.name == "root")
            let sent = try #require(server.requests.first)
            #expect(sent.call == "GET /v1/me?a=b%20c" && sent.headers["host"] == "localhost")
            #expect(sent.headers["x-api-key"] == nil)
        }
    }

    @Test("If nobody listens at the socket, the address is used, with the key")
    func fallback() async throws {
        let folder = try TemporaryFolder()
        let missing = folder.path(of: "missing.sock")
        let stale = folder.path(of: "stale.sock")
        // A file that no process listens at.
        try folder.write(Data(), to: "stale.sock")
        try await ScriptedServer.run([.data(#"{"name":"ci"}"#)]) { server in
            let address = try ManagementAddress(parsing: server.address)
            for path in [missing, stale] {
                let target = ManagementTarget(socket: path, orElse: address, key: "sk-1")
                let answer: ManagementClient.Answer<Caller> =
                    try await ManagementClient(target).get("v1/me")
                #expect(answer.value.name == "ci")
            }
            #expect(server.requests.map { $0.headers["x-api-key"] } == ["sk-1", "sk-1"])
        }
    }

    @Test("If only a socket is named, the error names its path and the key to compare it with")
    func unreachable() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "missing.sock")
        let error = await #expect(throws: ManagementClientError.self) {
            try await ManagementClient(ManagementTarget(socket: path)).status()
        }
        let text = "\(try #require(error))"
        #expect(text.contains("\(path): no such file or directory"), "\(text)")
        #expect(text.contains("management.socket"), "\(text)")
    }
}

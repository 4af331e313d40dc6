import Addresses
import CIDRTrie
import Foundation
import Operations
import Settings
import Sockets
import Store
import Testing
import Text

@testable import Control

/// Requests that end early, and those that follow one another on a connection.
@Suite("Whole requests, one after the other", .timeLimit(.minutes(2)))
struct UnfinishedRequestTests {
    private static let entry = #"{"cidr":"192.0.2.7/32"}"#
    private static let path = "/v1/warehouses/W1/whitelist/entries"

    private static func head(_ method: String, _ path: String, _ fields: String...) -> String {
        (["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1"] + fields + ["", ""])
            .joined(separator: "\r\n")
    }

    private static func post(_ fields: String...) -> String {
        (["POST \(path) HTTP/1.1", "Host: 127.0.0.1"] + fields + ["", ""])
            .joined(separator: "\r\n")
    }

    private static let chunk = String(entry.utf8.count, radix: 16) + "\r\n" + entry + "\r\n"

    private static func status(_ answers: String) -> [String] {
        answers.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
    }

    /// What a client that sends `text` gets until the connection ends.
    private static func exchange(
        _ text: String,
        with api: APIClient,
        finishes: Bool = false
    ) async throws -> String {
        try await onOwnThread {
            let client = try RawClient(port: api.server.port)
            client.send(text)
            if finishes { client.finish() }
            return try client.receive()
        }
    }

    private struct Cut: Sendable {
        let text: String
        let finishes: Bool

        init(_ head: String, _ body: String = "", finishes: Bool = true) {
            text = head + body
            self.finishes = finishes
        }
    }

    private static let cuts = [
        Cut(post("Content-Length: 100"), entry),
        Cut(post("Transfer-Encoding: chunked"), chunk),
        Cut(post("Transfer-Encoding: chunked"), chunk + "zz\r\n", finishes: false),
        Cut(post("Transfer-Encoding: chunked"), chunk + "zz\r\n"),
        Cut(head("DELETE", "/v1/groups/office", "Content-Length: 50")),
        Cut(head("DELETE", "/v1/sessions?all=true", "Content-Length: 50")),
        Cut(head("PUT", "/v1/backends?backend=10.0.0.5:9030&mode=drain", "Content-Length: 9")),
    ]

    @Test("A write whose body is not complete is not executed", arguments: cuts)
    private func unfinished(cut: Cut) async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            try await api.expect(201, nil, "POST", "/v1/groups", ["name": "office"])
            let before = try stored.snapshot
            let answers = try await Self.exchange(cut.text, with: api, finishes: cut.finishes)
            #expect(Self.status(answers) == ["400"], "\(answers)")
            #expect(try stored.snapshot == before)
            #expect(stored.gateway.closings.isEmpty && stored.gateway.choices.isEmpty)
        }
    }

    @Test("A write whose client is gone before its body has ended is not executed")
    func gone() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let before = try stored.snapshot
            for _ in 0..<5 {
                try await onOwnThread {
                    let client = try RawClient(port: api.server.port)
                    client.send(Self.post("Content-Length: 100") + Self.entry)
                    Clock.sleep(milliseconds: 20)
                }
            }
            _ = try await api.get("/v1/me")
            #expect(try stored.snapshot == before)
        }
    }

    @Test("Whole requests on a connection are all answered, also if the client then sends no more")
    func sequence() async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let write = Self.post("Content-Length: \(Self.entry.utf8.count)") + Self.entry
            let read = Self.head("GET", "/v1/me")
            let text = read + write + read + read
            let answers = try await Self.exchange(text, with: api, finishes: true)
            #expect(Self.status(answers) == ["200", "201", "200", "200"], "\(answers)")

            let next = try await Self.exchange(read + read + "FOO / HTTP/1.1\r\n", with: api)
            #expect(Self.status(next) == ["200", "200", "405"])
            let probe = try await Self.exchange(read + Self.head("GET", "/healthz"), with: api)
            #expect(Self.status(probe) == ["200", "200"])
        }
    }

    private static let lastRequests: [(String, String)] = [
        (head("GET", "/v1/nothing"), "404"), (head("GET", "/healthz"), "200"),
        (head("GET", "/v1/me", "Connection: close"), "200"),
        (head("GET", "/v1/me", "Connection: keep-alive, Close"), "200"),
    ]

    @Test("Nothing is executed after an answer that closes the connection", arguments: lastRequests)
    func afterClose(first: String, status: String) async throws {
        let stored = try StoredGateway()
        try await stored.run { api in
            let before = try stored.snapshot
            let write = Self.post("Content-Length: \(Self.entry.utf8.count)") + Self.entry
            for rest in [write, write + write, "FOO / HTTP/1.1\r\n\r\n", "\0"] {
                let answers = try await Self.exchange(first + rest, with: api)
                #expect(Self.status(answers) == [status], "\(answers)")
                #expect(answers.lowercased().contains("connection: close"))
            }
            #expect(try stored.snapshot == before)
        }
    }

    @Test("Unfinished lines of unknown methods do not end requests that are in progress")
    func halfLines() async throws {
        var limits = ManagementLimits()
        limits.connections = 4
        let stored = try StoredGateway()
        let routes = stored.routes(.fixed(ServedManagement.administrator))
        try await ServedManagement.run(routes, limits: limits) { server in
            try await onOwnThread {
                let busy = try RawClient(port: server.port)
                let middle = Self.entry.index(Self.entry.startIndex, offsetBy: 5)
                // Once the first request is answered, the beginning of the second one is read.
                busy.send(
                    Self.head("GET", "/v1/me")
                        + Self.post("Content-Length: \(Self.entry.utf8.count)")
                        + String(Self.entry[..<middle])
                )
                let first = try HTTPAnswer(try busy.receive { $0.hasSuffix("}\n") })
                #expect(first.status == 200)
                Clock.sleep(milliseconds: 100)
                let others = try (0..<20).map { _ in
                    let other = try RawClient(port: server.port)
                    other.send("FOO /v1/me")
                    Clock.sleep(milliseconds: 5)
                    return other
                }
                try RawClient.wait(for: 17, of: others)
                busy.send(String(Self.entry[middle...]))
                let answer = try HTTPAnswer(try busy.receive { $0.hasSuffix("}\n") })
                #expect(answer.status == 201)
            }
        }
    }

    @Test("Behind a trusted proxy, /metrics needs a key even on a loopback address")
    func metrics() async throws {
        for isBehindProxy in [false, true] {
            var topology = Topology(warehouses: [Warehouse(id: "W")])
            if isBehindProxy {
                topology.management.trustedProxies = [
                    CIDRBlock(containing: .v4(IPv4Address(127, 0, 0, 1)), prefixLength: 32)
                ]
            }
            let gateway = FixedGateway(topology: topology)
            let stored = try StoredGateway()
            let (reader, limited) = (
                try stored.key("reader", .read),
                try stored.key("limited", .administer, warehouses: ["W1"])
            )
            let routes = ManagementRoutes(
                gateway: gateway,
                writer: ServedManagement.routes(of: gateway).writer,
                access: .credentials { stored.store },
                hasOpenMetrics: true
            )
            try await ServedManagement.run(routes) { server in
                let api = APIClient(server: server)
                let expected = isBehindProxy ? [401, 200, 403] : [200, 200, 200]
                for (api, status) in zip(
                    [api, api.with(key: reader.secret), api.with(key: limited.secret)],
                    expected
                ) {
                    let answer = try await api.send("GET", "/metrics")
                    #expect(answer.status == status)
                }
            }
        }
    }
}

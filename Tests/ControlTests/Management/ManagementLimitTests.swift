import Addresses
import Foundation
import FreePorts
import Operations
import Sockets
import Testing

@testable import Control

/// Clients that want to keep the server busy. Nothing here waits for a time to be over: it waits
/// for the server to cut the client off.
@Suite("Limits of the management address", .timeLimit(.minutes(2)))
struct ManagementLimitTests {
    private static let request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    /// Limits that no test meets, but for those that it sets itself.
    private static func limits(_ set: (inout ManagementLimits) -> Void) -> ManagementLimits {
        var limits = ManagementLimits()
        (limits.idle, limits.lifetime) = (.seconds(3_600), .seconds(3_600))
        set(&limits)
        return limits
    }

    /// What a client that sends `text` gets until it is cut off.
    private static func untilCutOff(
        _ server: ServedManagement,
        sends text: String
    ) async throws -> String {
        try await onOwnThread {
            let client = try RawClient(port: server.port)
            client.send(text)
            return try client.receive()
        }
    }

    @Test(
        "A client that never completes its head is closed",
        arguments: ["", "GET /heal", request + "G"]
    )
    func unfinishedHead(text: String) async throws {
        let limits = Self.limits { $0.idle = .seconds(3) }
        try await ServedManagement.run(limits: limits) { server in
            let received = try await Self.untilCutOff(server, sends: text)
            #expect(received.isEmpty == !text.contains(Self.request))
        }
    }

    @Test("A client that sends no further request is closed")
    func idle() async throws {
        let limits = Self.limits { $0.idle = .seconds(3) }
        try await ServedManagement.run(limits: limits) { server in
            let received = try await Self.untilCutOff(server, sends: Self.request)
            #expect(try HTTPAnswer(received).status == 200)
        }
    }

    @Test("A client that never completes its body is closed at its deadline")
    func unfinishedBody() async throws {
        let limits = Self.limits { $0.lifetime = .milliseconds(500) }
        try await ServedManagement.run(limits: limits) { server in
            let head = "POST /v1/groups HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"
            let received = try await Self.untilCutOff(server, sends: head)
            // On a busy machine the time is over before there is an answer.
            #expect(received.isEmpty || received.hasPrefix("HTTP/1.1 409 "))
        }
    }

    @Test("A client that does not read its responses is closed at its deadline")
    func unreadAnswers() async throws {
        let limits = Self.limits { $0.lifetime = .milliseconds(500) }
        let requests = String(repeating: Self.request, count: 5_000)
        try await ServedManagement.run(limits: limits) { server in
            let client = try await onOwnThread { try RawClient(port: server.port) }
            client.send(requests)
            // Only a server that has let go of the client lets the next one wait for its end.
            let received = try await onOwnThread { try client.receive() }
            let answers = received.components(separatedBy: "HTTP/1.1 200").count - 1
            #expect(answers < 5_000)
        }
    }

    @Test("A head that is too long, in one field or in many, gets 400 and is closed")
    func longHeads() async throws {
        let field = "X: " + String(repeating: "x", count: 20_000) + "\r\n"
        let fields = String(
            repeating: "X: " + String(repeating: "x", count: 500) + "\r\n",
            count: 50
        )
        let many = String(repeating: "X: 1\r\n", count: 200)
        try await ServedManagement.run(limits: Self.limits { _ in }) { server in
            for header in [field, fields, many] {
                let text = "GET / HTTP/1.1\r\nHost: x\r\n\(header)\r\n"
                let received = try await Self.untilCutOff(server, sends: text)
                #expect(received.isEmpty ? true : try HTTPAnswer(received).status == 400)
            }
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    /// Several event loops let clients in, in no particular order. So the test asks only after the
    /// whole crowd has been let in: otherwise a latecomer could take the place of the one that asks.
    @Test("Silent clients and clients that do not read do not block health checks and metrics")
    func crowd() async throws {
        let requests = String(repeating: Self.request, count: 100)
        try await ServedManagement.run(limits: Self.limits { $0.connections = 8 }) { server in
            try await onOwnThread {
                let silent = try (0..<20).map { _ in try RawClient(port: server.port) }
                try RawClient.wait(for: 12, of: silent)
                let unreading = try (0..<12).map { _ in
                    let client = try RawClient(port: server.port)
                    client.send(requests)
                    try client.waitForBytes()
                    return client
                }
                for path in ["/healthz", "/metrics", "/healthz?x"] {
                    let client = try RawClient(port: server.port)
                    client.send(
                        "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
                    )
                    #expect(try HTTPAnswer(try client.receive()).status == 200)
                }
                for client in silent { #expect(try client.receive() == "", "room was made") }
                withExtendedLifetime(unreading) {}
            }
        }
    }

    @Test("A new client replaces the one that has been idle the longest")
    func newcomer() async throws {
        try await ServedManagement.run(limits: Self.limits { $0.connections = 2 }) { server in
            try await onOwnThread {
                func ask(_ client: RawClient) throws {
                    client.send(Self.request)
                    _ = try client.receive { $0.contains("process_max_fds ") }
                }
                let (first, second) = (
                    try RawClient(port: server.port), try RawClient(port: server.port)
                )
                for client in [first, second, first] { try ask(client) }
                try ask(try RawClient(port: server.port))
                // Throws unless it is cut off.
                _ = try second.receive()
                try ask(first)
            }
        }
    }

    @Test("Large responses are sent in pieces, and one too many ends the oldest unread one")
    func largeAnswers() async throws {
        let gateway = FixedGateway(sessions: Session.many(20_000))
        let limits = Self.limits { $0.largeAnswers = 2 }
        try await ServedManagement.run(of: gateway, limits: limits) { server in
            let request = "GET /v1/sessions?limit=100000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            try await onOwnThread {
                let stalled = try (0..<3).map { _ in
                    let client = try RawClient(port: server.port)
                    client.send(request)
                    try client.waitForBytes()
                    return client
                }
                let cut = try stalled[0].receive()
                #expect(cut.lowercased().contains("transfer-encoding: chunked"))
                #expect(!cut.hasSuffix("0\r\n\r\n"), "it was ended before its end")
                let whole = try stalled[2].receive { $0.hasSuffix("0\r\n\r\n") }
                #expect(whole.contains("\"total\":20000"))
            }
        }
    }

    @Test("The server stops even if a client does not read its responses")
    func shutdown() async throws {
        let limits = Self.limits { $0.shutdown = .milliseconds(200) }
        let requests = String(repeating: Self.request, count: 5_000)
        let clients = Clients()
        try await ServedManagement.run(limits: limits) { server in
            let client = try await onOwnThread { try RawClient(port: server.port) }
            client.send(requests)
            clients.client = client
            _ = try await server.get("/healthz")
        }
        #expect(clients.client != nil)
    }

    /// Keeps a connection open beyond the server's end.
    private final class Clients: @unchecked Sendable {
        // @unchecked: written while the server runs, read after it has ended.
        var client: RawClient?
    }

    @Test("It listens on its own address and on no other")
    func address() async throws {
        // On a port that no other test listens on, at any address.
        let address = SocketAddress(ServedManagement.loopback.ip, port: try Ports.free())
        try await ServedManagement.run(at: address) { server in
            let port = String(server.port, radix: 16, uppercase: true)
            let suffix = ":" + String(repeating: "0", count: 4 - port.count) + port
            var listening: [String] = []
            // The kernel may leave out a line while others come and go (proc(5)).
            for _ in 0..<100 where listening.isEmpty {
                listening = try ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { table in
                    try Self.listening(in: table).filter { $0.hasSuffix(suffix) }
                }
            }
            #expect(listening == ["0100007F" + suffix], "127.0.0.1 in host byte order")
        }
    }

    /// The local addresses, as the kernel writes them (proc(5)).
    private static func listening(in table: String) throws -> [String] {
        let file = try #require(FileHandle(forReadingAtPath: table))
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
        // State 0A is LISTEN (include/net/tcp_states.h).
        return rows.filter { $0[3] == "0A" }.map { String($0[1]) }
    }

    @Test("An address in use is an error that names it, and nothing is started")
    func taken() async throws {
        let taken = try ListeningSocket(
            on: ServedManagement.loopback,
            keepalive: KeepaliveOptions(idleSeconds: 60, intervalSeconds: 60, count: 3)
        )
        let error = await #expect(throws: ServiceError.self) {
            let routes = ServedManagement.routes(of: FixedGateway())
            try await ServedManagement.server(routes, at: taken.address).run { _ in
                Issue.record("the body was run")
            }
        }
        #expect(error?.description.contains("\(taken.address): ") == true)
        #expect(error?.description.contains("in use") == true)
    }
}

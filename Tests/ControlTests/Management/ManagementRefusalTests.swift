import Foundation
import Sockets
import Store
import Testing

@testable import Control

@Suite("What the management address refuses")
struct ManagementRefusalTests {
    @Test(
        "Under a policy from a file, changing it is a conflict that names where it is changed",
        arguments: [
            ("PATCH", "/v1/warehouses/W/connections/public/access-policy"),
            ("POST", "/v1/warehouses/W/whitelist/entries"),
            ("DELETE", "/v1/warehouses/W/whitelist/entries/1"), ("POST", "/v1/groups?a=b"),
            ("POST", "/v1/private-link/endpoint-services"), ("PUT", "/v1/policy"),
            ("DELETE", "/v1/private-link/endpoint-services/a/b/c"), ("POST", "/v1/keys"),
        ]
    )
    func policy(method: String, path: String) async throws {
        try await ServedManagement.run { server in
            let answer = try await server.ask(method, path, headers: ["Content-Length: 0"])
            #expect(answer.status == 409)
            let refusal = try answer.decoded(as: HTTPAnswer.Refusal.self)
            #expect(!refusal.success)
            #expect(refusal.code == "PolicyIsFile")
            #expect(refusal.message.contains("the configuration file /etc/x.yaml"))
            #expect(refusal.message.contains("run sluice reload"))
        }
    }

    @Test("Who may not change the policy is told so first")
    func roleFirst() async throws {
        try await ServedManagement.run(of: FixedGateway(), as: .holder(of: .read)) { server in
            let answer = try await server.ask("POST", "/v1/groups", headers: ["Content-Length: 0"])
            #expect(answer.status == 403)
        }
    }

    @Test(
        "A method that a path does not have is answered with those that it has",
        arguments: [
            ("POST", "/healthz", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"),
            ("PUT", "/", "GET, HEAD"), ("OPTIONS", "/v1/status?a=b", "GET, HEAD"),
            ("TRACE", "/v1/status", "GET, HEAD"), ("PROPFIND", "/v1/status", "GET, HEAD"),
            ("POST", "/v1/status", "GET, HEAD"), ("PUT", "/v1/sessions", "DELETE, GET, HEAD"),
            ("PUT", "/v1/groups/office", "DELETE, GET, HEAD, PATCH"),
            ("GET", "/v1/groups/office/import", "POST"),
            ("DELETE", "/v1/warehouses/W/connections/public/access-policy", "GET, HEAD, PATCH"),
            ("PUT", "/v1/private-link/endpoint-services/a/b", "DELETE, GET, HEAD, PATCH"),
            ("PUT", "/v1/private-link/endpoint-services", "GET, HEAD, POST"),
        ]
    )
    func method(method: String, path: String, allowed: String) async throws {
        try await ServedManagement.run { server in
            let answer = try await server.ask(method, path, headers: ["Content-Length: 0"])
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == allowed)
            #expect(try answer.decoded(as: HTTPAnswer.Refusal.self).code == "MethodNotAllowed")
        }
    }

    private static let allMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"

    @Test(
        "A method that is unknown is rejected whatever the path",
        arguments: [
            ("BREW", "/v1/status"), ("FOO", "/"), ("get", "/healthz"), ("X", "*"),
            ("GETT", "/metrics"), ("!#$%&'*+-.^_`|~09az", "/nothing?a=b"), ("DESCRIBE", "/"),
        ]
    )
    func unknownMethod(method: String, path: String) async throws {
        try await ServedManagement.run { server in
            let answer = try await server.ask(method, path, headers: ["Content-Length: 0"])
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == Self.allMethods)
            #expect(try answer.decoded(as: HTTPAnswer.Refusal.self).code == "MethodNotAllowed")
        }
    }

    @Test("An unknown method is rejected even after other requests of the connection")
    func laterMethod() async throws {
        let first = "GET /v1/denials HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        try await ServedManagement.run { server in
            try await onOwnThread {
                let one = try RawClient(port: server.port)
                one.send(first)
                _ = try one.receive { $0.hasSuffix("}\n") }
                one.send("FOO / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                #expect(try HTTPAnswer(try one.receive()).status == 405)

                // In one piece: the first is answered before.
                let both = try RawClient(port: server.port)
                both.send(first + "FOO / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                let answers = try both.receive()
                let codes = answers.components(separatedBy: "HTTP/1.1 ").dropFirst()
                #expect(codes.map { $0.prefix(3) } == ["200", "405"])
                #expect(answers.contains("MethodNotAllowed"))
            }
        }
    }

    @Test("However such a request line is cut, it is read to its end")
    func cutMethod() async throws {
        try await ServedManagement.run { server in
            try await onOwnThread {
                let client = try RawClient(port: server.port)
                for piece in ["F", "OO /v1", "/status HTT"] {
                    client.send(piece)
                    Clock.sleep(milliseconds: 50)
                    #expect(!client.hasAnswer)
                }
                client.send("P/1.1\r\n")
                let answer = try HTTPAnswer(try client.receive())
                #expect(answer.status == 405)
                #expect(answer.headers["allow"] == Self.allMethods)
            }
        }
    }

    @Test(
        "An unknown path is 404 whatever the method, in the envelope too",
        arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT"],
        [
            "/nothing", "/v1", "/v1/nothing", "/v1/status/x", "/healthz/x", "/v2/status", "/v1x",
            "/V1/status", "/v1/warehouses/W/whitelist/entries/1/2",
        ]
    )
    func unknownPath(method: String, path: String) async throws {
        try await ServedManagement.run { server in
            let answer = try await server.ask(method, path, headers: ["Content-Length: 0"])
            #expect(answer.status == 404)
            let refusal = try answer.decoded(as: HTTPAnswer.Refusal.self)
            #expect(!refusal.success)
            #expect(refusal.code == "NotFound")
            #expect(refusal.message == "Unknown path \(path).")
        }
    }

    @Test(
        "A write is judged before its body is read",
        arguments: [("/v1/x", 404), ("/v1/groups", 409)]
    )
    func body(path: String, status: Int) async throws {
        try await ServedManagement.run { server in
            let headers = ["Content-Type: application/json", "Content-Length: 1000000000"]
            let answer = try await onOwnThread {
                let client = try RawClient(port: server.port)
                client.send("POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n")
                client.send(headers.joined(separator: "\r\n") + "\r\n\r\n{")
                return try HTTPAnswer(try client.receive { $0.hasSuffix("}\n") })
            }
            #expect(answer.status == status)
        }
    }

    @Test(
        "Anything but HTTP gets 400 and is closed",
        arguments: [
            "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}", "GET\r\n\r\n",
            "GET / HTTP/1.1\r\nHost x\r\n\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "FOO / HTTP/9\r\n\r\n", "FOO  / HTTP/1.1\r\n\r\n",
            "F(O / HTTP/1.1\r\n\r\n", "\r\n\r\n\0FOO",
        ]
    )
    func garbage(text: String) async throws {
        try await ServedManagement.run { server in
            let answer = try await onOwnThread {
                let client = try RawClient(port: server.port)
                client.send(text)
                return try HTTPAnswer(try client.receive())
            }
            #expect(answer.status == 400)
            #expect(try answer.decoded(as: HTTPAnswer.Refusal.self).code == "InvalidRequest")
        }
    }

    /// Writes until the server takes no more, and reads what it says.
    ///
    /// - Returns: the answer, and how many bytes were taken.
    private static func flood(_ server: ServedManagement, after head: String) throws
        -> (answer: String, byteCount: Int)
    {
        let client = try RawClient(port: server.port)
        client.send(head)
        let answer = try client.receive { $0.contains("\r\n\r\n") }
        let piece = String(repeating: "x", count: 65_536)
        return (answer, try client.sendUntilCutOff(piece, limit: 1 << 30))
    }

    @Test(
        "A rejected request is closed: almost nothing of its body is read",
        arguments: [
            "POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000000\r\n\r\n",
            "PUT /v1/policy HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000000\r\n\r\n",
            "GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000000\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000000\r\n\r\n",
            "no HTTP at all\r\n\r\n",
        ]
    )
    func endlessBody(head: String) async throws {
        try await ServedManagement.run { server in
            let (answer, byteCount) = try await onOwnThread { try Self.flood(server, after: head) }
            #expect(answer.lowercased().contains("connection: close"))
            // Both sides' socket buffers hold most of it (tcp(7), tcp_rmem and tcp_wmem).
            #expect(byteCount < 64 << 20)
        }
    }

    @Test("A rejected request without a body is closed too, with a complete response")
    func refusalCloses() async throws {
        try await ServedManagement.run { server in
            let text = try await onOwnThread {
                let client = try RawClient(port: server.port)
                client.send("GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                return try client.receive()
            }
            #expect(try HTTPAnswer(text).status == 404)
        }
    }

    @Test(
        "A foreign host name that resolves here only gives access to the probes' pages",
        arguments: [
            "/", "/metrics", "/v1/status", "/v1/sessions", "/v1/denials", "/v1/endpoints",
            "/v1/explain?warehouse=W&source=10.0.0.1", "/nothing", "/readyz?warehouse=W",
            "/healthz?x",
        ]
    )
    func foreignName(path: String) async throws {
        try await ServedManagement.run(hostNames: ["gateway.example"]) { server in
            let refused = try await server.ask("GET", path, host: "evil.example:7080")
            #expect(refused.status == 403)
            let refusal = try refused.decoded(as: HTTPAnswer.Refusal.self)
            #expect(refusal.code == "UnknownHost")
            #expect(refusal.message.contains("management.names"))
            #expect(try await server.ask("GET", path, host: "gateway.example").status != 403)
            for probe in ["/healthz", "/readyz"] {
                let answer = try await server.ask("GET", probe, host: "evil.example")
                #expect(answer.status != 403)
            }
        }
    }

    @Test("Each Host field must name this gateway")
    func severalHosts() async throws {
        try await ServedManagement.run(hostNames: ["gateway.example"]) { server in
            for (target, headers, status) in [
                ("/v1/status", [], 200), ("/v1/status", ["Host: gateway.example"], 200),
                ("/v1/status", ["Host: evil.example"], 403),
                ("/v1/status", ["Host: gateway.example", "hOST: evil.example"], 403),
                ("/healthz", ["Host: evil.example"], 200),
            ] as [(String, [String], Int)] {
                let answer = try await server.ask("GET", target, headers: headers)
                #expect(answer.status == status, "\(target) \(headers)")
            }
        }
    }

    @Test(
        "A target that is a whole URI must name this gateway too",
        arguments: [
            ("http://evil.example/v1/status", 403), ("http://127.0.0.1/v1/status", 200),
            ("http://127.0.0.1@evil.example/v1/status", 403), ("http://localhost:1?a=/", 200),
            ("x://evil.example?a=b", 403), ("http://evil.example/healthz", 200),
        ]
    )
    func wholeURI(target: String, status: Int) async throws {
        try await ServedManagement.run { server in
            let answer = try await server.ask("GET", target)
            #expect(answer.status == status)
        }
    }
}

import Testing

@testable import Control

@Suite("What the management address refuses")
struct ManagementRefusalTests {
    private static let writes = ["POST", "PUT", "PATCH", "DELETE"]
    private static let paths = [
        "/v1/status", "/v1/warehouses/WH1/connections/public/access-policy",
        "/v1/private-link/endpoint-services", "/v1/nothing?a=b", "/v1",
    ]

    @Test("A write to the API is a conflict that says where policy is changed", arguments: writes)
    func policy(method: String) async throws {
        try await ServedManagement.run { server in
            for path in Self.paths {
                let answer = try await server.ask(method, path, headers: ["Content-Length: 0"])
                #expect(answer.status == 409, "\(path)")
                let refusal = try answer.decoded(as: HTTPAnswer.Refusal.self)
                #expect(!refusal.success)
                #expect(refusal.code == "PolicyIsFile")
                #expect(refusal.message.contains("the file /etc/x.yaml"))
                #expect(refusal.message.contains("SIGHUP"))
            }
        }
    }

    @Test(
        "Elsewhere only GET and HEAD are answered",
        arguments: [
            ("POST", "/healthz"), ("DELETE", "/metrics"), ("PUT", "/"), ("PATCH", "/nothing"),
            ("POST", "/v1x"), ("POST", "/V1/status"), ("OPTIONS", "/v1/status"),
            ("TRACE", "/v1/status"), ("BREW", "/v1/status"),
        ]
    )
    func method(method: String, path: String) async throws {
        try await ServedManagement.run { server in
            let answer = try await server.ask(method, path, headers: ["Content-Length: 0"])
            // A method that HTTP does not know is refused before it is routed.
            guard method != "BREW" else { return #expect((400...405).contains(answer.status)) }
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == "GET, HEAD")
            #expect(try answer.decoded(as: HTTPAnswer.Refusal.self).code == "MethodNotAllowed")
        }
    }

    @Test(
        "Where nothing is, the answer is 404, in the envelope too",
        arguments: [
            "/nothing", "/v1", "/v1/warehouses", "/v1/status/x", "/healthz/x", "/v2/status",
        ]
    )
    func unknownPath(path: String) async throws {
        try await ServedManagement.run { server in
            let answer = try await server.get(path)
            #expect(answer.status == 404)
            let refusal = try answer.decoded(as: HTTPAnswer.Refusal.self)
            #expect(!refusal.success)
            #expect(refusal.code == "NotFound")
            #expect(refusal.message == "There is nothing at \(path).")
        }
    }

    @Test("A write is looked at by its path alone, with its body unread")
    func body() async throws {
        try await ServedManagement.run { server in
            let headers = ["Content-Type: application/json", "Content-Length: 1000000000"]
            let answer = try await onOwnThread {
                let client = try RawClient(port: server.port)
                client.send("POST /v1/x HTTP/1.1\r\nHost: x\r\n")
                client.send(headers.joined(separator: "\r\n") + "\r\n\r\n{")
                return try HTTPAnswer(try client.receive { $0.contains("SIGHUP") })
            }
            #expect(answer.status == 409)
        }
    }

    @Test(
        "What is no HTTP gets 400 and is cut off",
        arguments: [
            "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}", "GET\r\n\r\n",
            "GET / HTTP/1.1\r\nHost x\r\n\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n\r\n",
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
        }
    }
}

import Addresses
import Foundation
import FreePorts
import Operations
import Testing

@testable import Control

@Suite("Querying a running gateway", .timeLimit(.minutes(2)))
struct ManagementClientTests {
    private func description(_ work: () async throws -> Void) async throws -> String {
        let error = await #expect(throws: ManagementClientError.self) { try await work() }
        return try #require(error).description
    }

    @Test("The status arrives as it is, and as JSON without its envelope")
    func status() async throws {
        var status = GatewayStatus()
        status.version = "1.2.3"
        status.listeners = [ListenerStatus()]
        status.listeners[0].denied = ["notInWhitelist": 4]
        try await ServedManagement.run(status) { [status] server in
            let answer = try await ManagementClient(at: "127.0.0.1:\(server.port)").status()
            #expect(answer.value == status)
            #expect(answer.json.hasSuffix("}\n"))
            let bytes = Data(answer.json.utf8)
            #expect(try JSONDecoder().decode(GatewayStatus.self, from: bytes) == status)
        }
    }

    @Test("If nothing listens, the error names the address and the key to compare it with")
    func unreachable() async throws {
        let address = SocketAddress(ServedManagement.loopback.ip, port: try Ports.free())
            .description
        let text = try await description { _ = try await ManagementClient(at: address).status() }
        let advice = "is it running? see management.listen"
        #expect(text == "cannot reach a gateway at \(address): connection refused (\(advice))")
    }

    @Test(
        "What is wrong with an answer is reported in Sluice's own terms",
        arguments: [
            (answer: nil, words: "no response within 250ms"),
            ("", "connection closed without a response"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
                "closed in the middle of the response"
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
                "closed in the middle of the response"
            ),
            ("HTTP/1.1 302 Found\r\nLocation: /v1/elsewhere\r\n\r\n", "is not the management"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2097152\r\n\r\n", "larger than 1 MiB"),
            (
                "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "{", count: 2 << 20),
                "larger than 1 MiB"
            ),
            ("J\u{0}\u{0}\u{0}\n5.7.99\u{0}", "is not the management address of a gateway"),
            ("HTTP/1.1 200 OK\r\n\r\n<html>", "is not the management address of a gateway"),
            ("HTTP/1.1 404 Not Found\r\n\r\n", "is not the management address of a gateway"),
        ] as [(answer: String?, words: String)]
    )
    func badAnswer(answer: String?, words: String) async throws {
        let server = try CannedServer(answer)
        var limits = ManagementClient.Limits()
        // Only a silent server is to use it up.
        limits.answer = answer == nil ? .milliseconds(250) : .seconds(60)
        limits.byteCount = 1 << 20
        let client = try ManagementClient(at: server.address, limits: limits)
        let text = try await description { _ = try await client.status() }
        #expect(text.contains(words) && text.contains(server.address), "\(text)")
    }

    @Test("A gateway's refusal is passed on as part of a line")
    func refusal() async throws {
        let body =
            #"{"success":false,"requestId":"1","code":"NotFound","message":"No such thing."}"#
        let server = try CannedServer("HTTP/1.1 404 Not Found\r\n\r\n\(body)")
        let client = try ManagementClient(at: server.address)
        #expect(try await description { _ = try await client.status() } == "no such thing")
    }
}

extension ManagementClient {
    fileprivate init(at address: String, limits: Limits = Limits()) throws {
        self.init(ManagementTarget(try ManagementAddress(parsing: address)), limits: limits)
    }
}

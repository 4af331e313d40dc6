import Addresses
import Core
import Foundation
import Sockets
import Testing

@testable import Control

@Suite("Asking a running gateway", .timeLimit(.minutes(2)))
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
            let answer = try await ManagementClient("127.0.0.1:\(server.port)").status()
            #expect(answer.value == status)
            #expect(answer.json.hasSuffix("}\n"))
            let bytes = Data(answer.json.utf8)
            #expect(try JSONDecoder().decode(GatewayStatus.self, from: bytes) == status)
        }
    }

    @Test("Where nobody listens, the error names the address and the key to compare it with")
    func unreachable() async throws {
        var listener: ListeningSocket? = try ListeningSocket(
            on: ServedManagement.loopback,
            keepalive: KeepaliveOptions(idleSeconds: 60, intervalSeconds: 60, count: 3)
        )
        let address = try #require(listener?.address.description)
        listener = nil
        let text = try await description { _ = try await ManagementClient(address).status() }
        #expect(text.hasPrefix("no gateway answers on \(address): "))
        #expect(text.contains("management.listen"))
    }

    @Test(
        "What is no address with a port is an error before anything is asked",
        arguments: ["", "127.0.0.1", "localhost", "a b:1", "127.0.0.1:port"]
    )
    func invalidAddress(text: String) async throws {
        let words = try await description { _ = try ManagementClient(text) }
        #expect(words.contains("127.0.0.1:7080"))
    }
}

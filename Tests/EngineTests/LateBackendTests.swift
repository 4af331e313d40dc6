import Operations
import Settings
import Sockets
import Testing

@testable import Engine

@Suite("A backend that connects slowly", .timeLimit(.minutes(2)))
struct LateBackendTests {
    @Test(
        "Bytes that the client has sent meanwhile reach it, and so does the client's end",
        arguments: [false, true]
    )
    func bytesBefore(hasEnded: Bool) async throws {
        let slow = try ListeningSocket(
            on: GatewayFixture.loopback(0),
            backlog: 0,
            keepalive: KeepaliveOptions(idleSeconds: 60, intervalSeconds: 10, count: 3)
        )
        // What its queue has no place for is tried again by the kernel (listen(2)).
        let queued = try (0..<2).map { _ in
            let socket = try Socket.tcp(for: slow.address)
            _ = socket.connect(to: slow.address)
            return socket
        }
        defer { for socket in queued { socket.close() } }
        let address = try GatewayFixture.freeAddress()
        var configuration = try GatewayFixture.configuration(
            listeners: [address],
            backend: slow.address
        )
        configuration.topology.listeners[0].routes[0].timeouts.connect = .seconds(60)
        // To set this limit makes an event of its own, which would hide that bytes were forgotten.
        configuration.topology.engine.unsentByteCount = 0
        let gateway = try Gateway(configuration: configuration, accessLog: RecordingLog()) { _ in }
        try gateway.start()
        let client = try await GatewayFixture.client(of: address)
        defer { client.close() }
        client.writeAll([1, 2, 3])
        if hasEnded { client.shutdownWrite() }
        try await eventually { gateway.status().listeners[0].backends[0].activeConnections == 1 }
        try await Task.sleep(for: .milliseconds(50))

        var received: [UInt8] = []
        var isAtEnd = false
        var accepted: [Socket] = []
        try await eventually {
            if case .accepted(let socket, _) = slow.accept() { accepted.append(socket) }
            for socket in accepted {
                if let bytes = socket.readAvailable(waiting: 0) {
                    received += bytes
                } else {
                    isAtEnd = true
                }
            }
            return received == [1, 2, 3] && (isAtEnd || !hasEnded)
        }
        for socket in accepted { socket.close() }
        _ = await gateway.drain(within: .zero)
    }
}

import Addresses
import Glibc
import Operations
import Settings
import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("Health checks of many backends", .timeLimit(.minutes(3)))
struct HealthCheckerTests {
    private static let count = 1_000

    /// One of loopback's addresses for each backend.
    private static func address(_ index: Int, port: UInt16) -> SocketAddress {
        let ip = IPv4Address(127, 77, UInt8(index / 250), UInt8(index % 250 + 1))
        return SocketAddress(.v4(ip), port: port)
    }

    /// Listens on all of loopback's addresses.
    private static func listener(backlog: Int32) throws -> ListeningSocket {
        try ListeningSocket(
            on: SocketAddress(.v4(IPv4Address(0, 0, 0, 0)), port: 0),
            backlog: backlog,
            keepalive: KeepaliveOptions(idleSeconds: 60, intervalSeconds: 10, count: 3)
        )
    }

    private static func threadCount() -> Int {
        guard let folder = unsafe opendir("/proc/self/task") else { return 0 }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return count
    }

    @Test("A thousand backends, half of them silent, are checked in turn without a thread each")
    func halfSilent() async throws {
        let answering = try Self.listener(backlog: 4_096)
        let silent = try Self.listener(backlog: 0)
        // What its queue has no place for the kernel drops (listen(2)).
        let queued = try (0..<4).map { _ in
            let socket = try Socket.tcp(for: silent.address)
            _ = socket.connect(to: Self.address(0, port: silent.address.port))
            return socket
        }
        defer { for socket in queued { socket.close() } }

        var check = HealthCheck(kind: .tcp)
        check.interval = .seconds(2)
        check.timeout = .milliseconds(500)
        var configuration = try GatewayFixture.configuration(
            listeners: [GatewayFixture.freeAddress()],
            backend: answering.address
        )
        configuration.topology.listeners[0].routes[0].service.healthCheck = check
        configuration.topology.listeners[0].routes[0].service.backends = (0..<Self.count).map {
            index in
            let port = index % 2 == 0 ? answering.address.port : silent.address.port
            let address = Self.address(index, port: port)
            return ConfiguredBackend(BackendAddress(host: .ip(address.ip), port: address.port))
        }
        let threadsBefore = Self.threadCount()
        let gateway = try Gateway(configuration: configuration, accessLog: RecordingLog()) { _ in }
        try gateway.start()

        var asked: [IPAddress: Int] = [:]
        var threadsAtMost = 0
        try await eventually {
            while case .accepted(let socket, _) = answering.accept() {
                asked[try socket.localAddress().ip, default: 0] += 1
                socket.close()
            }
            threadsAtMost = max(threadsAtMost, Self.threadCount())
            let silent = gateway.status().listeners[0].backends.filter { $0.health == .unhealthy }
            return asked.count == Self.count / 2 && asked.values.allSatisfy { $0 >= 4 }
                && silent.count == Self.count / 2
        }
        let backends = gateway.status().listeners[0].backends
        #expect(backends.count { $0.health == .healthy } == Self.count / 2)
        for backend in backends where backend.health == .unhealthy {
            #expect(backend.lastFailure == "connect timed out")
        }
        // Each in its turn: none is asked often while another waits. A check that begins late puts off
        // its backend's next ones, so that turns drift apart.
        let most = asked.values.max() ?? 0
        let least = asked.values.min() ?? 0
        #expect(most < 2 * least, "\(least) to \(most)")
        // The shards', and those of Dispatch and of the tests beside this one.
        #expect(threadsAtMost - threadsBefore < Self.count / 2)
        _ = await gateway.drain(within: .zero)
    }
}

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
    func halfSilent() async {
        // In a process of its own: threads count for all of a process.
        await #expect(processExitsWith: .success) { try await Self.checkInTurn() }
    }

    private static func checkInTurn() async throws {
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

        // Whose turn it was, and how often it was whose.
        var turns: [IPAddress] = []
        var asked: [IPAddress: Int] = [:]
        var threadsAtMost = 0
        var backends: [BackendStatus] = []
        try await eventually {
            while case .accepted(let socket, _) = answering.accept() {
                let ip = try socket.localAddress().ip
                turns.append(ip)
                asked[ip, default: 0] += 1
                socket.close()
            }
            threadsAtMost = max(threadsAtMost, Self.threadCount())
            backends = gateway.status().listeners[0].backends
            return asked.count == Self.count / 2 && asked.values.allSatisfy { $0 >= 4 }
                && backends.count { $0.health == .unhealthy } == Self.count / 2
                && backends.count { $0.health == .healthy } == Self.count / 2
        }
        for backend in backends where backend.health == .unhealthy {
            precondition(backend.lastFailure == "connect timed out", backend.lastFailure ?? "-")
        }
        let most = Self.mostTurnsWhileAnotherWaits(turns)
        precondition(most <= 3, "one was asked \(most) times while another waited")
        // The shards' and those of Dispatch.
        let threadCount = threadsAtMost - threadsBefore
        precondition(threadCount < Self.count / 2, "\(threadCount) threads")
        _ = await gateway.drain(within: .zero)
    }

    /// How often one was asked at most between two turns of another. However late some turns are on
    /// a busy machine, and however far they drift apart: it is one turn each, and one more at a
    /// boundary.
    private static func mostTurnsWhileAnotherWaits(_ turns: [IPAddress]) -> Int {
        var last: [IPAddress: Int] = [:]
        var most = 0
        for (index, ip) in turns.enumerated() {
            if let start = last[ip] {
                let others = Dictionary(grouping: turns[(start + 1)..<index]) { $0 }
                most = max(most, others.values.map(\.count).max() ?? 0)
            }
            last[ip] = index
        }
        return most
    }
}

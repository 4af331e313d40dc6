import Addresses
import Configurations
import FreePorts
import Glibc
import Operations
import Policy
import Settings
import Sockets
import Traffic

@testable import Engine

/// A gateway in this process, one listener before one scripted backend.
struct GatewayFixture {
    let gateway: Gateway
    let log = RecordingLog()
    let backend: ListeningSocket
    let configuration: GatewayConfiguration

    /// - Parameter shardCount: one where a test wants to know who serves.
    init(
        shardCount: Int = 2,
        assembly: Assembly = Assembly(),
        report: @escaping @Sendable (GatewayEvent) -> Void = { _ in }
    ) throws {
        backend = try Self.listener(on: Self.loopback(0))
        configuration = try Self.configuration(
            listeners: [Self.freeAddress()],
            backend: backend.address,
            shardCount: shardCount
        )
        gateway = try Gateway(
            configuration: configuration,
            accessLog: log,
            descriptors: nil,
            assembly: assembly,
            report: report
        )
        try gateway.start()
    }

    var address: SocketAddress { configuration.topology.listeners[0].address }

    static func loopback(_ port: UInt16) -> SocketAddress {
        SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: port)
    }

    static func listener(on address: SocketAddress) throws -> ListeningSocket {
        let keepalive = KeepaliveOptions(idleSeconds: 60, intervalSeconds: 10, count: 3)
        return try ListeningSocket(on: address, keepalive: keepalive)
    }

    /// An address on which nobody listens.
    static func freeAddress() throws -> SocketAddress {
        loopback(try Ports.free())
    }

    static func configuration(
        listeners: [SocketAddress],
        backend: SocketAddress,
        shardCount: Int = 2
    ) throws -> GatewayConfiguration {
        var engine = EngineSettings()
        engine.shards = shardCount
        let target = BackendAddress(host: .ip(backend.ip), port: backend.port)
        return GatewayConfiguration(
            engine: engine,
            listeners: listeners.map { address in
                Listener(
                    of: "W",
                    protocol: .tcp,
                    address: address,
                    backends: [target],
                    healthCheck: HealthCheck(kind: .off)
                )
            },
            warehouses: [GuardedWarehouse(id: "W", whitelist: Whitelist(mode: .anywhere))]
        )
    }

    /// A client whose connect has succeeded, and the backend's end of its session.
    ///
    /// - Parameter source: one of this machine's own addresses: all of 127.0.0.0/8.
    func session(from source: IPv4Address? = nil) async throws -> SocketPair {
        let client = try await Self.client(of: address, from: source)
        return SocketPair(inner: try await acceptAtBackend(), outer: client)
    }

    static func client(of address: SocketAddress, from source: IPv4Address? = nil) async throws
        -> Socket
    {
        let socket = try Socket.tcp(for: address)
        if let source { try socket.bind(to: source) }
        if case .failed(let error) = socket.connect(to: address) { throw error }
        try await eventually { socket.waitUntilReady(toWrite: true, milliseconds: 0) }
        if let error = socket.takeError() { throw error }
        return socket
    }

    private func acceptAtBackend() async throws -> Socket {
        var accepted = Socket.none
        try await eventually {
            if case .accepted(let socket, _) = backend.accept() { accepted = socket }
            return accepted.isOpen
        }
        return accepted
    }
}

extension Socket {
    /// Chooses the address from which the socket connects (bind(2)), and any port.
    func bind(to source: IPv4Address) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = source.bits.bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw SystemError(code: errno) }
    }
}

extension Timeouts {
    /// Which no machine uses up that stands still for a while.
    static var patient: Timeouts {
        var timeouts = Timeouts()
        (timeouts.header, timeouts.handshake, timeouts.connect) = (
            .seconds(60), .seconds(60), .seconds(60)
        )
        return timeouts
    }
}

/// Keeps what is written to it.
final class RecordingLog: AccessLog {
    private let kept = Locked<[AccessRecord]>([])

    var records: [AccessRecord] { kept.withLock { $0 } }
    var droppedLineCount: Int { 0 }

    func write(_ records: [AccessRecord]) {
        kept.withLock { $0 += records }
    }
}

/// Keeps what is reported to it.
final class RecordedEvents: Sendable {
    private let kept = Locked<[GatewayEvent]>([])

    var all: [GatewayEvent] { kept.withLock { $0 } }

    func add(_ event: GatewayEvent) {
        kept.withLock { $0.append(event) }
    }
}

/// What did not come to pass within a minute.
struct NeverHappened: Error {}

/// Waits until `condition` holds; a slow machine only makes the wait longer.
func eventually(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<12_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    throw NeverHappened()
}

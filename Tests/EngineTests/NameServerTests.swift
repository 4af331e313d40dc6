import Addresses
import DNSProtocol
import DomainNames
import FreePorts
import NameService
import Settings
import Sockets
import Testing

@testable import Engine

@Suite("The name server's connections over TCP")
struct NameServerTests {
    private let server: NameServer

    init() throws {
        try self.init { _ in }
    }

    private init(_ change: (inout NameServiceLimits) -> Void) throws {
        let contents = ZoneContents(
            origin: try DomainName("gw.example"),
            nameServers: [ZoneHost(try DomainName("ns.example"))],
            hosts: [
                ZoneHost(
                    try DomainName("a.gw.example"),
                    addresses: [try IPAddress(parsing: "192.0.2.1")]
                )
            ]
        )
        var limits = NameServiceLimits()
        // However long the machine stands still.
        limits.idle = .seconds(600)
        change(&limits)
        server = try NameServer(DNSResponder(DNSZone(contents, serial: 1)), limits: limits)
        let loopback = IPAddress.v4(IPv4Address(127, 0, 0, 1))
        try server.listen(on: [SocketAddress(loopback, port: try Ports.free())])
    }

    private func query(_ id: UInt16) throws -> [UInt8] {
        var query = DNSMessage(DNSHeader(id: id))
        query.questions = [DNSQuestion(try DNSName(parsing: "a.gw.example"), .a)]
        let bytes = query.encoded()
        return [0, UInt8(bytes.count)] + bytes
    }

    /// Clients see what the server did before it counts it, after each of its turns.
    private func awaitCount(
        of server: NameServer,
        _ isReached: (NameServiceCounters) -> Bool
    ) -> Bool {
        for _ in 0..<6_000 where !isReached(server.counters) { Clock.sleep(milliseconds: 10) }
        return isReached(server.counters)
    }

    private func connect() throws -> TestConnection {
        let address = try #require(server.addresses.first)
        return try TestConnection(to: address)
    }

    @Test("Queries sent one after another are answered in order, cut anywhere")
    func pipelining() throws {
        let connection = try connect()
        let bytes = try (0..<20).flatMap { try query(UInt16($0)) }
        for piece in stride(from: 0, to: bytes.count, by: 7) {
            connection.write(Array(bytes[piece..<min(piece + 7, bytes.count)]))
        }
        for id in 0..<20 {
            let answer = try #require(connection.message())
            #expect(answer[0] == 0 && answer[1] == UInt8(id) && answer[3] & 0xf == 0)
        }
        #expect(awaitCount(of: server) { $0.total == 20 })
    }

    @Test("A client that has ended its side still gets its answers, then the end")
    func halfClosed() throws {
        let connection = try connect()
        connection.write(try query(1))
        connection.socket.shutdownWrite()
        #expect(connection.message() != nil)
        #expect(connection.message() == nil && connection.hasEnded)
    }

    @Test("What is not a query ends the connection", arguments: [[0xff, 0xff], [0, 1, 0]])
    func protocolError(bytes: [UInt8]) throws {
        let connection = try connect()
        connection.write(bytes)
        #expect(connection.message() == nil && connection.hasEnded)
    }

    @Test("A source has at most so many connections")
    func sourceLimit() throws {
        let tests = try NameServerTests { $0.connectionsPerSource = 2 }
        let first = try [tests.connect(), tests.connect()]
        for connection in first {
            connection.write(try query(1))
            #expect(connection.message() != nil)
        }
        let third = try tests.connect()
        third.write(try query(1))
        #expect(third.message() == nil && third.hasEnded)
        #expect(awaitCount(of: tests.server) { $0.refusedConnections == 1 })
    }

    @Test("If there are too many, the one that has been quiet for longest makes room")
    func totalLimit() throws {
        let tests = try NameServerTests { $0.connections = 1 }
        let first = try tests.connect()
        first.write(try query(1))
        #expect(first.message() != nil)
        let second = try tests.connect()
        second.write(try query(2))
        #expect(second.message() != nil)
        #expect(first.message() == nil && first.hasEnded)
    }

    @Test("A client that asks nothing is not kept, whatever else it sends")
    func idle() throws {
        let tests = try NameServerTests { $0.idle = .seconds(1) }
        let connection = try tests.connect()
        connection.write([0])
        #expect(connection.message() == nil && connection.hasEnded)
    }

    @Test("After a stop, the address is free")
    func stopped() throws {
        let address = try #require(server.addresses.first)
        server.stop()
        #expect(server.addresses == [])
        var isFree = false
        for _ in 0..<6_000 where !isFree {
            // `try?`: it is not free until the server's thread has closed its sockets.
            isFree = (try? ListeningSocket.probe(address)) != nil
            if !isFree { Clock.sleep(milliseconds: 10) }
        }
        #expect(isFree)
    }
}

/// A client that waits.
private final class TestConnection {
    let socket: Socket
    private(set) var hasEnded = false
    private let scratch = ScratchBuffer(byteCount: 4_096)
    private var received: [UInt8] = []

    init(to address: SocketAddress) throws {
        socket = try Socket.tcp(for: address)
        if case .failed(let error) = socket.connect(to: address) { throw error }
        _ = socket.waitUntilReady(toWrite: true, milliseconds: 60_000)
    }

    deinit {
        socket.close()
    }

    /// A few bytes always fit.
    func write(_ bytes: [UInt8]) {
        _ = socket.write(bytes)
    }

    /// The next message; `nil` if the server ends the connection.
    func message() -> [UInt8]? {
        while true {
            if received.count >= 2 {
                let length = Int(received[0]) << 8 | Int(received[1])
                if received.count >= 2 + length {
                    defer { received.removeFirst(2 + length) }
                    return Array(received[2..<(2 + length)])
                }
            }
            guard socket.waitUntilReady(toWrite: false, milliseconds: 60_000) else { return nil }
            switch socket.read(into: scratch) {
            case .bytes(let count): received += scratch.copy(0..<count)
            case .wouldBlock: continue
            case .endOfStream, .failed:
                hasEnded = true
                return nil
            }
        }
    }
}

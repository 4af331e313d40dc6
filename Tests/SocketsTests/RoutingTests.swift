import Addresses
import Synchronization
import Testing

@testable import Sockets

@Suite("What the system's routes show")
struct RoutingTests {
    @Test("This machine's addresses are its loopback addresses and those from which it sends")
    func thisMachine() throws {
        #expect(Routing.isThisMachine(.v4(IPv4Address(127, 0, 0, 1))))
        #expect(Routing.isThisMachine(.v4(IPv4Address(127, 9, 9, 9))))
        // `try?`: a machine without a way out has no address besides.
        if let own = try? Routing.source(to: .v4(IPv4Address(198, 51, 100, 1))) {
            #expect(Routing.isThisMachine(own))
            let mapped = try IPAddress(parsing: "::ffff:\(own)")
            #expect(Routing.isThisMachine(mapped))
        }
        #expect(!Routing.isThisMachine(.v4(IPv4Address(198, 51, 100, 1))))
    }

    @Test("A connection comes from the chosen address, and its port is not reserved before")
    func source() throws {
        let listener = try ListeningSocket(
            on: SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 0),
            keepalive: KeepaliveOptions(idleSeconds: 60, intervalSeconds: 10, count: 3)
        )
        let socket = try Socket.tcp(for: listener.address)
        defer { socket.close() }
        let source = IPAddress.v4(IPv4Address(127, 0, 0, 77))
        try socket.bind(from: source)
        #expect(try socket.localAddress() == SocketAddress(source, port: 0))
        if case .failed(let error) = socket.connect(to: listener.address) { throw error }
        #expect(socket.waitUntilReady(toWrite: true, milliseconds: 20_000))
        #expect(try socket.localAddress().ip == source)
        #expect(try socket.localAddress().port != 0)
    }

    @Test("An address of another machine cannot be chosen")
    func foreignSource() throws {
        let socket = try Socket.tcp(isIPv6: false)
        defer { socket.close() }
        do throws(SystemError) {
            try socket.bind(from: .v4(IPv4Address(198, 51, 100, 1)))
            Issue.record("it was chosen")
        } catch {
            #expect(error.isAddressNotAvailable)
            #expect(!error.isExhaustion)
        }
    }

    @Test("Detached threads run concurrently with each other and with their creator")
    func detached() async throws {
        let gate = Mutex(())
        let finished = Atomic<Int>(0)
        try gate.withLock { _ in
            for _ in 0..<32 {
                try DetachedThread.start {
                    gate.withLock { _ in }
                    finished.add(1, ordering: .relaxed)
                }
            }
            #expect(finished.load(ordering: .relaxed) == 0)
        }
        for _ in 0..<2_000 where finished.load(ordering: .relaxed) < 32 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(finished.load(ordering: .relaxed) == 32)
    }
}

import Addresses
import FreePorts
import Glibc
import Sockets
import Testing

@Suite("Listening and accepting")
struct ListeningSocketTests {
    @Test("If port 0 is requested, the address has the port that the system chose")
    func port() throws {
        let listener = try LoopbackPair.listener()
        #expect(listener.address.ip == LoopbackPair.loopback)
        #expect(listener.address.port != 0)
    }

    @Test("Without a client there is nothing to accept")
    func nobody() throws {
        #expect(try LoopbackPair.listener().accept() == .wouldBlock)
    }

    @Test("Both ends of an accepted connection know the other's address")
    func addresses() throws {
        let pair = try LoopbackPair()
        #expect(try pair.client.localAddress() == pair.peer)
        #expect(try pair.server.localAddress() == pair.listener.address)
    }

    @Test("An accepted connection has the listener's congestion control")
    func congestionControl() throws {
        let listener = try ListeningSocket(
            on: SocketAddress(LoopbackPair.loopback, port: 0),
            congestionControl: "reno",
            keepalive: LoopbackPair.keepalive
        )
        let client = try Socket.tcp(for: listener.address)
        defer { client.close() }
        try client.setCongestionControl("reno")
        _ = client.connect(to: listener.address)
        let (server, _) = try LoopbackPair.accept(from: listener)
        defer { server.close() }
        #expect(try server.congestionControl() == "reno")
        #expect(try client.congestionControl() == "reno")
        #expect(throws: SystemError(code: ENOENT)) {
            try client.setCongestionControl("no-such-thing")
        }
    }

    @Test("An address that is in use, and one that is not local, is an error")
    func unavailable() throws {
        let listener = try LoopbackPair.listener()
        #expect(throws: SystemError(code: EADDRINUSE)) {
            try ListeningSocket(on: listener.address, keepalive: LoopbackPair.keepalive)
        }
        // A documentation address (RFC 5737 §3).
        let foreign = IPAddress.v4(IPv4Address(192, 0, 2, 1))
        #expect(throws: SystemError(code: EADDRNOTAVAIL)) { try LoopbackPair.listener(on: foreign) }
    }

    @Test(
        "A failure to listen has the system's message, and a remedy",
        arguments: [
            (EADDRINUSE, "address already in use (ss -ltnp"),
            (EADDRNOTAVAIL, "cannot assign requested address (ip addr"),
            (EINVAL, "invalid argument (a link-local address"),
            (EACCES, "permission denied (ports below 1024"),
            (ENOBUFS, "no buffer space available"),
        ]
    )
    func failure(code: CInt, words: String) {
        #expect(ListenFailure(SystemError(code: code)).description.hasPrefix(words))
    }

    @Test("Of a name server's address, the remedy shows who receives datagrams, too")
    func datagrams() {
        let failure = ListenFailure(SystemError(code: EADDRINUSE), usesDatagrams: true)
        #expect(failure.description.contains("(ss -lntup"))
    }

    @Test("A missing interface is named")
    func missingInterface() {
        let failure = ListenFailure(SystemError(code: ENODEV), interface: "eth9")
        #expect(failure.description.contains("none is eth9"))
    }

    @Test("A listener on :: that accepts IPv4 sees IPv4 clients by their IPv4 address")
    func dualStack() throws {
        let any = IPAddress.v6(IPv6Address(high: 0, low: 0))
        let listener = try LoopbackPair.listener(on: any, takesIPv4: true)
        let address = SocketAddress(LoopbackPair.loopback, port: listener.address.port)
        let client = try LoopbackPair.connect(to: address)
        let (server, peer) = try LoopbackPair.accept(from: listener)
        #expect(try client.localAddress() == peer)
        #expect(try server.localAddress() == address)
        client.close()
        server.close()
    }

    @Test("A listener on :: that does not accept IPv4 leaves the port to an IPv4 listener")
    func singleStack() throws {
        let any = IPAddress.v6(IPv6Address(high: 0, low: 0))
        // One that is free for IPv4, too.
        let port = try Ports.free()
        let listener = try ListeningSocket(
            on: SocketAddress(any, port: port),
            keepalive: LoopbackPair.keepalive
        )
        let address = SocketAddress(LoopbackPair.loopback, port: port)
        let neighbour = try ListeningSocket(on: address, keepalive: LoopbackPair.keepalive)
        let client = try LoopbackPair.connect(to: address)
        let (server, peer) = try LoopbackPair.accept(from: neighbour)
        #expect(try client.localAddress() == peer)
        #expect(listener.accept() == .wouldBlock)
        client.close()
        server.close()
    }

    @Test("A connect to a port without a listener fails as refused")
    func refused() throws {
        let address = SocketAddress(LoopbackPair.loopback, port: try Ports.free())
        #expect(throws: SystemError(code: ECONNREFUSED)) { try LoopbackPair.connect(to: address) }
    }

    @Test("Exhausted descriptors and memory are distinguished from other errors")
    func exhaustion() {
        for code in [EMFILE, ENFILE, ENOBUFS, ENOMEM] {
            #expect(SystemError(code: code).isExhaustion)
        }
        for code in [EAGAIN, ECONNRESET, EADDRINUSE, 0] {
            #expect(!SystemError(code: code).isExhaustion)
        }
        #expect(SystemError(code: EADDRINUSE).description == "address already in use")
    }
}

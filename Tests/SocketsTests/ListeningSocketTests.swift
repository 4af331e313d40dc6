import Addresses
import Glibc
import Sockets
import Testing

@Suite("Listening and accepting")
struct ListeningSocketTests {
    @Test("Where port 0 is asked for, the address has the port that the system chose")
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

    @Test("An address that is taken, and one that is not ours, is an error")
    func unavailable() throws {
        let listener = try LoopbackPair.listener()
        #expect(throws: SystemError(code: EADDRINUSE)) {
            try ListeningSocket(on: listener.address, keepalive: LoopbackPair.keepalive)
        }
        // A documentation address (RFC 5737 §3).
        let foreign = IPAddress.v4(IPv4Address(192, 0, 2, 1))
        #expect(throws: SystemError(code: EADDRNOTAVAIL)) { try LoopbackPair.listener(on: foreign) }
    }

    @Test("A listener on :: that takes IPv4 sees IPv4 clients by their IPv4 address")
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

    @Test("A listener on :: that takes no IPv4 leaves the port to an IPv4 listener")
    func singleStack() throws {
        let any = IPAddress.v6(IPv6Address(high: 0, low: 0))
        let listener = try LoopbackPair.listener(on: any)
        let address = SocketAddress(LoopbackPair.loopback, port: listener.address.port)
        let neighbour = try ListeningSocket(on: address, keepalive: LoopbackPair.keepalive)
        let client = try LoopbackPair.connect(to: address)
        let (server, peer) = try LoopbackPair.accept(from: neighbour)
        #expect(try client.localAddress() == peer)
        #expect(listener.accept() == .wouldBlock)
        client.close()
        server.close()
    }

    @Test("A connect to a port on which nobody listens fails as refused")
    func refused() throws {
        var listener: ListeningSocket? = try LoopbackPair.listener()
        let address = try #require(listener?.address)
        listener = nil
        #expect(throws: SystemError(code: ECONNREFUSED)) { try LoopbackPair.connect(to: address) }
    }

    @Test("Descriptors and memory that have run out are told from other errors")
    func exhaustion() {
        for code in [EMFILE, ENFILE, ENOBUFS, ENOMEM] {
            #expect(SystemError(code: code).isExhaustion)
        }
        for code in [EAGAIN, ECONNRESET, EADDRINUSE, 0] {
            #expect(!SystemError(code: code).isExhaustion)
        }
        #expect(SystemError(code: EADDRINUSE).description == "Address already in use")
    }
}

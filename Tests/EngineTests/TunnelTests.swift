import Core
import Sockets
import Testing

@testable import Engine

@Suite("Both directions of a relay")
struct TunnelTests {
    private let tools = RelayTools(scratchByteCount: 4096, pipeByteCount: 65_536)

    /// A guarded tunnel whose client has said `text`, with the far ends of both sides.
    private final class Guarded {
        let client: SocketPair
        let backend: SocketPair
        var tunnel: Tunnel

        init(client text: String) throws {
            client = try SocketPair()
            backend = try SocketPair()
            tunnel = Tunnel(client: client.inner)
            tunnel.backend = Side(backend.inner)
            client.outer.writeAll(Array(text.utf8))
            _ = client.inner.waitUntilReady(toWrite: false, milliseconds: 1_000)
            tunnel.client.isReadable = true
        }

        func advance(with tools: RelayTools) -> Tunnel.Progress { tunnel.advance(with: tools) }

        func close() {
            client.close()
            backend.close()
        }
    }

    @Test("What the guard held and what decided follow our header in order, and the end too")
    func heldBytes() throws {
        let guarded = try Guarded(client: "PRO")
        defer { guarded.close() }
        guarded.tunnel.open(sending: Array("header ".utf8))
        #expect(guarded.advance(with: tools) == .waitForReadiness)
        #expect(guarded.backend.outer.readAvailable() == Array("header ".utf8))
        guarded.client.outer.writeAll(Array("MISE".utf8))
        guarded.client.outer.shutdownWrite()
        guarded.tunnel.client.note(try guarded.client.inner.endEvent())
        #expect(guarded.advance(with: tools) == .waitForReadiness)
        var received: [UInt8] = []
        while let bytes = guarded.backend.outer.readAvailable() { received += bytes }
        #expect(received == Array("PROMISE".utf8))
        #expect(guarded.tunnel.toBackend.byteCount == 7)
    }

    @Test("A backend that ends without a greeting is told from one that has said something")
    func unanswered() throws {
        for (words, isReset) in [("", false), ("", true), ("hi", false), ("hi", true)] {
            let (client, backend) = (try SocketPair(), try SocketPair())
            var tunnel = Tunnel(client: client.inner, isGuarded: false, awaitsGreeting: true)
            tunnel.client.isWritable = true
            tunnel.backend = Side(backend.inner)
            tunnel.open(sending: [])
            backend.outer.writeAll(Array(words.utf8))
            if isReset { backend.outer.closeWithReset() } else { backend.outer.shutdownWrite() }
            tunnel.backend.note(try backend.inner.endEvent())
            let progress = tunnel.advance(with: tools)
            switch (words.isEmpty, isReset) {
            case (true, false): #expect(progress == .unanswered(nil))
            case (true, true): #expect(progress == .unanswered(.reset))
            case (false, false): #expect(progress == .waitForReadiness)
            case (false, true): #expect(progress == .aborted(.backendReset))
            }
            if !words.isEmpty {
                #expect(client.outer.readAvailable() == Array(words.utf8))
            }
            client.close()
            backend.inner.close()
            if !isReset { backend.outer.close() }
        }
    }

    @Test("A client that has left is told nothing: it was a probe")
    func probe() throws {
        let (client, backend) = (try SocketPair(), try SocketPair())
        defer { client.close(); backend.close() }
        var tunnel = Tunnel(client: client.inner, isGuarded: false, awaitsGreeting: true)
        tunnel.client.isWritable = true
        tunnel.backend = Side(backend.inner)
        tunnel.open(sending: [])
        client.outer.shutdownWrite()
        tunnel.client.note(try client.inner.endEvent())
        #expect(tunnel.advance(with: tools) == .waitForReadiness)
        backend.outer.shutdownWrite()
        tunnel.backend.note(try backend.inner.endEvent())
        #expect(tunnel.advance(with: tools) == .finished(.finished))
    }

    @Test("A header that the client wrote itself reaches no backend")
    func forgedHeader() throws {
        let guarded = try Guarded(client: "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")
        defer { guarded.close() }
        guarded.tunnel.open(sending: [])
        #expect(guarded.advance(with: tools) == .forgedHeader)
        #expect(guarded.tunnel.toBackend.byteCount == 0)
        #expect(guarded.backend.outer.readAvailable(waiting: 10) == [])
    }
}

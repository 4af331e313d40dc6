import Core
import Sockets
import Testing

@testable import Engine

@Suite("Both directions of a relay")
struct TunnelTests {
    private let tools = RelayTools(scratchByteCount: 4096, pipeByteCount: 65_536)

    @Test("What the guard held and what decided follow our header in order, and the end too")
    func heldBytes() throws {
        let (client, backend) = (try SocketPair(), try SocketPair())
        defer { client.close(); backend.close() }
        var tunnel = Tunnel(client: client.inner)
        tunnel.guardAgainstForgedHeader()
        tunnel.backend = Side(backend.inner)
        client.outer.writeAll(Array("PRO".utf8))
        _ = client.inner.waitUntilReady(toWrite: false, milliseconds: 1_000)
        tunnel.client.isReadable = true
        tunnel.open(sending: Array("header ".utf8))
        #expect(tunnel.advance(with: tools) == .waitForReadiness)
        #expect(backend.outer.readAvailable() == Array("header ".utf8))
        client.outer.writeAll(Array("MISE".utf8))
        client.outer.shutdownWrite()
        tunnel.client.note(try client.inner.endEvent())
        #expect(tunnel.advance(with: tools) == .waitForReadiness)
        var received: [UInt8] = []
        while let bytes = backend.outer.readAvailable() { received += bytes }
        #expect(received == Array("PROMISE".utf8))
        #expect(tunnel.toBackend.byteCount == 7)
        tunnel.close(with: tools)
    }

    @Test("A header that the client wrote itself reaches no backend")
    func forgedHeader() throws {
        let (client, backend) = (try SocketPair(), try SocketPair())
        defer { client.close(); backend.close() }
        var tunnel = Tunnel(client: client.inner)
        tunnel.guardAgainstForgedHeader()
        tunnel.backend = Side(backend.inner)
        client.outer.writeAll(Array("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n".utf8))
        _ = client.inner.waitUntilReady(toWrite: false, milliseconds: 1_000)
        tunnel.client.isReadable = true
        tunnel.open(sending: [])
        #expect(tunnel.advance(with: tools) == .forgedHeader)
        #expect(tunnel.toBackend.byteCount == 0)
        #expect(backend.outer.readAvailable(waiting: 10) == [])
        tunnel.close(with: tools)
    }
}

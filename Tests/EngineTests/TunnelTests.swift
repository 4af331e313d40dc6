import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("Both directions of a relay")
struct TunnelTests {
    private let tools = RelayTools(scratchByteCount: 4096, pipeByteCount: 65_536)

    @Test("Held bytes and those that came with them follow our header in order, then the end")
    func heldBytes() throws {
        let (client, backend) = (try SocketPair(), try SocketPair())
        defer {
            client.close()
            backend.close()
        }
        var tunnel = Tunnel(client: Side(client.inner))
        tunnel.backend = Side(backend.inner)
        tunnel.backend.isWritable = true
        tunnel.enqueue(Array("header ".utf8), for: .backend, isCounted: false)
        #expect(tunnel.advance(with: tools, reading: .backend) == .waitForReadiness)
        #expect(backend.outer.readAvailable() == Array("header ".utf8))
        client.outer.writeAll(Array("MISE".utf8))
        client.outer.shutdownWrite()
        tunnel.client.record(try client.inner.endEvent())
        #expect(tunnel.client.read(into: tools.scratch) == .bytes(count: 4, isLast: true))
        let replay = Replay(held: Array("PRO".utf8))
        #expect(tunnel.pass(replay, 4, isLast: true, with: tools) == .waitForReadiness)
        #expect(tunnel.advance(with: tools) == .endOfStream(from: .client))
        var received: [UInt8] = []
        while let bytes = backend.outer.readAvailable(), !bytes.isEmpty { received += bytes }
        #expect(received == Array("PROMISE".utf8))
        #expect(tunnel.toBackend.byteCount == 7)
    }

    @Test(
        "A backend's end or failure comes after its last bytes",
        arguments: [false, true]
    )
    func lastWords(isReset: Bool) throws {
        let (client, backend) = (try SocketPair(), try SocketPair())
        var tunnel = Tunnel(client: Side(client.inner))
        tunnel.client.isWritable = true
        tunnel.backend = Side(backend.inner)
        backend.outer.writeAll(Array("words".utf8))
        if isReset { backend.outer.closeWithReset() } else { backend.outer.shutdownWrite() }
        tunnel.backend.record(try backend.inner.endEvent())
        let progress = tunnel.advance(with: tools)
        #expect(
            progress == (isReset ? .readFailed(.backend, .reset) : .endOfStream(from: .backend))
        )
        #expect(client.outer.readAvailable() == Array("words".utf8))
        client.close()
        backend.inner.close()
        if !isReset { backend.outer.close() }
    }
}

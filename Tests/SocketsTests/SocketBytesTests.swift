import Glibc
import Sockets
import Testing

@Suite("Bytes through sockets and pipes")
struct SocketBytesTests {
    private let pair: LoopbackPair
    private let scratch = ScratchBuffer(byteCount: 4_096)

    init() throws {
        pair = try LoopbackPair()
    }

    @Test("Bytes written at one end are read at the other; without any, a read would block")
    func readAndWrite() {
        #expect(pair.server.read(into: scratch) == .wouldBlock)
        #expect(pair.client.write(Array("hello".utf8)) == .bytes(count: 5))
        #expect(LoopbackPair.read(pair.server, into: scratch) == .bytes(count: 5))
        #expect(scratch.copy(0..<5) == Array("hello".utf8))
        #expect(scratch[4] == UInt8(ascii: "o"))
        #expect(pair.server.write(scratch, 1..<3) == .bytes(count: 2))
        #expect(LoopbackPair.read(pair.client, into: scratch) == .bytes(count: 2))
        #expect(scratch.copy(0..<2) == Array("el".utf8))
    }

    @Test("A write may begin anywhere, and may be empty")
    func offsets() {
        #expect(pair.client.write(Array("hello".utf8), from: 3) == .bytes(count: 2))
        #expect(LoopbackPair.read(pair.server, into: scratch) == .bytes(count: 2))
        #expect(scratch.copy(0..<2) == Array("lo".utf8))
        #expect(pair.client.write(Array("hello".utf8), from: 5) == .bytes(count: 0))
        #expect(pair.client.write([]) == .bytes(count: 0))
    }

    @Test("A half-closed stream ends, and the other direction continues")
    func halfClose() {
        pair.client.shutdownWrite()
        #expect(LoopbackPair.read(pair.server, into: scratch) == .endOfStream)
        #expect(pair.server.write([1, 2, 3]) == .bytes(count: 3))
        #expect(LoopbackPair.read(pair.client, into: scratch) == .bytes(count: 3))
    }

    @Test("A reset is a failure, not an end")
    func reset() throws {
        let client = try LoopbackPair.connect(to: pair.listener.address)
        let (server, _) = try LoopbackPair.accept(from: pair.listener)
        client.closeWithReset()
        let outcome = LoopbackPair.read(server, into: scratch)
        #expect(outcome == .failed(SystemError(code: ECONNRESET)))
        server.close()
    }

    @Test("A peer that does not read eventually makes writes block, and loses nothing")
    func backpressure() throws {
        var written = 0
        func fill() {
            while case .bytes(let count) = pair.client.write([UInt8](repeating: 7, count: 65_536)) {
                written += count
            }
        }
        fill()
        // What was acknowledged late has made room.
        while pair.client.waitUntilReady(toWrite: true, milliseconds: 300) { fill() }
        fill()
        #expect(pair.client.write([7]) == .wouldBlock)
        var read = 0
        while read < written, case .bytes(let count) = LoopbackPair.read(pair.server, into: scratch)
        {
            read += count
        }
        #expect(read == written)
    }

    @Test("A pipe carries bytes from socket to socket, and knows how many it holds")
    func pipe() throws {
        let pipe = try Pipe(byteCount: 65_536)
        #expect(pipe.capacity >= 4_096)
        #expect(pipe.fill(from: pair.server) == .wouldBlock)
        #expect(pair.client.write(Array("bulk".utf8)) == .bytes(count: 4))
        #expect(pair.server.waitUntilReady(toWrite: false, milliseconds: 60_000))
        #expect(pipe.fill(from: pair.server) == .bytes(count: 4))
        #expect(pipe.heldByteCount == 4)
        #expect(pipe.drain(to: pair.server) == .bytes(count: 4))
        #expect(pipe.heldByteCount == 0)
        #expect(LoopbackPair.read(pair.client, into: scratch) == .bytes(count: 4))
        #expect(scratch.copy(0..<4) == Array("bulk".utf8))
    }

    @Test("A pipe to a peer that does not read holds exactly what it has not passed on")
    func blockedPipe() throws {
        let far = try LoopbackPair()
        let pipe = try Pipe(byteCount: 65_536)
        var (filled, drained) = (0, 0)
        while true {
            _ = pair.client.write([UInt8](repeating: 7, count: 65_536))
            if case .bytes(let count) = pipe.fill(from: pair.server) { filled += count }
            #expect(pipe.heldByteCount == filled - drained)
            guard pipe.heldByteCount > 0 else { continue }
            guard case .bytes(let count) = pipe.drain(to: far.server) else { break }
            drained += count
        }
        #expect(pipe.heldByteCount == filled - drained)
        #expect(pipe.heldByteCount > 0)
    }

    @Test("A pipe reports the end of its source")
    func pipeEnd() throws {
        let pipe = try Pipe(byteCount: 4_096)
        pair.client.shutdownWrite()
        #expect(pair.server.waitUntilReady(toWrite: false, milliseconds: 60_000))
        #expect(pipe.fill(from: pair.server) == .endOfStream)
    }
}

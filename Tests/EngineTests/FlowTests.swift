import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("One direction of a relay")
struct FlowTests {
    let tools = RelayTools(scratchByteCount: 4096, pipeByteCount: 65_536)

    private func ready(_ socket: Socket) -> Side {
        var side = Side(socket)
        side.isReadable = true
        side.isWritable = true
        return side
    }

    @Test("Bytes go from the source to the destination, and are counted")
    func moves() throws {
        let (source, destination) = (try SocketPair(), try SocketPair())
        defer { source.close(); destination.close() }
        source.outer.writeAll(Array("hello".utf8))
        _ = source.inner.waitUntilReady(toWrite: false, milliseconds: 1_000)
        var flow = Flow()
        var (from, to) = (ready(source.inner), ready(destination.inner))
        #expect(flow.move(from: &from, to: &to, with: tools) == .waiting)
        #expect(flow.byteCount == 5)
        #expect(destination.outer.readAvailable() == Array("hello".utf8))
    }

    @Test("What takes longer than its bytes counts for more in a turn")
    func cost() throws {
        let (source, destination) = (try SocketPair(), try SocketPair())
        defer { source.close(); destination.close() }
        let record = [0x10, 0] + [UInt8](repeating: 0x5A, count: 4_096)
        source.outer.writeAll(record + record)
        _ = source.inner.waitUntilReady(toWrite: false, milliseconds: 1_000)
        let layer = RecordLayer(source.inner)
        layer.readCost = 10_000
        var flow = Flow()
        var (from, to) = (Side(.layered(layer)), ready(destination.inner))
        from.isReadable = true
        #expect(flow.move(from: &from, to: &to, with: tools, limit: 10_000) == .turnIsOver)
        #expect(flow.byteCount == 4_096)
        #expect(flow.move(from: &from, to: &to, with: tools, limit: 20_000) == .waiting)
        #expect(flow.byteCount == 8_192)
    }

    @Test("A short read leaves the source unreadable without a second call")
    func drained() throws {
        let (source, destination) = (try SocketPair(), try SocketPair())
        defer { source.close(); destination.close() }
        source.outer.writeAll([1, 2, 3])
        _ = source.inner.waitUntilReady(toWrite: false, milliseconds: 1_000)
        var flow = Flow()
        var (from, to) = (ready(source.inner), ready(destination.inner))
        _ = flow.move(from: &from, to: &to, with: tools)
        #expect(!from.isReadable)
    }

    @Test("Bytes that the destination does not accept are kept, and reading stops")
    func backpressure() throws {
        let (source, destination) = (try SocketPair(), try SocketPair())
        defer { source.close(); destination.close() }
        var flow = Flow()
        var (from, to) = (ready(source.inner), ready(destination.inner))
        let piece = [UInt8](repeating: 7, count: 4096)
        var sent = 0
        for _ in 0..<20_000 where to.isWritable {
            if case .bytes(let count) = source.outer.write(piece) { sent += count }
            from.isReadable = true
            _ = flow.move(from: &from, to: &to, with: tools)
        }
        #expect(!to.isWritable)
        #expect(flow.hasPending)
        let taken = flow.byteCount
        from.isReadable = true
        #expect(flow.move(from: &from, to: &to, with: tools) == .waiting)
        #expect(flow.byteCount == taken)
        var received = 0
        while received < sent {
            let bytes = try #require(destination.outer.readAvailable())
            #expect(bytes.allSatisfy { $0 == 7 })
            received += bytes.count
            to.isWritable = true
            from.isReadable = true
            _ = flow.move(from: &from, to: &to, with: tools)
        }
        #expect(received == sent)
        #expect(flow.byteCount == UInt64(sent))
        flow.close(with: tools)
    }

    @Test("The end of the stream is passed on once, after pending bytes")
    func endOfStream() throws {
        // The kernel lets nothing wait for more than 200 ms, in which a machine may stand still.
        var unsent: Int32 = 0
        for _ in 0..<20 where unsent == 0 { unsent = try passOnEnd() }
        #expect(unsent == 1)
    }

    /// - Returns: how many bytes wait for the end before it is passed on.
    private func passOnEnd() throws -> Int32 {
        let (source, destination) = (try SocketPair(), try SocketPair())
        defer { source.close(); destination.close() }
        source.outer.writeAll([9])
        source.outer.shutdownWrite()
        var flow = Flow()
        var (from, to) = (Side(source.inner), ready(destination.inner))
        from.record(try source.inner.endEvent())
        #expect(flow.move(from: &from, to: &to, with: tools) == .endOfStream)
        // It waits for the end, with which it goes in one segment.
        let unsent = to.socket.unsentByteCount
        to.socket.shutdownWrite()
        #expect(destination.outer.readAvailable() == [9])
        #expect(destination.outer.readAvailable() == nil)
        #expect(flow.move(from: &from, to: &to, with: tools) == .waiting)
        return unsent
    }

    @Test("Bytes before a reset are still sent")
    func reset() throws {
        let (source, destination) = (try SocketPair(), try SocketPair())
        defer { source.inner.close(); destination.close() }
        source.outer.writeAll([9])
        source.outer.closeWithReset()
        var flow = Flow()
        var (from, to) = (Side(source.inner), Side(destination.inner))
        from.record(try source.inner.endEvent())
        to.isWritable = true
        #expect(flow.move(from: &from, to: &to, with: tools) == .sourceFailed(.reset))
        #expect(flow.byteCount == 1)
        #expect(destination.outer.readAvailable() == [9])
    }

    @Test("Bytes that were not read come first, in the order in which they were given")
    func enqueue() throws {
        let (source, destination) = (try SocketPair(), try SocketPair())
        defer { source.close(); destination.close() }
        source.outer.writeAll(Array("c".utf8))
        _ = source.inner.waitUntilReady(toWrite: false, milliseconds: 1_000)
        var flow = Flow()
        flow.enqueue(Array("a".utf8), countedByteCount: 0)
        flow.enqueue(Array("b".utf8), countedByteCount: 1)
        var (from, to) = (ready(source.inner), ready(destination.inner))
        _ = flow.move(from: &from, to: &to, with: tools)
        var received: [UInt8] = []
        while received.count < 3 { received += try #require(destination.outer.readAvailable()) }
        #expect(received == Array("abc".utf8))
        #expect(flow.byteCount == 2)
    }
}

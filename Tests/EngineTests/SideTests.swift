import Glibc
import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("One side of a relay")
struct SideTests {
    @Test("A full read decides nothing, a short one has drained the socket or met an announced end")
    func shortRead() throws {
        let pair = try SocketPair()
        defer { pair.close() }
        var side = Side(pair.inner)
        side.isReadable = true
        pair.send(17)
        expect(&side, .bytes(count: 9, isLast: false), staysReadable: true)
        expect(&side, .bytes(count: 8, isLast: false), staysReadable: false)
        pair.send(17)
        pair.outer.shutdownWrite()
        side.record(try pair.inner.endEvent())
        expect(&side, .bytes(count: 9, isLast: false), staysReadable: true)
        expect(&side, .bytes(count: 8, isLast: true), staysReadable: true)
        expect(&side, .endOfStream, staysReadable: false)
    }

    @Test("After a reset a short read decides nothing")
    func reset() throws {
        let pair = try SocketPair()
        defer { pair.inner.close() }
        var side = Side(pair.inner)
        pair.send(8)
        pair.outer.closeWithReset()
        side.record(try pair.inner.endEvent())
        expect(&side, .bytes(count: 8, isLast: false), staysReadable: true)
        expect(&side, .failed(.reset), staysReadable: false)
    }

    /// What a read into nine bytes brings.
    private func expect(_ side: inout Side, _ expected: Side.Read, staysReadable: Bool) {
        #expect(side.read(into: ScratchBuffer(byteCount: 9)) == expected)
        #expect(side.isReadable == staysReadable)
    }

    /// 20,000 bytes are enough to be spliced.
    @Test(
        "After urgent data, where a read stops short, nothing is lost and the end comes last",
        arguments: [6, 20_000]
    )
    func urgentData(byteCount: Int) throws {
        let (source, destination) = (try SocketPair(), try SocketPair())
        defer { source.close(); destination.close() }
        let before = [UInt8](repeating: UInt8(ascii: "b"), count: byteCount)
        source.outer.writeAll(before)
        _ = source.inner.waitUntilReady(toWrite: false, milliseconds: 1_000)
        var (from, to) = (Side(source.inner), Side(destination.inner))
        (from.isReadable, to.isWritable) = (true, true)
        var flow = Flow()
        let tools = RelayTools(scratchByteCount: 4096, pipeByteCount: 65_536)
        #expect(flow.move(from: &from, to: &to, with: tools) == .waiting)
        source.outer.writeUrgent(UInt8(ascii: "!"))
        source.outer.writeAll(Array("behind".utf8))
        source.outer.shutdownWrite()
        from.record(try source.inner.endEvent())
        #expect(flow.move(from: &from, to: &to, with: tools) == .endOfStream)
        destination.inner.shutdownWrite()
        var received: [UInt8] = []
        while let bytes = destination.outer.readAvailable() { received += bytes }
        let isWhole = received == before + Array("behind".utf8)
        #expect(isWhole, "\(received.count) bytes came")
    }
}

extension SocketPair {
    /// Sends so many bytes, and waits until they can be read.
    fileprivate func send(_ byteCount: Int) {
        outer.writeAll([UInt8](repeating: 1, count: byteCount))
        _ = inner.waitUntilReady(toWrite: false, milliseconds: 1_000)
    }
}

@Suite("Options that wait until they are needed")
struct SegmentPolicyTests {
    @Test("A first small write needs no TCP_NODELAY, the second sets it")
    func secondWrite() throws {
        try expect(noDelayAfter: [1], false)
        try expect(noDelayAfter: [500], false)
        try expect(noDelayAfter: [1, 1], true)
    }

    @Test("A first write that may exceed a segment sets TCP_NODELAY before it")
    func largeWrite() throws {
        try expect(noDelayAfter: [501], true)
    }

    @Test("Quick acknowledgements are restored after the first bytes, and after a PROXY header's")
    func acknowledgements() throws {
        let pair = try FreshPair()
        defer { pair.close() }
        try pair.socket.delayHandshakeAcknowledgement()
        pair.connect()
        var side = Side(pair.socket, segments: .fresh(delaysAcknowledgements: true))
        // Without it the kernel takes the connection for one of questions and answers, and is slow.
        for _ in 0..<2 {
            #expect(side.write([7]) == .bytes(count: 1))
            #expect(pair.socket.tcpOption(TCP_QUICKACK) == 1)
        }
    }

    private func expect(noDelayAfter byteCounts: [Int], _ isSet: Bool) throws {
        let pair = try FreshPair()
        defer { pair.close() }
        pair.connect()
        var side = Side(pair.socket, segments: .fresh(delaysAcknowledgements: false))
        for byteCount in byteCounts {
            let bytes = [UInt8](repeating: 1, count: byteCount)
            #expect(side.write(bytes) == .bytes(count: byteCount))
        }
        #expect((pair.socket.tcpOption(TCP_NODELAY) != 0) == isSet, "after \(byteCounts)")
    }
}

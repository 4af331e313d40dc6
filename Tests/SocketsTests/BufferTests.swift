import Addresses
import Glibc
import Sockets
import Testing

@Suite("How much a socket may hold, and for how long")
struct BufferTests {
    /// A pair whose accepted end has inherited `options` of its listener.
    private func accepted(
        receiveBuffer: Int? = nil,
        unsentLimit: Int? = nil,
        keepalive: KeepaliveOptions = LoopbackPair.keepalive
    ) throws -> (server: Socket, client: Socket) {
        let listener = try ListeningSocket(
            on: SocketAddress(LoopbackPair.loopback, port: 0),
            receiveBuffer: receiveBuffer,
            unsentLimit: unsentLimit,
            keepalive: keepalive
        )
        let client = try LoopbackPair.connect(to: listener.address)
        return (try LoopbackPair.accept(from: listener).0, client)
    }

    /// Writes until nothing more is taken.
    private func fill(_ socket: Socket) -> Int {
        let piece = [UInt8](repeating: 1, count: 65_536)
        var sum = 0
        while socket.waitUntilReady(toWrite: true, milliseconds: 100),
            case .bytes(let count) = socket.write(piece)
        {
            sum += count
        }
        return sum
    }

    @Test("An accepted socket has its listener's receive buffer")
    func receiveBuffer() throws {
        let pair = try accepted(receiveBuffer: 50_000)
        defer { pair.server.close(); pair.client.close() }
        #expect(try pair.server.receiveBuffer() == 50_000)
        _ = fill(pair.client)
        // The kernel lets one more segment in than the buffer has room for.
        #expect(pair.server.held.memory <= 100_000 + 70_000)
    }

    @Test("A peer that does not read makes a write block at the limit of unsent bytes")
    func unsentLimit() throws {
        let pair = try accepted(unsentLimit: 20_000)
        defer { pair.server.close(); pair.client.close() }
        let byteCount = fill(pair.server)
        let held = pair.server.held
        #expect(held.unsent > 0)
        // What is one segment by then goes whole.
        #expect(held.unsent <= 20_000 + 65_536)
        #expect(held.unacknowledged >= held.unsent)
        #expect(held.unacknowledged <= byteCount)
        #expect(held.memory >= held.unsent)
    }

    @Test("Acknowledged bytes are not held")
    func acknowledged() throws {
        let pair = try accepted()
        defer { pair.server.close(); pair.client.close() }
        #expect(pair.server.held == HeldBytes())
        #expect(pair.server.write([1, 2, 3]) == .bytes(count: 3))
        let buffer = ScratchBuffer(byteCount: 8)
        #expect(LoopbackPair.read(pair.client, into: buffer) == .bytes(count: 3))
        // The acknowledgement may be delayed by 40 ms, or more on a busy machine.
        for _ in 0..<6_000 where pair.server.held.unacknowledged > 0 { usleep(10_000) }
        #expect(pair.server.held.unacknowledged == 0)
    }

    @Test("A socket that is closed holds nothing")
    func none() {
        #expect(Socket.none.held == HeldBytes())
    }

    @Test("The timeout of unacknowledged bytes is that of keepalive for a quiet peer")
    func userTimeout() throws {
        let keepalive = KeepaliveOptions(idleSeconds: 20, intervalSeconds: 3, count: 4)
        #expect(keepalive.userTimeoutMilliseconds == 32_000)
        let pair = try accepted(keepalive: keepalive)
        defer { pair.server.close(); pair.client.close() }
        #expect(pair.server.userTimeout == 32_000)
        try pair.client.setKeepalive(keepalive)
        #expect(pair.client.userTimeout == 32_000)
        try pair.client.setUserTimeout(milliseconds: 0)
        #expect(pair.client.userTimeout == 0)
    }

    @Test("A time beyond the kernel's maximum becomes that maximum")
    func longest() throws {
        let keepalive = KeepaliveOptions(idleSeconds: 32_767, intervalSeconds: 32_767, count: 127)
        #expect(keepalive.userTimeoutMilliseconds == .max)
    }
}

extension Socket {
    fileprivate var userTimeout: Int32 {
        var value: Int32 = -1
        var size = socklen_t(MemoryLayout<Int32>.size)
        let result = unsafe getsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            TCP_USER_TIMEOUT,
            &value,
            &size
        )
        return result == 0 ? value : -1
    }
}

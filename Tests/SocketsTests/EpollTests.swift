import Sockets
import Testing

@Suite("Waiting for readiness")
struct EpollTests {
    private let epoll: Epoll
    private let pair: LoopbackPair
    private let scratch = ScratchBuffer(byteCount: 4_096)

    init() throws {
        epoll = try Epoll(wakeToken: 100, timerToken: 200)
        pair = try LoopbackPair()
    }

    /// Waits until there are events.
    private func events() throws -> [ReadinessEvent] {
        let count = try epoll.wait(milliseconds: LoopbackPair.patienceMilliseconds)
        return (0..<count).map { epoll.event(at: $0) }
    }

    @Test("A signal ends the wait, repeatedly until it is acknowledged")
    func signal() throws {
        #expect(try epoll.wait(milliseconds: 0) == 0)
        epoll.signal()
        epoll.signal()
        #expect(try events().map(\.token) == [100])
        #expect(try events().map(\.token) == [100])
        epoll.clearSignal()
        #expect(try epoll.wait(milliseconds: 0) == 0)
    }

    @Test("A timer ends the wait, not before it was set and not after it was canceled")
    func timer() throws {
        epoll.setTimer(milliseconds: 3_600_000)
        #expect(try epoll.wait(milliseconds: 0) == 0)
        epoll.setTimer(milliseconds: 0)
        #expect(try events().map(\.token) == [200])
        epoll.setTimer(milliseconds: nil)
        #expect(try epoll.wait(milliseconds: 0) == 0)
    }

    @Test("A socket is reported for each change, not for a state that lasts")
    func edges() throws {
        try epoll.add(pair.server, token: 7)
        let first = try events()
        #expect(first.map(\.token) == [7])
        #expect(first[0].isWritable && !first[0].isReadable)
        #expect(try epoll.wait(milliseconds: 0) == 0)

        #expect(pair.client.write([1]) == .bytes(count: 1))
        let second = try events()
        #expect(second.map(\.token) == [7])
        #expect(second[0].isReadable && !second[0].isEndOfStream)
        #expect(try epoll.wait(milliseconds: 0) == 0, "though the byte is unread")
        #expect(pair.client.write([2]) == .bytes(count: 1))
        #expect(try events().map(\.token) == [7])
    }

    @Test("The end of a stream is reported, and is not an error")
    func endOfStream() throws {
        try epoll.add(pair.server, token: 7)
        _ = try events()
        pair.client.shutdownWrite()
        let event = try #require(try events().first)
        #expect(event.isEndOfStream && event.isReadable && !event.isError)
    }

    @Test("A reset is an error, and wakes whoever reads or writes")
    func reset() throws {
        let client = try LoopbackPair.connect(to: pair.listener.address)
        let (server, _) = try LoopbackPair.accept(from: pair.listener)
        try epoll.add(server, token: 9)
        _ = try events()
        client.closeWithReset()
        let event = try #require(try events().first)
        #expect(event.isError && event.isReadable && event.isWritable && event.isEndOfStream)
        server.close()
    }

    @Test("A listener is reported while a client waits, until it is no longer watched")
    func listener() throws {
        try epoll.add(pair.listener, token: 5)
        let client = try LoopbackPair.connect(to: pair.listener.address)
        #expect(try events().map(\.token) == [5])
        #expect(try events().map(\.token) == [5])
        epoll.remove(pair.listener)
        #expect(try epoll.wait(milliseconds: 0) == 0)
        client.close()
    }
}

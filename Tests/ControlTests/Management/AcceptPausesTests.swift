import Glibc
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Control

@Suite("Accepting at the management address without a descriptor")
struct AcceptPausesTests {
    private let loop = EmbeddedEventLoop()

    /// A listening channel whose accepts are ours to fail.
    private func listener(_ room: ConnectionRoom) -> EmbeddedChannel {
        EmbeddedChannel(handler: AcceptPauses(room: room), loop: loop)
    }

    private func fail(_ channel: EmbeddedChannel, _ code: CInt) {
        channel.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
    }

    /// What the channel was told last; `nil` if nothing.
    private func isReading(_ channel: EmbeddedChannel) -> Bool? {
        channel.options.last { $0.0 is ChannelOptions.Types.AutoReadOption }?.1 as? Bool
    }

    @Test(
        "It pauses for a moment, and closes one other client to make room",
        arguments: [EMFILE, ENFILE, ENOMEM]
    )
    func eviction(code: CInt) {
        let room = ConnectionRoom(limit: 8)
        let closedCount = Mutex(0)
        for _ in 0..<2 {
            let client = EmbeddedChannel(loop: loop)
            room.enter(client)
            client.closeFuture.whenComplete { _ in closedCount.withLock { $0 += 1 } }
        }
        let channel = listener(room)
        fail(channel, code)
        #expect(isReading(channel) == false)
        fail(channel, code)
        loop.run()
        #expect(
            closedCount.withLock { $0 } == 1,
            "further failures of the same moment change nothing"
        )
        loop.advanceTime(by: .milliseconds(10))
        #expect(isReading(channel) == true)
    }

    @Test("Without a client to close, the spare descriptor is released, once")
    func spare() {
        let channel = listener(ConnectionRoom(limit: 8))
        fail(channel, EMFILE)
        loop.advanceTime(by: .milliseconds(10))
        #expect(isReading(channel) == true)
        fail(channel, EMFILE)
        loop.advanceTime(by: .milliseconds(99))
        #expect(isReading(channel) == false, "nothing is left to give up")
        loop.advanceTime(by: .milliseconds(1))
        #expect(isReading(channel) == true)
    }

    @Test("It ignores other failures")
    func others() {
        let channel = listener(ConnectionRoom(limit: 8))
        fail(channel, ECONNABORTED)
        #expect(isReading(channel) == nil)
        #expect(throws: IOError.self) { try channel.throwIfErrorCaught() }
    }
}

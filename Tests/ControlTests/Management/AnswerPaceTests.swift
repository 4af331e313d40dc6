import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import Control

@Suite("How long an answer may take")
struct AnswerPaceTests {
    /// A client that takes what was written only when it is told to.
    private final class SlowClient: ChannelOutboundHandler {
        typealias OutboundIn = HTTPResponsePart
        typealias OutboundOut = HTTPResponsePart

        private var pending: [EventLoopPromise<Void>] = []

        func write(
            context: ChannelHandlerContext,
            data: NIOAny,
            promise: EventLoopPromise<Void>?
        ) {
            if let promise { pending.append(promise) }
        }

        func flush(context: ChannelHandlerContext) {}

        /// Takes one piece.
        func take() {
            if !pending.isEmpty { pending.removeFirst().succeed() }
        }
    }

    private let channel = EmbeddedChannel()
    private let client = SlowClient()

    init() throws {
        let room = ConnectionRoom(limit: 4)
        let connectionGuard = ConnectionGuard(
            room: room,
            largeAnswers: ConnectionRoom(limit: 4),
            lifetime: .seconds(120),
            progress: .seconds(60)
        )
        try channel.pipeline.syncOperations.addHandlers([client, connectionGuard])
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/x"), promise: nil)
    }

    private var loop: EmbeddedEventLoop { channel.embeddedEventLoop }

    private func pass(_ seconds: Int64) { loop.advanceTime(by: .seconds(seconds)) }

    private func set(_ pace: AnswerPace) { channel.triggerUserOutboundEvent(pace, promise: nil) }

    private func write(_ part: HTTPResponsePart) { channel.writeAndFlush(part, promise: nil) }

    private func writePiece() { write(.body(ByteBuffer(string: "piece"))) }

    @Test("An ordinary one ends with the connection's life, whatever the client takes")
    func ordinary() {
        write(.head(HTTPResponse(status: .ok)))
        for _ in 0..<11 {
            writePiece()
            client.take()
            pass(10)
        }
        #expect(channel.isActive)
        pass(10)
        #expect(!channel.isActive)
    }

    @Test("A streamed one goes on as long as the client takes each piece in time")
    func progress() {
        set(.streamed)
        write(.head(HTTPResponse(status: .ok)))
        for _ in 0..<100 {
            writePiece()
            pass(59)
            client.take()
        }
        #expect(channel.isActive)
        writePiece()
        pass(60)
        #expect(!channel.isActive)
    }

    @Test("The client is not to blame for the gateway's own time")
    func making() {
        set(.streamed)
        pass(10_000)
        write(.head(HTTPResponse(status: .ok)))
        writePiece()
        client.take()
        pass(10_000)
        #expect(channel.isActive)
    }

    @Test("Of several pieces, each taken one renews the time")
    func several() {
        set(.streamed)
        for _ in 0..<3 { writePiece() }
        pass(59)
        client.take()
        pass(59)
        client.take()
        pass(59)
        #expect(channel.isActive)
        pass(1)
        #expect(!channel.isActive)
    }

    @Test("The end of a streamed answer is a piece of it")
    func end() {
        set(.streamed)
        write(.head(HTTPResponse(status: .ok)))
        writePiece()
        client.take()
        write(.end(nil))
        pass(59)
        #expect(channel.isActive)
        pass(1)
        #expect(!channel.isActive)
    }

    @Test("What follows a streamed answer has the usual time")
    func afterwards() {
        set(.streamed)
        pass(1_000)
        write(.head(HTTPResponse(status: .ok)))
        writePiece()
        client.take()
        write(.end(nil))
        client.take()
        pass(119)
        #expect(channel.isActive)
        pass(1)
        #expect(!channel.isActive)
    }

    @Test("An answer with a time of its own has that")
    func within() {
        pass(100)
        set(.within(.seconds(180)))
        pass(179)
        #expect(channel.isActive)
        pass(1)
        #expect(!channel.isActive)
    }
}

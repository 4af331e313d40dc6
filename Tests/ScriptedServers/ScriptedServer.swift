import Glibc
import NIOCore
import NIOPosix
public import NIOSSL
import Synchronization

/// An HTTP server that gives its answers one after another, the last one again and again, and keeps
/// the requests. Each connection carries one request.
public final class ScriptedServer: Sendable {
    /// What is sent for one request, as it is.
    public struct Answer: Sendable {
        /// What follows the answer.
        public enum Ending: Sendable {
            case close
            /// The connection stays as it is.
            case open
            /// RST.
            case reset
            /// The same text again and again, every few milliseconds.
            case dripping(String)
        }

        public var text: String
        public var ending = Ending.close

        /// Any bytes; an empty text closes the connection without an answer.
        public init(raw text: String, ending: Ending = .close) {
            self.text = text
            self.ending = ending
        }

        /// An envelope.
        public init(_ body: String, status: Int = 200, headers: [String] = []) {
            let fields = ["Content-Length: \(body.utf8.count)"] + headers
            text = "HTTP/1.1 \(status) X\r\n\(fields.map { $0 + "\r\n" }.joined())\r\n\(body)"
        }

        /// A success with `data`, which is JSON, and perhaps with more members beside it.
        public static func data(_ data: String, beside: String = "") -> Answer {
            Answer(#"{"success":true,"requestId":"1","data":\#(data)\#(beside)}"#)
        }

        public static func refusal(
            _ status: Int,
            code: String,
            headers: [String] = [],
            data: String = "null"
        ) -> Answer {
            Answer(
                #"{"success":false,"code":"\#(code)","message":"No: \#(code).","data":\#(data)}"#,
                status: status,
                headers: headers
            )
        }
    }

    /// A request as it came.
    public struct Request: Sendable {
        /// `GET /v1/status HTTP/1.1`
        public var line: String
        /// With their names in lower case.
        public var headers: [String: String]
        public var body: String

        init(_ text: String) {
            let end = text.ranges(of: "\r\n\r\n").first
            let head = end.map { text[..<$0.lowerBound] } ?? text[...]
            body = end.map { String(text[$0.upperBound...]) } ?? ""
            let lines = head.split(separator: "\r\n")
            line = lines.first.map(String.init) ?? ""
            let fields = lines.dropFirst().map { $0.split(separator: ": ", maxSplits: 1) }
            headers = Dictionary(
                fields.filter { $0.count == 2 }.map { ($0[0].lowercased(), String($0[1])) }
            ) { first, _ in first }
        }

        /// `GET /v1/status`
        public var call: String { line.split(separator: " ").prefix(2).joined(separator: " ") }

        var isComplete: Bool {
            body.utf8.count >= headers["content-length"].flatMap { Int($0) } ?? 0
        }
    }

    private let script: Script
    private let channel: any Channel

    private init(_ script: Script, _ channel: any Channel) {
        self.script = script
        self.channel = channel
    }

    /// `127.0.0.1:PORT`; empty for a socket.
    public var address: String {
        channel.localAddress?.port.map { "127.0.0.1:\($0)" } ?? ""
    }

    public var requests: [Request] { script.requests }

    /// Runs `body` with a server.
    ///
    /// - Parameters:
    ///   - socket: the path of a Unix socket; a free port of 127.0.0.1 if there is none.
    ///   - tls: what it speaks TLS with.
    ///   - answers: at least one.
    public static func run<Result>(
        socket: String? = nil,
        tls: NIOSSLContext? = nil,
        _ answers: [Answer],
        _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let script = Script(answers)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = NIOSSLServerHandler(context: tls)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(ScriptHandler(script))
                }
            }
        let channel: any Channel
        if let socket {
            channel = try await bootstrap.bind(unixDomainSocketPath: socket).get()
        } else {
            channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        }
        let server = ScriptedServer(script, channel)
        let result: Result
        do {
            result = try await body(server)
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
        return result
    }
}

/// What is still to be answered, and what was asked.
final class Script: Sendable {
    private struct State {
        var answers: ArraySlice<ScriptedServer.Answer>
        var requests: [ScriptedServer.Request] = []
    }

    private let state: Mutex<State>

    init(_ answers: [ScriptedServer.Answer]) {
        state = Mutex(State(answers: answers[...]))
    }

    var requests: [ScriptedServer.Request] { state.withLock { $0.requests } }

    func answer(to request: ScriptedServer.Request) -> ScriptedServer.Answer {
        state.withLock { state in
            state.requests.append(request)
            guard state.answers.count > 1 else { return state.answers[state.answers.startIndex] }
            return state.answers.removeFirst()
        }
    }
}

/// Serves one connection.
private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let script: Script
    private var bytes: [UInt8] = []
    private var isAnswered = false
    private var drops: RepeatedTask?

    init(_ script: Script) { self.script = script }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytesView
        let text = String(decoding: bytes, as: UTF8.self)
        guard !isAnswered, text.contains("\r\n\r\n") else { return }
        let request = ScriptedServer.Request(text)
        guard request.isComplete else { return }
        isAnswered = true
        let answer = script.answer(to: request)
        let buffer = context.channel.allocator.buffer(string: answer.text)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        switch answer.ending {
        case .open: break
        case .close: context.close(promise: nil)
        case .dripping(let text):
            let channel = context.channel
            drops = context.eventLoop.scheduleRepeatedTask(
                initialDelay: .milliseconds(5),
                delay: .milliseconds(5)
            ) { _ in
                channel.writeAndFlush(channel.allocator.buffer(string: text), promise: nil)
            }
        case .reset:
            let channel = context.channel
            (channel as? any SocketOptionProvider)?
                .setSoLinger(linger(l_onoff: 1, l_linger: 0))
                .whenComplete { _ in channel.close(promise: nil) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        drops?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that refuses the certificate.
        context.close(promise: nil)
    }
}

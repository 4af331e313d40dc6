import Addresses
import Glibc
import HTTPProtocol
import Policy
import Sockets
import Traffic

@testable import Engine

/// A protocol for tests with all that a dialogue and a bounded relay are for: requests of a line and a
/// body on a connection that is kept, and answers that send the client elsewhere.
///
///     client                            server
///     paris 5⏎hello              ──►
///                                ◄──    ok 3⏎bye       or    moved 127.0.0.2:9000⏎
///                                                       or    redirected http://be-1:9000/⏎
///
/// A request's line is the host that it is for and the length of its body.
enum LineProtocol {
    static func request(to host: String, _ body: [UInt8]) -> [UInt8] {
        Array("\(host) \(body.count)\n".utf8) + body
    }

    /// Takes the first line, and the length at its end, off `bytes`.
    fileprivate static func takeLine(of bytes: inout [UInt8]) -> (words: [String], count: Int)? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = String(decoding: bytes[..<end], as: UTF8.self)
        bytes.removeFirst(end + 1)
        let words = line.split(separator: " ").map(String.init)
        return (words, words.last.flatMap(Int.init) ?? 0)
    }
}

/// Reads a request's line, which says for which host it is.
struct LineHead: Prologue {
    private var head: [UInt8] = []

    mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep {
        for index in bytes.indices {
            head.append(bytes[index])
            guard bytes[index] == UInt8(ascii: "\n") else { continue }
            let host = String(decoding: head.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
            return .decided(.host(host), replay: Replay(held: head, offset: index + 1))
        }
        return head.count > 100 ? .refused(.badProxyHeader, detail: "no line") : .more()
    }

    mutating func endOfStream() -> PrologueStep { .left(isProbe: head.isEmpty) }
    mutating func deadlinePassed() -> PrologueStep { .refused(.proxyHeaderTimeout, detail: "") }
}

/// Whose answer's end is known from the start.
struct AnsweredExchange: Exchange {
    let end: ExchangeEnd

    init(_ title: String) {
        var record = HTTPRequestRecord()
        record.method = title
        let next = FirstBytes([ForgedHeaderGuard(), LineHead()])
        end = ExchangeEnd(next: next, keepsBackend: true, record: record)
    }

    var awaitsAnswer: Bool { false }
    var patience: Duration { .zero }
    var endsWithStream: Bool { false }
    var timeout: ExchangeStep { .left }
    mutating func receive(_ bytes: Span<UInt8>) -> ExchangeStep { .left }
    var hasAnswerPart: Bool { false }

    mutating func endOfAnswer(hasFailed: Bool) -> ExchangeStep { .left }
}

/// Carries a request's line to the server, follows the server to another one, and has the bodies
/// relayed.
struct LineDialogue: Dialogue {
    private var line: [UInt8] = []
    private var host = ""
    private var bodyByteCount = 0
    /// What the client has sent behind its line.
    private var fromClient: [UInt8] = []
    private var fromBackend: [UInt8] = []
    private var dialCount = 0

    mutating func begin(clientBytes: [UInt8]) -> DialogueStep {
        dialCount += 1
        fromBackend = []
        if !clientBytes.isEmpty {
            fromClient = clientBytes
            guard let (words, count) = LineProtocol.takeLine(of: &fromClient) else {
                return .refused(.noBackend, detail: "no line")
            }
            (host, bodyByteCount) = (words.first ?? "", count)
            line = Array(clientBytes.prefix(clientBytes.count - fromClient.count))
        }
        return .more(Messages(toBackend: line))
    }

    mutating func receive(_ bytes: Span<UInt8>, from side: RelaySide) -> DialogueStep {
        for index in bytes.indices {
            if side == .client {
                fromClient.append(bytes[index])
            } else {
                fromBackend.append(bytes[index])
            }
        }
        var rest = fromBackend
        guard side == .backend, let (words, count) = LineProtocol.takeLine(of: &rest) else {
            return .more(Messages())
        }
        if words.first == "moved" {
            return dialCount < 4
                ? .dial(.address(words[1])) : .refused(.noBackend, detail: "moved too often")
        }
        if words.first == "redirected" {
            let sender = RedirectTarget(host: "sender", port: 1, usesTLS: false)
            // `try?`: what is not a Location ends the test's connection.
            let location = try? RedirectLocation(words.last ?? "", relativeTo: sender)
            guard dialCount < 4, let location else { return .refused(.badAnswer, detail: "") }
            return .dial(.redirected(location.server))
        }
        let body = fromClient.prefix(bodyByteCount)
        let bounds = ExchangeBounds(
            toBackend: .bytes(bodyByteCount - body.count),
            toClient: .bytes(count - rest.count),
            excess: Array(fromClient.dropFirst(bodyByteCount))
        )
        return .relay(
            Messages(toClient: fromBackend, toBackend: Array(body)),
            .exchange(AnsweredExchange(host), bounds)
        )
    }

    mutating func endOfStream(from side: RelaySide) -> DialogueStep {
        guard side == .backend, dialCount < 4 else {
            return .refused(.noBackend, detail: "it left")
        }
        return .dial(.another())
    }

    mutating func deadlinePassed() -> DialogueStep { .refused(.noBackend, detail: "silence") }
}

/// Answers requests, each connection on a thread of its own, in either form of transport.
final class LineServer: Sendable {
    enum Answer: Sendable {
        case ok([UInt8])
        case moved(SocketAddress)
        /// To a Location.
        case redirected(String)
        /// The server closes the connection after this answer.
        case okAndClose([UInt8])

        /// The line that sends the client elsewhere; `nil` if it is served here.
        var elsewhere: String? {
            switch self {
            case .moved(let address): "moved \(address)\n"
            case .redirected(let location): "redirected \(location)\n"
            case .ok, .okAndClose: nil
            }
        }
    }

    struct Request: Equatable, Sendable {
        /// Which of the server's connections it came over, from 1 on.
        let connection: Int
        let host: String
        let body: [UInt8]
    }

    let address: SocketAddress
    private let listener: ListeningSocket
    private let seen = Locked<[Request]>([])
    private let connectionCount = Locked(0)
    private let isLayered: Bool
    private let answer: @Sendable (Request) -> Answer

    /// Every request whose body has come, in order.
    var requests: [Request] { seen.withLock { $0 } }

    /// - Parameter answer: to a request; asked where it is to move before the body has come.
    init(isLayered: Bool = false, _ answer: @escaping @Sendable (Request) -> Answer) throws {
        listener = try GatewayFixture.listener(on: GatewayFixture.loopback(0))
        address = listener.address
        self.isLayered = isLayered
        self.answer = answer
        try DetachedThread.start { [weak self] in
            while let server = self {
                guard case .accepted(let socket, _) = server.listener.accept() else {
                    usleep(2_000)
                    continue
                }
                let number = server.connectionCount.withLock { count in
                    count += 1
                    return count
                }
                try? DetachedThread.start { server.serve(socket, number) }
            }
        }
    }

    private func serve(_ socket: Socket, _ number: Int) {
        var peer = LineStream(socket, isLayered: isLayered)
        defer { socket.close() }
        while let (words, count) = peer.readLine() {
            let host = words.first ?? ""
            let head = Request(connection: number, host: host, body: [])
            if let line = answer(head).elsewhere {
                peer.write(Array(line.utf8))
                continue
            }
            // Says that it will answer before the body comes: the answer's length is known.
            let (bytes, isLast) =
                switch answer(head) {
                case .ok(let bytes): (bytes, false)
                case .okAndClose(let bytes): (bytes, true)
                case .moved, .redirected: ([], true)
                }
            peer.write(Array("ok \(bytes.count)\n".utf8))
            guard let body = peer.read(count) else { return }
            seen.withLock { $0.append(Request(connection: number, host: host, body: body)) }
            peer.write(bytes)
            if isLast { return peer.end() }
        }
    }
}

/// One end of a connection, for a thread or a test that may wait.
struct LineStream {
    let far: FarEnd
    private var buffer: [UInt8] = []

    init(_ socket: Socket, isLayered: Bool) {
        far = FarEnd(socket, isLayered: isLayered)
    }

    func write(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let count = far.write(bytes, from: offset)
            offset += count
            if count == 0 { _ = far.socket.waitUntilReady(toWrite: true, milliseconds: 20) }
            if far.socket.takeError() != nil { return }
        }
        flush()
    }

    func end() {
        far.endWriting()
        flush()
    }

    private func flush() {
        far.flush()
        while far.hasUnsent, far.socket.takeError() == nil {
            _ = far.socket.waitUntilReady(toWrite: true, milliseconds: 20)
            far.flush()
        }
    }

    /// So many bytes; `nil` if the stream ends before.
    mutating func read(_ count: Int) -> [UInt8]? {
        while buffer.count < count { guard fill() else { return nil } }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    mutating func readLine() -> (words: [String], count: Int)? {
        while true {
            if let line = LineProtocol.takeLine(of: &buffer) { return line }
            guard fill() else { return nil }
        }
    }

    /// All up to the end of the stream.
    mutating func readToEnd() -> [UInt8] {
        while fill() {}
        return buffer
    }

    private mutating func fill() -> Bool {
        guard let bytes = far.read() else { return false }
        if bytes.isEmpty { _ = far.socket.waitUntilReady(toWrite: false, milliseconds: 20) }
        buffer += bytes
        return true
    }
}

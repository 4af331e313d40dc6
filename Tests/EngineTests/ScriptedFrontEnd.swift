import Addresses
import Glibc
import MySQLClient
import MySQLProtocol
import Sockets
import TLS
import Traffic

@testable import Engine

/// A front end that answers from a script, each connection on a thread of its own.
final class ScriptedFrontEnd: Sendable {
    let address: SocketAddress
    private let listener: ListeningSocket
    private let seen = Locked<[String]>([])

    /// Requests and statements, in order. Of logins: the user.
    var requests: [String] { seen.withLock { $0 } }

    private init(_ serve: @escaping @Sendable (ScriptedFrontEnd, Socket) -> Void) throws {
        listener = try GatewayFixture.listener(on: GatewayFixture.loopback(0))
        address = listener.address
        try DetachedThread.start { [weak self] in
            while let server = self {
                guard case .accepted(let socket, _) = server.listener.accept() else {
                    usleep(2_000)
                    continue
                }
                try? DetachedThread.start { serve(server, socket) }
            }
        }
    }

    /// - Parameters:
    ///   - tls: what clients must speak; `nil` for plain HTTP. The name that they request goes before
    ///     their requests.
    ///   - answer: to a request's head; `nil` for none at all.
    static func http(
        tls: TLSServer? = nil,
        _ answer: @escaping @Sendable (String) -> String?
    ) throws -> ScriptedFrontEnd {
        try ScriptedFrontEnd { server, socket in
            defer { socket.close() }
            var stream = ByteStream(socket)
            if let tls {
                guard let (secured, session) = ByteStream.secured(socket, by: tls) else { return }
                stream = secured
                server.seen.withLock { $0.append(session.serverName ?? "-") }
            }
            guard let head = stream.read(through: Array("\r\n\r\n".utf8)) else { return }
            let request = String(decoding: head, as: UTF8.self)
            server.seen.withLock { $0.append(request) }
            guard let answer = answer(request) else {
                // Until the other side leaves.
                while stream.read() != nil {}
                return
            }
            stream.write(Array(answer.utf8))
        }
    }

    /// - Parameters:
    ///   - password: of every user.
    ///   - answer: to a statement; `nil` for an error.
    static func mysql(
        password: @escaping @Sendable () -> String,
        _ answer: @escaping @Sendable (String) -> MySQLTable?
    ) throws -> ScriptedFrontEnd {
        try ScriptedFrontEnd { server, socket in
            defer { socket.close() }
            var stream = ByteStream(socket)
            let greeting = MySQLGreeting(
                serverVersion: "5.7.99",
                connectionID: 1,
                scramble: MySQLScramble(1...20),
                capabilities: .basicLogin
            )
            stream.write(MySQLPacket(sequence: 0, payload: greeting.payload).bytes)
            guard let packet = stream.readPacket(),
                let login = try? MySQLLogin(payload: packet.payload)
            else { return }
            server.seen.withLock { $0.append(login.user) }
            let expected = try? MySQLPasswordAnswer.answer(
                Password(password()),
                to: greeting.scramble,
                plugin: MySQLScramble.nativePassword
            )
            guard login.authentication == expected else {
                let error = MySQLErrorPacket(
                    code: 1_045,
                    sqlState: "28000",
                    message: "Access denied"
                )
                return stream.write(packet.reply(error.payload).bytes)
            }
            stream.write(packet.reply([0, 0, 0, 2, 0, 0, 0]).bytes)
            while let query = stream.readPacket(), query.payload.first == 3 {
                let statement = String(decoding: query.payload.dropFirst(), as: UTF8.self)
                server.seen.withLock { $0.append(statement) }
                stream.write(Self.packets(answer(statement)))
            }
        }
    }

    private static func packets(_ table: MySQLTable?) -> [UInt8] {
        var payloads: [[UInt8]] = []
        if let table {
            let end: [UInt8] = [0xfe, 0, 0, 2, 0]
            payloads.append([UInt8(table.columns.count)])
            for column in table.columns {
                var payload: [UInt8] = []
                for text in ["def", "", "", "", column, ""] { payload.appendLengthEncoded(text) }
                payloads.append(payload)
            }
            payloads.append(end)
            for row in table.rows {
                payloads.append(
                    row.reduce(into: []) { payload, value in
                        if let value {
                            payload.appendLengthEncoded(value)
                        } else {
                            payload.append(0xfb)
                        }
                    }
                )
            }
            payloads.append(end)
        } else {
            let error = MySQLErrorPacket(code: 1_064, sqlState: "42000", message: "syntax error")
            payloads.append(error.payload)
        }
        return payloads.enumerated().flatMap { index, payload in
            MySQLPacket(sequence: UInt8(truncatingIfNeeded: index + 1), payload: payload).bytes
        }
    }
}

/// One end of a connection, for a thread that may wait.
private struct ByteStream {
    private var far: FarEnd
    private var buffer: [UInt8] = []

    init(_ socket: Socket) {
        far = FarEnd(socket, isLayered: false)
    }

    /// - Returns: `nil` if there is no agreement.
    static func secured(_ socket: Socket, by server: TLSServer) -> (ByteStream, TLSSession)? {
        guard let connection = server.accept() else { return nil }
        let layer = TLSLayer(
            connection,
            on: socket,
            buffers: TLSBuffers(plainByteCount: 65_536),
            endsBySocket: true
        )
        while true {
            switch layer.handshake() {
            case .established(let session):
                var stream = ByteStream(socket)
                stream.far = FarEnd(by: layer)
                return (stream, session)
            case .failed: return nil
            case .inProgress:
                _ = socket.waitUntilReady(toWrite: false, milliseconds: 20)
                layer.recordReadable(isEnding: false)
            }
        }
    }

    func write(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let count = far.write(bytes, from: offset)
            offset += count
            if count == 0 { _ = far.socket.waitUntilReady(toWrite: true, milliseconds: 20) }
            if far.socket.takeError() != nil { return }
        }
        far.flush()
    }

    /// The next bytes; `nil` at the end of the stream.
    mutating func read() -> [UInt8]? {
        guard let bytes = far.read() else { return nil }
        if bytes.isEmpty { _ = far.socket.waitUntilReady(toWrite: false, milliseconds: 20) }
        return bytes
    }

    /// Everything up to `end`, which is included; `nil` if the stream ends before.
    mutating func read(through end: [UInt8]) -> [UInt8]? {
        while buffer.suffix(end.count) != end[...] {
            guard let bytes = read() else { return nil }
            buffer += bytes
        }
        return buffer
    }

    mutating func readPacket() -> MySQLPacket? {
        while true {
            // `try?`: a client that sends no packets gets no answer.
            guard let decoding = try? MySQLPacket.decode(buffer, limit: 65_536) else { return nil }
            if case .complete(let packet, let byteCount) = decoding {
                buffer.removeFirst(byteCount)
                return packet
            }
            guard let bytes = read() else { return nil }
            buffer += bytes
        }
    }
}

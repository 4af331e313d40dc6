import Addresses
import Logging
import MySQLProtocol
import NIOCore
import ProxyProtocol
import Traffic

/// Serves MySQL clients, each from its connection's beginning to its end.
struct MySQLService: Sendable {
    private typealias Messages = NIOAsyncChannelInboundStream<MySQLClientMessage>.AsyncIterator
    private typealias Replies = NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// From accept to a complete login.
    private static let loginTimeout = TimeAmount.seconds(10)

    let catalog: Catalog
    let registry: SessionRegistry
    let expectsProxyHeader: Bool
    let logger: Logger

    /// Serves one client. What goes wrong with it is its own affair.
    func serve(_ connection: MySQLServer.Connection) async {
        let channel = connection.channel
        let deadline = channel.eventLoop.scheduleTask(in: Self.loginTimeout) {
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        do {
            try await connection.executeThenClose { messages, replies in
                var messages = messages.makeAsyncIterator()
                let peer = channel.remoteAddress?.ipAddress ?? "localhost"
                guard let host = try await client(of: peer, &messages) else { return }
                try await converse(with: host, &messages, replies) { deadline.cancel() }
            }
        } catch {
            logger.debug("a MySQL client left", metadata: ["error": "\(error)"])
        }
    }

    /// Whose connection it is: the peer's, or whose the PROXY header says; `nil` where none came.
    private func client(of peer: String, _ messages: inout Messages) async throws -> String? {
        guard expectsProxyHeader else { return peer }
        guard case .proxyHeader(let header)? = try await messages.next() else { return nil }
        guard case .proxied(let source, _) = header.origin else { return peer }
        return source.ip.description
    }

    private func converse(
        with host: String,
        _ messages: inout Messages,
        _ replies: Replies,
        whenLoggedIn: () -> Void
    ) async throws {
        guard let id = registry.open(host: host) else {
            return try await replies.write(ByteBuffer(bytes: Self.full))
        }
        defer { registry.close(id) }
        var session = MySQLSession(
            connectionID: id,
            host: host,
            scramble: MySQLScramble((0..<20).map { _ in UInt8.random(in: 1...127) }),
            catalog: catalog
        )
        try await replies.write(ByteBuffer(bytes: session.greeting))
        while case .packet(let packet)? = try await messages.next() {
            let reply = try session.receive(packet, sessions: registry.sessions, now: .now)
            if session.phase == .ready { whenLoggedIn() }
            registry.update(session.facts)
            try await replies.write(ByteBuffer(bytes: reply.bytes))
            if reply.closes { return }
        }
    }

    /// What a client sees in place of a greeting when there are too many.
    private static var full: [UInt8] {
        let error = MySQLErrorPacket(
            code: MySQLErrorPacket.tooManyConnections,
            sqlState: nil,
            message: "Too many connections"
        )
        return MySQLPacket(sequence: 0, payload: error.payload).bytes
    }
}

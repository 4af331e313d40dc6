import Addresses
import FoundationEssentials
import Logging
import MySQLProtocol
import NIOCore
import NIOPosix
import ProxyProtocol
import Traffic

/// The sample warehouse's MySQL side: a task for each connection.
struct MySQLServer {
    typealias Connection = NIOAsyncChannel<MySQLClientMessage, ByteBuffer>

    struct Settings {
        /// 0 for any free one.
        var port: Int
        /// Whether each connection begins with a PROXY header.
        var expectsProxyHeader: Bool
        /// Sessions at the same time.
        var connectionLimit: Int
    }

    private let channel: NIOAsyncChannel<Connection, Never>
    private let service: MySQLService

    /// Listens on 127.0.0.1.
    static func bind(
        _ settings: Settings,
        database: SampleDatabase,
        logger: Logger
    ) async throws -> MySQLServer {
        let expectsProxyHeader = settings.expectsProxyHeader
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: settings.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try connection(on: channel, expectsProxyHeader: expectsProxyHeader)
                }
            }
        let service = MySQLService(
            database: database,
            registry: SessionRegistry(limit: settings.connectionLimit),
            expectsProxyHeader: expectsProxyHeader,
            logger: logger
        )
        return MySQLServer(channel: channel, service: service)
    }

    private static func connection(
        on channel: any Channel,
        expectsProxyHeader: Bool
    ) throws -> Connection {
        let decoder = MySQLClientDecoder(expectsProxyHeader: expectsProxyHeader)
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))
        // A packet may be long: no more than two wait for the one that is being answered.
        let backPressure = NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(
            lowWatermark: 1,
            highWatermark: 2
        )
        return try Connection(
            wrappingChannelSynchronously: channel,
            configuration: .init(backPressureStrategy: backPressure)
        )
    }

    /// Where the server listens.
    var port: Int { channel.channel.localAddress?.port ?? 0 }

    /// Serves until the task is cancelled.
    func run() async throws {
        try await channel.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask { await service.serve(connection) }
                }
            }
        }
    }
}

/// Serves MySQL clients, each from the beginning of its connection to the end.
private struct MySQLService: Sendable {
    private typealias Messages = NIOAsyncChannelInboundStream<MySQLClientMessage>.AsyncIterator

    /// From accept to a complete login.
    private static let loginTimeout = TimeAmount.seconds(10)
    /// For a client to read one reply; `net_write_timeout`.
    private static let writeTimeout = TimeAmount.seconds(60)

    let database: SampleDatabase
    let registry: SessionRegistry
    let expectsProxyHeader: Bool
    let logger: Logger

    /// Serves one client. Its errors do not affect others.
    func serve(_ connection: MySQLServer.Connection) async {
        let channel = connection.channel
        let deadline = Self.close(channel, after: Self.loginTimeout)
        defer { deadline.cancel() }
        do {
            try await connection.executeThenClose { messages, _ in
                var messages = messages.makeAsyncIterator()
                let peer = channel.remoteAddress?.ipAddress ?? "localhost"
                guard let host = try await client(of: peer, &messages) else { return }
                try await converse(with: host, &messages, on: channel) { deadline.cancel() }
            }
        } catch {
            logger.debug("MySQL connection failed", metadata: ["error": "\(error)"])
        }
    }

    private static func close(_ channel: any Channel, after time: TimeAmount) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    /// The client's address: the peer's, or the one in the PROXY header; `nil` if none came.
    private func client(of peer: String, _ messages: inout Messages) async throws -> String? {
        guard expectsProxyHeader else { return peer }
        guard case .proxyHeader(let header)? = try await messages.next() else { return nil }
        guard case .proxied(let source, _) = header.origin else { return peer }
        return source.ip.description
    }

    private func converse(
        with host: String,
        _ messages: inout Messages,
        on channel: any Channel,
        whenLoggedIn: () -> Void
    ) async throws {
        guard let id = registry.open(host: host) else {
            return try await write(Self.tooManyConnections, to: channel)
        }
        defer { registry.close(id) }
        var session = MySQLSession(
            connectionID: id,
            host: host,
            scramble: MySQLScramble((0..<20).map { _ in UInt8.random(in: 1...127) }),
            database: database,
            registry: registry
        )
        try await write(session.greeting, to: channel)
        while case .packet(let packet)? = try await messages.next() {
            let reply = try await session.receive(packet, now: .now)
            if session.phase == .ready { whenLoggedIn() }
            registry.update(session.facts)
            try await send(reply, to: packet, on: channel)
            if reply.closes { return }
        }
    }

    private func send(
        _ reply: MySQLReply,
        to packet: MySQLPacket,
        on channel: any Channel
    ) async throws {
        let byteCount = reply.bytes.count
        guard registry.reserve(byteCount: byteCount) else {
            return try await write(MySQLReply(to: packet, error: .busy).bytes, to: channel)
        }
        defer { registry.release(byteCount: byteCount) }
        try await write(reply.bytes, to: channel)
    }

    /// Writes `bytes` and waits until the client's side has taken them.
    private func write(_ bytes: [UInt8], to channel: any Channel) async throws {
        let deadline = Self.close(channel, after: Self.writeTimeout)
        defer { deadline.cancel() }
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// What a client sees in place of a greeting when there are too many.
    private static var tooManyConnections: [UInt8] {
        let error = MySQLErrorPacket(
            code: MySQLErrorPacket.tooManyConnections,
            sqlState: nil,
            message: "Too many connections"
        )
        return MySQLPacket(sequence: 0, payload: error.payload).bytes
    }
}

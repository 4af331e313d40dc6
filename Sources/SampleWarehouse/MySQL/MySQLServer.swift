import CIDRTrie
import Core
import Logging
import NIOCore
import NIOPosix

/// The sample warehouse's MySQL side: a task for each connection.
struct MySQLServer {
    typealias Connection = NIOAsyncChannel<MySQLPacket, ByteBuffer>

    /// From accept to a complete login.
    private static let loginTimeout = TimeAmount.seconds(10)

    private let channel: NIOAsyncChannel<Connection, Never>
    private let catalog: Catalog
    private let registry: SessionRegistry
    private let logger: Logger

    /// Listens on `address`; port 0 for any free one.
    static func bind(
        to address: NIOCore.SocketAddress,
        catalog: Catalog,
        connectionLimit: Int,
        logger: Logger
    ) async throws -> MySQLServer {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(to: address) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let decoder = ByteToMessageHandler(MySQLPacketDecoder())
                    try channel.pipeline.syncOperations.addHandler(decoder)
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        return MySQLServer(
            channel: channel,
            catalog: catalog,
            registry: SessionRegistry(limit: connectionLimit),
            logger: logger
        )
    }

    /// Where the server listens.
    var port: Int { channel.channel.localAddress?.port ?? 0 }

    /// Serves until the task is cancelled.
    func run() async throws {
        try await channel.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask { await serve(connection) }
                }
            }
        }
    }

    /// Serves one client to its end. What goes wrong with it is its own affair.
    private func serve(_ connection: Connection) async {
        do {
            try await connection.executeThenClose { packets, replies in
                let host = connection.channel.remoteAddress?.ipAddress ?? "localhost"
                guard let id = registry.open(host: host) else {
                    return try await replies.write(ByteBuffer(bytes: Self.full))
                }
                defer { registry.close(id) }
                let session = MySQLSession(
                    connectionID: id,
                    host: host,
                    scramble: MySQLScramble((0..<20).map { _ in UInt8.random(in: 1...127) }),
                    catalog: catalog
                )
                try await converse(session, packets, replies, over: connection.channel)
            }
        } catch {
            logger.debug("a MySQL client left", metadata: ["error": "\(error)"])
        }
    }

    private func converse(
        _ session: MySQLSession,
        _ packets: NIOAsyncChannelInboundStream<MySQLPacket>,
        _ replies: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        over channel: any Channel
    ) async throws {
        var session = session
        let deadline = channel.eventLoop.scheduleTask(in: Self.loginTimeout) {
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        try await replies.write(ByteBuffer(bytes: session.greeting))
        for try await packet in packets {
            let reply = try session.receive(packet, sessions: registry.sessions, now: .now)
            if session.phase == .ready { deadline.cancel() }
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

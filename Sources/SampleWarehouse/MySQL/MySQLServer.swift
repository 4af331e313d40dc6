import Logging
import NIOCore
import NIOPosix

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
        catalog: Catalog,
        logger: Logger
    ) async throws -> MySQLServer {
        let expectsProxyHeader = settings.expectsProxyHeader
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: settings.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let decoder = MySQLClientDecoder(expectsProxyHeader: expectsProxyHeader)
                    try channel.pipeline.syncOperations
                        .addHandler(ByteToMessageHandler(decoder))
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        let service = MySQLService(
            catalog: catalog,
            registry: SessionRegistry(limit: settings.connectionLimit),
            expectsProxyHeader: expectsProxyHeader,
            logger: logger
        )
        return MySQLServer(channel: channel, service: service)
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

package import Addresses
import MySQLClient
import MySQLProtocol
import NIOCore
import NIOPosix

/// Somebody who uses the sample warehouse: connects, logs in, makes some queries with a pause after
/// each, leaves, and comes back after a while. If they are denied, they try again.
package struct SampleClient: Sendable {
    private static let account = MySQLAccount(user: "demo", password: Password(""))
    private static let packetLimit = 1 << 20

    private let target: Addresses.SocketAddress
    private let source: IPAddress?
    private let header: [UInt8]
    private let queries: [String]
    private let pause: Duration
    private let rest: Duration

    /// - Parameters:
    ///   - source: the address to connect from; `nil` if the system chooses.
    ///   - header: sent first, as a load balancer would.
    ///   - pause: after each query.
    ///   - rest: from the end of one connection to the next one.
    package init(
        target: Addresses.SocketAddress,
        source: IPAddress? = nil,
        header: [UInt8] = [],
        queries: [String],
        pause: Duration,
        rest: Duration
    ) {
        self.target = target
        self.source = source
        self.header = header
        self.queries = queries
        self.pause = pause
        self.rest = rest
    }

    /// All of them, until the task is cancelled.
    package static func run(_ clients: [SampleClient]) async {
        await withTaskGroup { group in
            for client in clients { group.addTask { await client.run() } }
        }
    }

    private func run() async {
        while !Task.isCancelled {
            // `try?`: whoever is denied or cut off comes again.
            try? await visit()
            // `try?`: it ends early if the task is cancelled.
            try? await Task.sleep(for: rest)
        }
    }

    private func visit() async throws {
        let channel = try await connect()
        try await channel.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup { group in
                let (logins, login) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    defer { login.finish() }
                    try await logIn(inbound, outbound) { login.yield() }
                }
                for await _ in logins { try await ask(outbound) }
                group.cancelAll()
            }
        }
    }

    private func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(5))
        if let source {
            bootstrap = bootstrap.bind(
                to: try NIOCore.SocketAddress(ipAddress: "\(source)", port: 0)
            )
        }
        return try await bootstrap.connect(
            to: try NIOCore.SocketAddress(ipAddress: "\(target.ip)", port: Int(target.port))
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel(wrappingChannelSynchronously: channel)
            }
        }
    }

    /// Logs in, and then takes what comes until the connection ends.
    private func logIn(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        whenIn: () -> Void
    ) async throws {
        if !header.isEmpty { try await outbound.write(ByteBuffer(bytes: header)) }
        var login = MySQLClientLogin(Self.account)
        var packets = MySQLPacketReader(limit: Self.packetLimit)
        var isIn = false
        for try await bytes in inbound where !isIn {
            packets.append(Array(bytes.readableBytesView).span)
            while !isIn, let packet = try packets.next() {
                switch try login.receive(packet.payload) {
                case .wait: break
                case .send(let payload):
                    try await outbound.write(ByteBuffer(bytes: packet.reply(payload).bytes))
                case .done:
                    isIn = true
                    whenIn()
                case .denied: return
                }
            }
        }
    }

    private func ask(_ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        for query in queries {
            let statement = MySQLPacket(sequence: 0, payload: [0x03] + Array(query.utf8))
            try await outbound.write(ByteBuffer(bytes: statement.bytes))
            try await Task.sleep(for: pause)
        }
        try await outbound.write(ByteBuffer(bytes: MySQLPacket(sequence: 0, payload: [0x01]).bytes))
    }
}

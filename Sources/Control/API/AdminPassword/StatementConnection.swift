import Addresses
import Engine
import MySQLClient
import NIOCore
import NIOPosix
import Sockets
import TLS

/// Makes statements on a connection of its own to a backend.
struct StatementConnection: Sendable {
    private static let connectTimeout = TimeAmount.seconds(5)
    /// From the connect on.
    private static let timeout = TimeAmount.seconds(15)

    let backend: Addresses.SocketAddress
    /// The address to connect from; `nil` if the system chooses.
    var source: IPAddress?
    /// A PROXY header; empty for none.
    let header: [UInt8]
    /// `nil` for none.
    let security: BackendSecurity?

    enum Failure: Error, CustomStringConvertible {
        case unreachable(String)
        case timeout
        case failed(MySQLStatementError)

        var description: String {
            switch self {
            case .unreachable(let reason): reason
            case .timeout: "no answer in time"
            case .failed(let error): "\(error)"
            }
        }
    }

    func run(_ statements: [String], as account: MySQLAccount) async throws(Failure) {
        let statements = MySQLStatements(
            account,
            statements: statements,
            usesTLS: security != nil
        )
        let group = MultiThreadedEventLoopGroup.singleton
        let ended = group.any().makePromise(of: Failure?.self)
        let channel: any Channel
        do {
            let address = try NIOCore.SocketAddress(
                ipAddress: "\(backend.ip)",
                port: Int(backend.port)
            )
            var bootstrap = ClientBootstrap(group: group)
                .connectTimeout(Self.connectTimeout)
                .channelInitializer { [header, security] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            StatementHandler(statements, header, security, ended)
                        )
                    }
                }
            if let source {
                bootstrap = bootstrap.bind(
                    to: try NIOCore.SocketAddress(ipAddress: "\(source)", port: 0)
                )
            }
            channel = try await bootstrap.connect(to: address).get()
        } catch {
            ended.succeed(nil)
            throw .unreachable(Self.reason(error))
        }
        let deadline = channel.eventLoop.scheduleTask(in: Self.timeout) {
            ended.succeed(.timeout)
            channel.close(promise: nil)
        }
        // `try?`: it is only ever succeeded.
        let failure = (try? await ended.futureResult.get()) ?? nil
        deadline.cancel()
        // `try?`: it may be closed already.
        try? await channel.close()
        if let failure { throw failure }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "connect timed out" }
        return "\(SystemError(code: error.errnoCode))"
    }
}

/// The exchange on one channel.
private final class StatementHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var statements: MySQLStatements
    private let header: [UInt8]
    private let security: BackendSecurity?
    /// Once it was requested.
    private var tls: TLSByteStream?
    /// `nil` once everything is made.
    private let ended: EventLoopPromise<StatementConnection.Failure?>
    private var hasEnded = false

    init(
        _ statements: MySQLStatements,
        _ header: [UInt8],
        _ security: BackendSecurity?,
        _ ended: EventLoopPromise<StatementConnection.Failure?>
    ) {
        self.statements = statements
        self.header = header
        self.security = security
        self.ended = ended
    }

    func channelActive(context: ChannelHandlerContext) {
        if !header.isEmpty { write(header, context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        guard let tls else { return follow(statements.receive(bytes.span), context) }
        do throws(TLSByteStream.Failure) {
            try receive(bytes, over: tls, context)
        } catch {
            end(.unreachable("TLS: \(error.reason)"), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        follow(statements.receiveEndOfStream(), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        follow(statements.receiveEndOfStream(), context)
    }

    private func receive(
        _ bytes: [UInt8],
        over tls: TLSByteStream,
        _ context: ChannelHandlerContext
    ) throws(TLSByteStream.Failure) {
        let wasEstablished = tls.isEstablished
        let progress = try tls.receive(bytes)
        write(progress.output, context)
        if tls.isEstablished, !wasEstablished { follow(statements.secured(), context) }
        if !progress.plain.isEmpty { follow(statements.receive(progress.plain.span), context) }
    }

    private func follow(_ step: MySQLStatements.Step, _ context: ChannelHandlerContext) {
        do throws(TLSByteStream.Failure) {
            switch step {
            case .wait: break
            case .send(let bytes): write(try tls?.seal(bytes) ?? bytes, context)
            case .startTLS(let bytes): try startTLS(after: bytes, context)
            case .done: end(nil, context)
            case .failed(let error): end(.failed(error), context)
            }
        } catch {
            end(.unreachable("TLS: \(error.reason)"), context)
        }
    }

    private func startTLS(after request: [UInt8], _ context: ChannelHandlerContext)
        throws(TLSByteStream.Failure)
    {
        guard let connection = security?.connect() else {
            throw TLSByteStream.Failure(reason: "not available")
        }
        let tls = TLSByteStream(connection)
        self.tls = tls
        write(request, context)
        write(try tls.begin(), context)
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard !bytes.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func end(_ failure: StatementConnection.Failure?, _ context: ChannelHandlerContext) {
        guard !hasEnded else { return }
        hasEnded = true
        ended.succeed(failure)
        context.close(promise: nil)
    }
}

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Settings
import Sockets
import Text

/// One exchange by HTTPS with a server that may be slow, or send more than it should: its certificate
/// is verified, redirects are not followed, and time and size are limited.
struct BoundedExchange: Sendable {
    enum Failure: Error {
        /// The body has more than ``byteLimit`` bytes.
        case tooLarge
        case cancelled
        /// The reason is without the request, which may have a secret in it.
        case unreachable(String)
    }

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    /// A file with the certificates that the server's is checked against; `nil` for the system's.
    var authorityFile: String?
    /// For the whole exchange.
    var deadline: Duration
    /// Of an answer's body.
    var byteLimit = 262_144

    /// - Parameter url: the request's.
    func answer(to request: HTTPClientRequest, at url: WebURL) async throws(Failure) -> Answer {
        var request = request
        request.headers.add(name: "User-Agent", value: "sluice")
        let (configuration, byteLimit) = (configuration(url), byteLimit)
        do {
            return try await withDeadline { [request] in
                try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                    let answer = try await client.execute(request, deadline: .distantFuture)
                    let body = try await answer.body.collect(upTo: byteLimit)
                    return Answer(
                        status: Int(answer.status.code),
                        headers: answer.headers,
                        body: Array(buffer: body)
                    )
                }
            }
        } catch is NIOTooManyBytesError {
            throw .tooLarge
        } catch  where Task.isCancelled {
            throw .cancelled
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw .unreachable("no answer within \(deadline.configurationText)")
        } catch {
            throw .unreachable(reason(for: error, of: url))
        }
    }

    /// For people.
    private func reason(for error: any Error, of url: WebURL) -> String {
        if let reason = error.tlsReason(host: url.host) { return reason }
        return switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.last.map { reason(for: $0.error, of: url) }
                ?? "the name \(error.host) has no address"
        case let error as IOError: SystemError(code: error.errnoCode).description
        case NIOSSLError.noSuchFilesystemObject: "there is no \(authorityFile ?? "such file")"
        case ChannelError.connectTimeout: "no connection within \(deadline.configurationText)"
        case let error as HTTPClientError where error == .connectTimeout:
            "no connection within \(deadline.configurationText)"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            "the connection was closed without an answer"
        default: LogText.harmless("\(error)")
        }
    }

    private func configuration(_ url: WebURL) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        // For a server that still sends what nobody reads.
        tls.shutdownTimeout = .seconds(1)
        if let authorityFile { tls.trustRoots = .file(authorityFile) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(
                connect: TimeAmount(deadline),
                read: TimeAmount(deadline)
            )
        )
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        if url.isSecure { configuration.requireCertificate(for: url.host) }
        return configuration
    }

    /// The client's own deadline ends with the answer's head.
    private func withDeadline(_ exchange: @escaping @Sendable () async throws -> Answer)
        async throws -> Answer
    {
        try await withThrowingTaskGroup { group in
            group.addTask { try await exchange() }
            group.addTask { [deadline] in
                try await Task.sleep(for: deadline)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}

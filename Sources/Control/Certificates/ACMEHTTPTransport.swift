package import ACME
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
package import Settings
import Text

/// ACME by HTTPS: certificates are verified, redirects are not followed, and time and size are
/// limited.
package struct ACMEHTTPTransport: ACMETransport {
    /// A file with the certificates that an authority's is checked against; `nil` for the system's.
    private let authorityFile: String?
    /// For a whole exchange. Authorities may answer only once they have signed something.
    private let deadline: Duration
    /// Of an answer's body.
    private let byteLimit = 1 << 18

    package init(_ settings: ACMESettings, deadline: Duration = .seconds(30)) {
        authorityFile = settings.authorityFile
        self.deadline = deadline
    }

    package func send(_ request: ACMERequest) async throws(ACMEError) -> ACMEAnswer {
        do {
            return try await withDeadline { [self] in
                try await HTTPClient.withHTTPClient(configuration: configuration(request.url)) {
                    try await exchange(request, $0)
                }
            }
        } catch is NIOTooManyBytesError {
            throw .tooLarge
        } catch  where Task.isCancelled {
            throw .cancelled
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw .unreachable("no answer within \(deadline.configurationText)")
        } catch {
            let reason = error.tlsReason(host: request.url.host)
            throw .unreachable(reason ?? LogText.harmless("\(error)"))
        }
    }

    private func exchange(_ request: ACMERequest, _ client: HTTPClient) async throws -> ACMEAnswer {
        var message = HTTPClientRequest(url: request.url.text)
        message.method = HTTPMethod(rawValue: request.method.rawValue)
        message.headers.add(name: "Accept", value: request.accept)
        // RFC 8555 §6.1.
        message.headers.add(name: "User-Agent", value: "sluice")
        if request.method == .post {
            message.headers.add(name: "Content-Type", value: "application/jose+json")
            message.body = .bytes(ByteBuffer(bytes: request.body))
        }
        let answer = try await client.execute(message, deadline: .distantFuture)
        let body = try await answer.body.collect(upTo: byteLimit)
        let fields = answer.headers.map { ($0.name.lowercased(), $0.value) }
        return ACMEAnswer(
            status: Int(answer.status.code),
            fields: Dictionary(fields) { first, _ in first },
            body: Array(buffer: body)
        )
    }

    private func configuration(_ url: WebURL) -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        // For an authority that still sends what nobody reads.
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
    private func withDeadline(_ exchange: @escaping @Sendable () async throws -> ACMEAnswer)
        async throws -> ACMEAnswer
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

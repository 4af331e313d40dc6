import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Settings
import Text

/// How a provider is asked.
protocol ProviderTransport: Sendable {
    /// The body of a successful answer.
    func get(_ url: String) async throws(ProviderError) -> [UInt8]
    /// The body of any answer to a form, and its status.
    func post(_ form: [(name: String, value: String)], to url: String, authorization: String?)
        async throws(ProviderError) -> (status: Int, body: [UInt8])
}

/// By HTTPS: certificates are verified, redirects are not followed, and time and size are limited.
struct HTTPSTransport: ProviderTransport {
    /// A file with the certificates that a provider's is checked against; `nil` for the system's.
    let authorityFile: String?
    /// For a whole exchange.
    var deadline = Duration.seconds(10)
    /// Of an answer's body.
    var byteLimit = 262_144

    func get(_ url: String) async throws(ProviderError) -> [UInt8] {
        let answer = try await exchange(HTTPClientRequest(url: url))
        guard answer.status == 200 else { throw .status(answer.status) }
        return answer.body
    }

    func post(_ form: [(name: String, value: String)], to url: String, authorization: String?)
        async throws(ProviderError) -> (status: Int, body: [UInt8])
    {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        let text = form.map { "\($0.name)=\($0.value.percentEncoded)" }.joined(separator: "&")
        request.body = .bytes(ByteBuffer(string: text))
        return try await exchange(request)
    }

    private func exchange(_ request: HTTPClientRequest) async throws(ProviderError)
        -> (status: Int, body: [UInt8])
    {
        var request = request
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "sluice")
        guard let url = WebURL(request.url) else { throw .unreachable("not a URL") }
        var configuration = configuration
        if url.isSecure { configuration.requireCertificate(for: url.host) }
        let byteLimit = byteLimit
        do {
            return try await withDeadline { [request, configuration] in
                try await HTTPClient.withHTTPClient(configuration: configuration) { client in
                    let answer = try await client.execute(request, deadline: .distantFuture)
                    let body = try await answer.body.collect(upTo: byteLimit)
                    return (Int(answer.status.code), Array(buffer: body))
                }
            }
        } catch is NIOTooManyBytesError {
            throw .tooLarge
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw .unreachable("no answer within \(deadline.configurationText)")
        } catch {
            // Without the request, which may have a secret in it.
            throw .unreachable(error.tlsReason(host: url.host) ?? LogText.harmless("\(error)"))
        }
    }

    private var configuration: HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
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
        return configuration
    }

    /// The client's own deadline ends with the answer's head.
    private func withDeadline<Value: Sendable>(
        _ exchange: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
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

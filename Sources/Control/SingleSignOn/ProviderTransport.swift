import AsyncHTTPClient
import NIOCore
import NIOHTTP1
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
        guard let url = WebURL(request.url) else { throw .unreachable("not a URL") }
        let exchange = BoundedExchange(
            authorityFile: authorityFile,
            deadline: deadline,
            byteLimit: byteLimit
        )
        do throws(BoundedExchange.Failure) {
            let answer = try await exchange.answer(to: request, at: url)
            return (answer.status, answer.body)
        } catch {
            throw ProviderError(error)
        }
    }
}

extension ProviderError {
    fileprivate init(_ failure: BoundedExchange.Failure) {
        self =
            switch failure {
            case .tooLarge: .tooLarge
            case .cancelled: .unreachable("the gateway is stopping")
            case .unreachable(let reason): .unreachable(reason)
            }
    }
}

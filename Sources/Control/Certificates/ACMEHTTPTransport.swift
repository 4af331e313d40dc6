package import ACME
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import Settings

/// ACME by HTTPS.
package struct ACMEHTTPTransport: ACMETransport {
    private let exchange: BoundedExchange

    /// - Parameter deadline: for a whole exchange. Authorities may answer only once they have signed
    ///   something.
    package init(_ settings: ACMESettings, deadline: Duration = .seconds(30)) {
        exchange = BoundedExchange(authorityFile: settings.authorityFile, deadline: deadline)
    }

    package func send(_ request: ACMERequest) async throws(ACMEError) -> ACMEAnswer {
        var message = HTTPClientRequest(url: request.url.text)
        message.method = HTTPMethod(rawValue: request.method.rawValue)
        message.headers.add(name: "Accept", value: request.accept)
        if request.method == .post {
            message.headers.add(name: "Content-Type", value: "application/jose+json")
            message.body = .bytes(ByteBuffer(bytes: request.body))
        }
        do throws(BoundedExchange.Failure) {
            let answer = try await exchange.answer(to: message, at: request.url)
            let fields = answer.headers.map { ($0.name.lowercased(), $0.value) }
            return ACMEAnswer(
                status: answer.status,
                fields: Dictionary(fields) { first, _ in first },
                body: answer.body
            )
        } catch {
            throw ACMEError(error)
        }
    }
}

extension ACMEError {
    fileprivate init(_ failure: BoundedExchange.Failure) {
        self =
            switch failure {
            case .tooLarge: .tooLarge
            case .cancelled: .cancelled
            case .unreachable(let reason): .unreachable(reason)
            }
    }
}

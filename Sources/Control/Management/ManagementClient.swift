import Addresses
import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
package import Operations
import Settings
import Sockets
import Text

/// Why a running gateway could not be queried. Each case names the remedy.
package enum ManagementClientError: Error, CustomStringConvertible {
    case unreachable(address: String, reason: String)
    /// Something answers there, but no gateway that this program understands.
    case unexpectedAnswer(address: String)
    /// The gateway rejects the request, with its reason.
    case refused(String)

    package var description: String {
        switch self {
        case .unreachable(let address, let reason):
            "cannot reach a gateway at \(address): \(reason)"
                + " (is it running? see management.listen)"
        case .unexpectedAnswer(let address):
            "\(address) is not the management address of a gateway (see management.listen)"
        case .refused(let message): message
        }
    }
}

/// Queries a running gateway over its management address, with one connection per request. Proxy
/// environment variables are ignored: they are for outgoing traffic.
///
///     let status: ManagementClient.Answer<GatewayStatus> = try await client.get("v1/status")
package struct ManagementClient: Sendable {
    /// Limits of a response.
    struct Limits: Sendable {
        /// To find the host and to connect.
        var connect: Duration = .seconds(5)
        /// For the whole response, from the start of the request.
        var answer: Duration = .seconds(30)
        /// Of the body: more than the longest list of sessions has.
        var byteCount = 64 << 20
    }

    /// A gateway's answer, decoded and as JSON.
    package struct Answer<Value: Codable & Sendable>: Sendable {
        package var value: Value

        /// The value alone, without its envelope, with a line feed. Its keys are sorted.
        package var json: String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            // What was decoded from JSON can be encoded as JSON.
            let bytes = (try? encoder.encode(value)) ?? Data()
            return String(decoding: bytes, as: UTF8.self) + "\n"
        }
    }

    private let address: String
    private let limits: Limits

    package init(_ address: ManagementAddress) {
        self.init(address, limits: Limits())
    }

    init(_ address: ManagementAddress, limits: Limits) {
        self.address = address.text
        self.limits = limits
    }

    /// The gateway's status now.
    package func status() async throws(ManagementClientError) -> Answer<GatewayStatus> {
        try await get("v1/status")
    }

    /// The resource at `path`.
    package func get<Value: Codable>(
        _ path: String,
        query: [(key: String, value: String)] = []
    ) async throws(ManagementClientError) -> Answer<Value> {
        try await send(.GET, path, query)
    }

    /// What the gateway has done away with.
    package func delete<Value: Codable>(
        _ path: String,
        query: [(key: String, value: String)]
    ) async throws(ManagementClientError) -> Answer<Value> {
        try await send(.DELETE, path, query)
    }

    /// What the gateway has changed.
    package func put<Value: Codable>(
        _ path: String,
        query: [(key: String, value: String)]
    ) async throws(ManagementClientError) -> Answer<Value> {
        try await send(.PUT, path, query)
    }

    /// - Parameter path: without the first slash.
    private func send<Value: Codable>(
        _ method: HTTPMethod,
        _ path: String,
        _ query: [(key: String, value: String)]
    ) async throws(ManagementClientError) -> Answer<Value> {
        let words = query.map { "\($0.key.percentEncoded)=\($0.value.percentEncoded)" }
        let target = "/\(path)" + (words.isEmpty ? "" : "?" + words.joined(separator: "&"))
        var request = HTTPClientRequest(url: "http://\(address)\(target)")
        request.method = method
        let response: (status: HTTPResponseStatus, body: [UInt8])
        do {
            response = try await withDeadline { [request, limits] in
                try await request.response(limits)
            }
        } catch {
            throw failure(error)
        }
        return try answer(in: response.body, isSuccess: response.status == .ok)
    }

    /// The client's own deadline ends with the response's head.
    private func withDeadline<Response: Sendable>(
        _ request: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        try await withThrowingTaskGroup { group in
            group.addTask { try await request() }
            group.addTask {
                try await Task.sleep(for: limits.answer)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }

    private func answer<Value: Codable>(in body: [UInt8], isSuccess: Bool)
        throws(ManagementClientError) -> Answer<Value>
    {
        // `try?`: without an envelope it is not a gateway's response.
        let envelope = try? JSONDecoder().decode(ReceivedEnvelope<Value>.self, from: Data(body))
        if isSuccess, let value = envelope?.data { return Answer(value: value) }
        if !isSuccess, let message = envelope?.message { throw .refused(message) }
        throw .unexpectedAnswer(address: address)
    }
}

private struct ReceivedEnvelope<Value: Decodable>: Decodable {
    let data: Value?
    let message: String?
}

extension HTTPClientRequest {
    /// Sends the request on a connection of its own.
    fileprivate func response(_ limits: ManagementClient.Limits) async throws
        -> (status: HTTPResponseStatus, body: [UInt8])
    {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: TimeAmount(limits.connect))
        )
        configuration.httpVersion = .http1Only
        // A gateway that is not there is reported at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            let response = try await client.execute(self, deadline: .distantFuture)
            let body = try await response.body.collect(upTo: limits.byteCount)
            return (response.status, Array(buffer: body))
        }
    }
}

extension ManagementClient {
    private func failure(_ error: any Error) -> ManagementClientError {
        switch error {
        case HTTPParserError.invalidEOFState:
            .unreachable(
                address: address,
                reason: "connection closed in the middle of the response"
            )
        case is HTTPParserError: .unexpectedAnswer(address: address)
        default: .unreachable(address: address, reason: reason(for: error))
        }
    }

    private func reason(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.last.map { reason(for: $0.error) }
                ?? "the name \(error.host) has no address"
        case let error as IOError:
            SystemError(code: error.errnoCode).description
        case is NIOTooManyBytesError:
            "response larger than \(limits.byteCount >> 20) MiB"
        case let error as HTTPClientError: reason(for: error)
        case ChannelError.connectTimeout: reason(for: HTTPClientError.connectTimeout)
        default: "connection lost (\(error))"
        }
    }

    private func reason(for error: HTTPClientError) -> String {
        switch error {
        case .deadlineExceeded: "no response within \(limits.answer.configurationText)"
        case .connectTimeout: "connect timed out after \(limits.connect.configurationText)"
        case .remoteConnectionClosed: "connection closed without a response"
        default: "connection lost (\(error.shortDescription))"
        }
    }
}

public import Core
import Foundation
import FoundationNetworking

/// Why a running gateway could not be asked. Each says what to do.
public enum ManagementClientError: Error, CustomStringConvertible {
    /// The operator's fault.
    case invalidAddress(String)
    case unreachable(address: String, reason: String)
    /// Something answers there, but no gateway that this program understands.
    case unexpectedAnswer(address: String)
    /// The gateway says no, and why.
    case refused(String)

    public var description: String {
        switch self {
        case .invalidAddress(let address):
            "\(address) is no management address: write one such as 127.0.0.1:7080"
        case .unreachable(let address, let reason):
            "no gateway answers on \(address): \(reason); is it running, and is this its"
                + " management.listen?"
        case .unexpectedAnswer(let address):
            "what answers on \(address) is not a gateway's management address"
        case .refused(let message): message
        }
    }
}

/// Asks a running gateway over its management address.
///
///     let status: ManagementClient.Answer<GatewayStatus> = try await client.get("v1/status")
public struct ManagementClient: Sendable {
    /// A gateway's answer, decoded and as JSON.
    public struct Answer<Value: Codable & Sendable>: Sendable {
        public var value: Value

        /// The value alone, without its envelope, with a line feed. Its keys are sorted.
        public var json: String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            // What was decoded from JSON can be encoded as JSON.
            let bytes = (try? encoder.encode(value)) ?? Data()
            return String(decoding: bytes, as: UTF8.self) + "\n"
        }
    }

    private let address: String
    private let base: URL

    /// - Parameter address: `host:port`.
    public init(_ address: String) throws(ManagementClientError) {
        guard let base = URL(string: "http://\(address)/"), base.port != nil else {
            throw .invalidAddress(address)
        }
        self.address = address
        self.base = base
        _ = Self.bypassesProxies
    }

    /// A proxy that the environment names is for the way out. FoundationNetworking has no switch
    /// for it, but libcurl below it knows this word (curl(1), NO_PROXY). Done once: other threads
    /// may read the environment.
    private static let bypassesProxies = unsafe setenv("no_proxy", "*", 1) == 0

    /// The gateway's status now.
    public func status() async throws(ManagementClientError) -> Answer<GatewayStatus> {
        try await get("v1/status")
    }

    /// What is at `path`.
    public func get<Value: Codable>(
        _ path: String,
        query: [(key: String, value: String)] = []
    ) async throws(ManagementClientError) -> Answer<Value> {
        try await send("GET", path, query)
    }

    /// What the gateway has done away with.
    public func delete<Value: Codable>(
        _ path: String,
        query: [(key: String, value: String)]
    ) async throws(ManagementClientError) -> Answer<Value> {
        try await send("DELETE", path, query)
    }

    private func send<Value: Codable>(
        _ method: String,
        _ path: String,
        _ query: [(key: String, value: String)]
    ) async throws(ManagementClientError) -> Answer<Value> {
        var request = URLRequest(url: url(of: path, query))
        request.httpMethod = method
        request.timeoutInterval = 10
        let (body, response): (Data, URLResponse)
        do {
            (body, response) = try await URLSession.shared.data(for: request)
        } catch {
            throw .unreachable(address: address, reason: error.localizedDescription)
        }
        return try answer(in: body, isSuccess: (response as? HTTPURLResponse)?.statusCode == 200)
    }

    private func url(of path: String, _ query: [(key: String, value: String)]) -> URL {
        let url = base.appendingPathComponent(path)
        guard !query.isEmpty else { return url }
        return url.appending(queryItems: query.map { URLQueryItem(name: $0.key, value: $0.value) })
    }

    private func answer<Value: Codable>(in body: Data, isSuccess: Bool)
        throws(ManagementClientError) -> Answer<Value>
    {
        do {
            let envelope = try JSONDecoder().decode(ReceivedEnvelope<Value>.self, from: body)
            if isSuccess, let value = envelope.data { return Answer(value: value) }
            if !isSuccess, let message = envelope.message {
                throw ManagementClientError.refused(message)
            }
        } catch let error as ManagementClientError {
            throw error
        } catch {
            // What is no envelope is no gateway's.
        }
        throw .unexpectedAnswer(address: address)
    }
}

private struct ReceivedEnvelope<Value: Decodable>: Decodable {
    let data: Value?
    let message: String?
}

import Addresses
import FoundationEssentials
package import Operations

/// Why a running gateway could not be queried. Each case names the remedy.
package enum ManagementClientError: Error, CustomStringConvertible {
    /// The operator's error.
    case invalidAddress(String)
    case unreachable(address: String, reason: String)
    /// Something answers there, but no gateway that this program understands.
    case unexpectedAnswer(address: String)
    /// The gateway rejects the request, with its reason.
    case refused(String)

    package var description: String {
        switch self {
        case .invalidAddress(let address):
            "invalid management address \"\(address)\" (expected host:port, e.g. 127.0.0.1:7080)"
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
    private let exchange: ManagementExchange

    /// - Parameter address: `host:port`; an IPv6 address is in brackets.
    package init(_ address: String) throws(ManagementClientError) {
        try self.init(address, limits: ManagementExchange.Limits())
    }

    init(_ address: String, limits: ManagementExchange.Limits) throws(ManagementClientError) {
        guard let (host, port) = Self.parts(of: address) else { throw .invalidAddress(address) }
        self.address = address
        exchange = ManagementExchange(host: host, port: port, authority: address, limits: limits)
    }

    private static func parts(of address: String) -> (host: String, port: UInt16)? {
        // `try?`: what is not an IP address may still be a name.
        if let socket = try? SocketAddress(parsing: address) {
            return socket.port == 0 ? nil : ("\(socket.ip)", socket.port)
        }
        let parts = address.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let port = UInt16(parts[1]), port != 0, !parts[0].isEmpty,
            parts[0].utf8.allSatisfy(Self.isNameByte)
        else { return nil }
        return (String(parts[0]), port)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        let character = Character(Unicode.Scalar(byte))
        return byte < 0x80
            && (character.isLetter || character.isNumber || "-._".contains(character))
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
        try await send(.get, path, query)
    }

    /// What the gateway has done away with.
    package func delete<Value: Codable>(
        _ path: String,
        query: [(key: String, value: String)]
    ) async throws(ManagementClientError) -> Answer<Value> {
        try await send(.delete, path, query)
    }

    /// What the gateway has changed.
    package func put<Value: Codable>(
        _ path: String,
        query: [(key: String, value: String)]
    ) async throws(ManagementClientError) -> Answer<Value> {
        try await send(.put, path, query)
    }

    private func send<Value: Codable>(
        _ method: ManagementExchange.Method,
        _ path: String,
        _ query: [(key: String, value: String)]
    ) async throws(ManagementClientError) -> Answer<Value> {
        do throws(ManagementExchange.Failure) {
            let (status, body) = try await exchange.send(method, path: path, query: query)
            return try answer(in: body, isSuccess: status == 200)
        } catch {
            switch error {
            case .unreachable(let reason): throw .unreachable(address: address, reason: reason)
            case .unexpectedAnswer: throw .unexpectedAnswer(address: address)
            case .refused(let message): throw .refused(message)
            }
        }
    }

    private func answer<Value: Codable>(in body: [UInt8], isSuccess: Bool)
        throws(ManagementExchange.Failure) -> Answer<Value>
    {
        // `try?`: without an envelope it is not a gateway's response.
        let envelope = try? JSONDecoder().decode(ReceivedEnvelope<Value>.self, from: Data(body))
        if isSuccess, let value = envelope?.data { return Answer(value: value) }
        if !isSuccess, let message = envelope?.message { throw .refused(message) }
        throw .unexpectedAnswer
    }
}

private struct ReceivedEnvelope<Value: Decodable>: Decodable {
    let data: Value?
    let message: String?
}

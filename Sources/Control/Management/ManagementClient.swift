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

    public var description: String {
        switch self {
        case .invalidAddress(let address):
            "\(address) is no management address: write one such as 127.0.0.1:7080"
        case .unreachable(let address, let reason):
            "no gateway answers on \(address): \(reason); is it running, and is this its"
                + " management.listen?"
        case .unexpectedAnswer(let address):
            "what answers on \(address) is not a gateway's management address"
        }
    }
}

/// Asks a running gateway over its management address.
public struct ManagementClient: Sendable {
    /// A gateway's answer, decoded and as it came.
    public struct StatusAnswer: Sendable {
        public var status: GatewayStatus
        /// The status alone, without its envelope, with a line feed.
        public var json: String
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
    public func status() async throws(ManagementClientError) -> StatusAnswer {
        let body = try await get("v1/status")
        do {
            let status = try JSONDecoder().decode(Answer.self, from: body).data
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let json = String(decoding: try encoder.encode(status), as: UTF8.self)
            return StatusAnswer(status: status, json: json + "\n")
        } catch {
            throw .unexpectedAnswer(address: address)
        }
    }

    private struct Answer: Decodable {
        let data: GatewayStatus
    }

    private func get(_ path: String) async throws(ManagementClientError) -> Data {
        var request = URLRequest(url: base.appendingPathComponent(path))
        request.timeoutInterval = 10
        let (body, response): (Data, URLResponse)
        do {
            (body, response) = try await URLSession.shared.data(for: request)
        } catch {
            throw .unreachable(address: address, reason: error.localizedDescription)
        }
        guard (response as? HTTPURLResponse)?.statusCode == 200 else {
            throw .unexpectedAnswer(address: address)
        }
        return body
    }
}

/// One line of the access log, by the keys that its readers rely on.
struct AccessLine: Decodable, Sendable {
    var time: String
    var connection: UInt64
    var warehouse: String?
    var listener: String
    var `protocol`: String
    var link: String
    var peer: String
    var client: String
    var endpoint: String?
    var detail: String?
    var verdict: String
    var rule: String?
    var reason: String?
    var backend: String?
    var bytesIn: UInt64
    var bytesOut: UInt64
    var durationMs: Double
    var end: String
    var tls: String?
    var cipher: String?
    var serverName: String?
    var clientCertificate: String?
}

extension AccessLine {
    /// The client's address without its port.
    var clientHost: String { Self.host(of: client) }
    /// The peer's address without its port.
    var peerHost: String { Self.host(of: peer) }

    private static func host(of endpoint: String) -> String {
        let host = endpoint.split(separator: ":").dropLast().joined(separator: ":")
        guard endpoint.hasPrefix("[") else { return host.isEmpty ? endpoint : host }
        return String(endpoint.dropFirst().prefix { $0 != "]" })
    }
}

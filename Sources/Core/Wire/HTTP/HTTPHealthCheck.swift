/// Asks an HTTP server whether it serves: `GET path`, of whose answer only the status line counts
/// (RFC 9112 §4). Any status below 500 is healthy: also one that asks for a password.
public struct HTTPHealthCheck: Equatable, Sendable {
    /// The longest status line that is waited for, in bytes.
    static let statusLineLimit = 1024

    private let path: String
    private let host: String
    private var received: [UInt8] = []

    /// - Parameters:
    ///   - path: the request's target; what may not stand in one is percent-encoded.
    ///   - host: the `Host` field's value; control characters and spaces are left out.
    public init(path: String, host: String) {
        self.path = path
        self.host = host
    }

    /// What is sent first.
    public var request: [UInt8] {
        let host = String(decoding: host.utf8.filter(Self.isVisible), as: UTF8.self)
        let fields = "Host: \(host)\r\nUser-Agent: sluice\r\nAccept: */*\r\nConnection: close\r\n"
        return Array("GET \(target) HTTP/1.1\r\n\(fields)\r\n".utf8)
    }

    /// Takes what the server sent, in pieces of any size.
    public mutating func receive(_ bytes: some Collection<UInt8>) -> HealthProbeStep {
        received += bytes.prefix(Self.statusLineLimit - received.count)
        guard let end = received.firstIndex(of: UInt8(ascii: "\n")) else {
            return received.count < Self.statusLineLimit
                ? .wait : .unhealthy(reason: "sent no HTTP status line")
        }
        guard let status = Self.status(received[..<end]) else {
            return .unhealthy(reason: "sent no HTTP status line")
        }
        return status < 500 ? .healthy(farewell: []) : .unhealthy(reason: "HTTP status \(status)")
    }

    /// Takes the end of what the server sends.
    public func receiveEndOfStream() -> HealthProbeStep {
        .unhealthy(reason: "closed the connection before its HTTP status line")
    }

    /// The code in `HTTP/1.1 200 OK`: the three digits behind the version.
    private static func status(_ line: ArraySlice<UInt8>) -> Int? {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8) else { return nil }
        let code = words[1].prefix { $0 != UInt8(ascii: "\r") }
        guard code.count == 3, let status = Int(String(decoding: code, as: UTF8.self)) else {
            return nil
        }
        return (100...999).contains(status) ? status : nil
    }

    private var target: String {
        let absolute = path.hasPrefix("/") ? path : "/\(path)"
        return absolute.utf8.map(Self.percentEncoded).joined()
    }

    private static func percentEncoded(_ byte: UInt8) -> String {
        guard !isVisible(byte) else { return String(UnicodeScalar(byte)) }
        return (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
    }

    private static func isVisible(_ byte: UInt8) -> Bool { (0x21...0x7e).contains(byte) }
}

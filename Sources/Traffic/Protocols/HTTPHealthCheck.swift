/// Asks an HTTP server whether it serves: `GET path`, of whose answer only the status line counts
/// (RFC 9112 §4). Any status below 500 is healthy: also one that asks for a password. Only 400 is not
/// where a PROXY header went out first: then it means that the server took that for the request.
package struct HTTPHealthCheck: HealthProbe, Equatable {
    /// The longest status line that is waited for, in bytes.
    static let statusLineLimit = 1024

    private let path: String
    private let host: String
    private let sendsProxyHeader: Bool
    private var received: [UInt8] = []

    /// - Parameters:
    ///   - path: the request's target; what may not stand in one is percent-encoded.
    ///   - host: the `Host` field's value; control characters and spaces are left out.
    ///   - sendsProxyHeader: whether a PROXY header goes out first.
    package init(path: String, host: String, sendsProxyHeader: Bool = false) {
        self.path = path
        self.host = host
        self.sendsProxyHeader = sendsProxyHeader
    }

    package var opening: HealthProbeStep { .send(request) }

    /// What is sent first.
    package var request: [UInt8] {
        let host = String(decoding: host.utf8.filter(Self.isVisible), as: UTF8.self)
        let fields = "Host: \(host)\r\nUser-Agent: sluice\r\nAccept: */*\r\nConnection: close\r\n"
        return Array("GET \(target) HTTP/1.1\r\n\(fields)\r\n".utf8)
    }

    package mutating func receive(_ bytes: some Collection<UInt8>) -> HealthProbeStep {
        received += bytes.prefix(Self.statusLineLimit - received.count)
        guard let end = received.firstIndex(of: UInt8(ascii: "\n")) else {
            return received.count < Self.statusLineLimit
                ? .wait : unhealthy("sent no HTTP status line")
        }
        guard let status = Self.status(received[..<end]) else {
            return unhealthy("sent no HTTP status line")
        }
        if sendsProxyHeader, status == 400 {
            return .unhealthy(reason: ProxyHeaderRefusal.certain("HTTP status 400"))
        }
        return status < 500 ? .healthy(farewell: []) : .unhealthy(reason: "HTTP status \(status)")
    }

    package func receiveEndOfStream() -> HealthProbeStep {
        unhealthy("closed the connection before its HTTP status line")
    }

    private func unhealthy(_ words: String) -> HealthProbeStep {
        .unhealthy(reason: sendsProxyHeader ? ProxyHeaderRefusal.possible(words) : words)
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

extension HTTPHealthCheck: HealthQuestion {
    package typealias Parameter = RequestPath

    package static let parameterKey = "path"
    /// Answered by every HTTP server, if only with 404, which is healthy.
    package static let standardParameter = "/"

    package init(_ parameter: String, of backend: ProbedBackend) {
        self.init(
            path: parameter,
            host: backend.host,
            sendsProxyHeader: backend.receivesProxyHeader
        )
    }
}

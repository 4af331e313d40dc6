import HTTPProtocol
import Text

/// Checks whether an HTTP server is serving: `GET path`, of whose answer only the status line counts
/// (RFC 9112 §4). Any status below 500 is healthy, including one that asks for a password. The
/// exception is 400 if a PROXY header was sent first: the server mistook it for the request.
public struct HTTPHealthCheck: HealthProbe, Equatable {
    /// The longest status line that is accepted, in bytes.
    static let statusLineLimit = 1024

    private let path: String
    private let host: String
    private let sendsProxyHeader: Bool
    private var lines = LineCollector(byteLimit: statusLineLimit)

    /// - Parameters:
    ///   - path: the request's target; what is not allowed in one is percent-encoded.
    ///   - host: the `Host` field's value; control characters and spaces are removed.
    ///   - sendsProxyHeader: whether a PROXY header is sent first.
    public init(path: String, host: String, sendsProxyHeader: Bool = false) {
        self.path = path
        self.host = host
        self.sendsProxyHeader = sendsProxyHeader
    }

    public var opening: HealthProbeStep { .send(request) }

    /// What is sent first.
    public var request: [UInt8] {
        let host = String(decoding: host.utf8.filter(\.isVisible), as: UTF8.self)
        let fields = "Host: \(host)\r\nUser-Agent: sluice\r\nAccept: */*\r\nConnection: close\r\n"
        return Array("GET \(target) HTTP/1.1\r\n\(fields)\r\n".utf8)
    }

    public mutating func receive(_ bytes: Span<UInt8>) -> HealthProbeStep {
        var position = 0
        do throws(HTTPSyntaxError) {
            var status = 0
            let line: Void? = try lines.nextLine(of: bytes, from: &position, changing: &status) {
                (line, status) throws(HTTPSyntaxError) in status = try HTTPStatusLine(line).status
            }
            return line == nil ? .wait : verdict(on: status)
        } catch {
            return unhealthy("sent no HTTP status line")
        }
    }

    private func verdict(on status: Int) -> HealthProbeStep {
        if sendsProxyHeader, status == 400 {
            return .unhealthy(reason: ProxyHeaderRefusal.certain("HTTP status 400"))
        }
        return status < 500 ? .healthy(farewell: []) : .unhealthy(reason: "HTTP status \(status)")
    }

    public func receiveEndOfStream() -> HealthProbeStep {
        unhealthy("closed the connection before its HTTP status line")
    }

    private func unhealthy(_ words: String) -> HealthProbeStep {
        .unhealthy(reason: sendsProxyHeader ? ProxyHeaderRefusal.possible(words) : words)
    }

    private var target: String {
        (path.hasPrefix("/") ? path : "/\(path)").percentEncoded(except: \.isVisible)
    }
}

extension HTTPHealthCheck: HealthQuestion {
    public typealias Parameter = RequestPath

    public static let parameterKey = "path"
    /// Answered by every HTTP server, if only with 404, which is healthy.
    public static let standardParameter = "/"

    public init(_ parameter: String, of backend: ProbedBackend) {
        self.init(
            path: parameter,
            host: backend.host,
            sendsProxyHeader: backend.receivesProxyHeader
        )
    }
}

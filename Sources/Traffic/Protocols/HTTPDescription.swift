public import Addresses
public import Policy
import Text

/// HTTP/1.1: the client speaks first (RFC 9112).
enum HTTPDescription: ProtocolDescription {
    static let nameWithArticle = "an HTTP"
    static let synonyms: [String] = []
    static let firstSpeaker: RelaySide? = .client
    /// A body may end with its connection (RFC 9112 §6.3).
    static let framesMessages = false
    static let rejects: [Reject] = [.error, .drop]
    static let healthQuestion: (any HealthQuestion.Type)? = HTTPHealthCheck.self

    static func error(for reason: DenialReason, client: IPAddress) -> [UInt8] {
        HTTPRejection(reason: reason, client: client).bytes
    }
}

/// The HTTP response to a denied client: a complete message, after which the connection ends.
///
/// The body is JSON in the form of the management API's errors, so that one client can read both:
///
/// ```json
/// {"success":false,"code":"AccessDenied","message":"…","client":"203.0.113.7","reason":"notInWhitelist"}
/// ```
public struct HTTPRejection: Hashable, Sendable {
    /// After how many seconds a client that was over a limit may try again.
    static let retryAfterSeconds = 1

    /// Determines status, code and message.
    public var reason: DenialReason
    /// Shown in the body, so that the user knows which address needs access.
    public var client: IPAddress

    /// The response that informs `client` of `reason`.
    public init(reason: DenialReason, client: IPAddress) {
        self.reason = reason
        self.client = client
    }

    /// The whole response, RFC 9112.
    public var bytes: [UInt8] {
        let body = body
        var head = "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n"
        head += "Content-Length: \(body.count)\r\nCache-Control: no-store\r\n"
        if reason.family != .access { head += "Retry-After: \(Self.retryAfterSeconds)\r\n" }
        return Array("\(head)Connection: close\r\n\r\n".utf8) + body
    }

    private var status: String {
        switch reason.family {
        case .access: "403 Forbidden"
        case .sourceLimit: "429 Too Many Requests"
        case .gatewayLimit, .outage: "503 Service Unavailable"
        }
    }

    private var code: String {
        switch reason.family {
        case .access: "AccessDenied"
        case .sourceLimit, .gatewayLimit: "TooManyConnections"
        case .outage: "WarehouseUnavailable"
        }
    }

    private var body: [UInt8] {
        let members = [
            ("code", code), ("message", reason.message(to: client)),
            ("client", client.description), ("reason", reason.rawValue),
        ]
        var body = Array("{\"success\":false".utf8)
        for (key, value) in members {
            body += ",\"\(key)\":".utf8
            body.append(jsonString: value)
        }
        return body + "}\n".utf8
    }
}

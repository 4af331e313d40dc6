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
        let (status, code) = requestAnswer ?? familyAnswer
        let body = body(code)
        var head = "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n"
        head += "Content-Length: \(body.count)\r\nCache-Control: no-store\r\n"
        if isTemporary { head += "Retry-After: \(Self.retryAfterSeconds)\r\n" }
        return Array("\(head)Connection: close\r\n\r\n".utf8) + body
    }

    /// Whether `Retry-After` applies: to 429 and 503 (RFC 9110 §10.2.3). After 502 and 504, the
    /// server that answered wrongly or not at all may have begun the request.
    private var isTemporary: Bool {
        reason.isLimit || reason == .noBackend
    }

    /// Three digits (RFC 9110 §15).
    public var statusCode: Int { Int((requestAnswer ?? familyAnswer).status.prefix(3)) ?? 0 }

    private var requestAnswer: (status: String, code: String)? {
        switch reason {
        case .malformedRequest: ("400 Bad Request", "BadRequest")
        case .forbiddenPath: ("403 Forbidden", "ForbiddenPath")
        case .misdirectedRequest: ("421 Misdirected Request", "MisdirectedRequest")
        case .redirectRefused, .badAnswer: ("502 Bad Gateway", "BadGateway")
        case .answerTimeout: ("504 Gateway Timeout", "GatewayTimeout")
        default: nil
        }
    }

    private var familyAnswer: (status: String, code: String) {
        switch reason.family {
        case .access, .request: ("403 Forbidden", "AccessDenied")
        case .sourceLimit: ("429 Too Many Requests", "TooManyConnections")
        case .gatewayLimit: ("503 Service Unavailable", "TooManyConnections")
        case .outage: ("503 Service Unavailable", "WarehouseUnavailable")
        }
    }

    private func body(_ code: String) -> [UInt8] {
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

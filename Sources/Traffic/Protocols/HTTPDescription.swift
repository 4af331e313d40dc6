import Addresses
import Policy

/// HTTP/1.1: the client asks first (RFC 9112).
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

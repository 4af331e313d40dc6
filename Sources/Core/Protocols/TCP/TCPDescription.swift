import Addresses

/// Plain TCP, of whose bytes nothing is known: TLS that the backend ends, HTTP/2, anything else.
enum TCPDescription: ProtocolDescription {
    static let nameWithArticle = "a TCP"
    static let synonyms = ["https", "tls"]
    static let firstSpeaker: RelaySide? = nil
    static let framesMessages = false
    static let rejects: [Reject] = [.drop]
    static let healthQuestion: (any HealthQuestion.Type)? = nil

    static func error(for reason: DenialReason, client: IPAddress) -> [UInt8] { [] }
}

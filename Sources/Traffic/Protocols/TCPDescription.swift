import Addresses
import Policy

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

/// The connect itself is the check.
struct ConnectProbe: HealthProbe {
    var opening: HealthProbeStep { .healthy(farewell: []) }
    mutating func receive(_ bytes: some Collection<UInt8>) -> HealthProbeStep { opening }
    func receiveEndOfStream() -> HealthProbeStep { opening }
}

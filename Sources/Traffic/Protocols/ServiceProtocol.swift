package import Addresses
package import Policy

/// A protocol that the clients of a listener speak.
///
/// The bytes of a session are not looked into. What the gateway knows of a protocol (who has the first
/// word, how a denied client is told, how a backend is asked whether it serves) stands in the
/// protocol's own folder, in its ``ProtocolDescription``: a new protocol is a folder and two lines
/// here.
package enum ServiceProtocol: String, Hashable, Sendable, CaseIterable, Codable {
    case mysql, http, tcp

    package var known: any ProtocolDescription.Type {
        switch self {
        case .mysql: MySQLDescription.self
        case .http: HTTPDescription.self
        case .tcp: TCPDescription.self
        }
    }
}

/// All that the gateway knows of a protocol.
package protocol ProtocolDescription {
    /// As in `a MySQL check`.
    static var nameWithArticle: String { get }
    /// Other words for it in a configuration.
    static var synonyms: [String] { get }
    /// Which side has the first word of a session; `nil` if it may be either.
    static var firstSpeaker: RelaySide? { get }
    /// Whether every message carries its own length, so that no reader can take an early end for the
    /// end of an answer.
    static var framesMessages: Bool { get }
    /// How a denied client may be told; the first one where the configuration does not say.
    static var rejects: [Reject] { get }
    /// Tells a denied client at once, before a greeting or in place of an answer; empty if the protocol
    /// has no words for it.
    static func error(for reason: DenialReason, client: IPAddress) -> [UInt8]
    /// Tells a denied client in a dialogue of its own, for ``Reject/errorAfterGreeting``.
    static func errorDialogue(
        for reason: DenialReason,
        client: IPAddress,
        connectionID: UInt32
    ) -> (any Prologue)?
    /// What a health check in this protocol asks; `nil` if there is none.
    static var healthQuestion: (any HealthQuestion.Type)? { get }
    static var standardHealthCheck: HealthCheck.Kind { get }
    /// Whether a server takes connects without a word for an attack (``MySQLHealthCheck``).
    static var countsBareConnects: Bool { get }
}

extension ProtocolDescription {
    static func errorDialogue(
        for reason: DenialReason,
        client: IPAddress,
        connectionID: UInt32
    ) -> (any Prologue)? { nil }
    static var standardHealthCheck: HealthCheck.Kind { .tcp }
    static var countsBareConnects: Bool { false }
}

extension ServiceProtocol {
    /// Which side has the first word of a session; `nil` if it may be either.
    package var firstSpeaker: RelaySide? { known.firstSpeaker }

    /// Whether every message carries its own length, so that no reader can take an early end for the
    /// end of an answer.
    package var framesMessages: Bool { known.framesMessages }

    /// Tells a denied client at once, as a complete answer: before a MySQL greeting, or in place of an
    /// HTTP response. Empty for `tcp`, of whose clients nothing is known.
    ///
    /// An HTTP client may still be sending its request: close its direction, read and drop the rest
    /// for a moment, then close; else the reset overtakes the answer.
    package func error(for reason: DenialReason, client: IPAddress) -> [UInt8] {
        known.error(for: reason, client: client)
    }

    /// How a denied client is told.
    ///
    /// - Parameter connectionID: what the client sees as its own, where the protocol has one.
    package func refusal(
        _ reject: Reject,
        for reason: DenialReason,
        client: IPAddress,
        connectionID: UInt32
    ) -> Lifecycle.Refusal {
        switch reject {
        case .drop:
            return .silence(byReset: false)
        case .error:
            return .words(error(for: reason, client: client))
        case .errorAfterGreeting:
            let dialogue = known.errorDialogue(
                for: reason,
                client: client,
                connectionID: connectionID
            )
            return dialogue.map { .prologue($0) } ?? .words(error(for: reason, client: client))
        }
    }
}

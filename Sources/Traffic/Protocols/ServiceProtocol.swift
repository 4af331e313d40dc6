public import Addresses
public import Policy

/// The bytes of a session are not inspected. What the gateway knows about a protocol (who speaks
/// first, how a denied client is told, how a backend is checked) is in its ``ProtocolDescription``: a
/// new protocol is a file, a line here and its name in `Policy`. Its wire format is a module of its
/// own.
extension ServiceProtocol {
    public var known: any ProtocolDescription.Type {
        switch self {
        case .mysql: MySQLDescription.self
        case .http: HTTPDescription.self
        case .tcp: TCPDescription.self
        }
    }
}

/// All that the gateway knows about a protocol.
public protocol ProtocolDescription {
    /// As in `a MySQL check`.
    static var nameWithArticle: String { get }
    /// Other words for it in a configuration.
    static var synonyms: [String] { get }
    /// Which side speaks first in a session; `nil` if it may be either.
    static var firstSpeaker: RelaySide? { get }
    /// Whether every message carries its own length, so that no reader can mistake an early end of the
    /// stream for the end of an answer.
    static var framesMessages: Bool { get }
    /// How a denied client may be informed; the first is the default.
    static var rejects: [Reject] { get }
    /// Tells a denied client at once, before a greeting or in place of an answer; empty if the protocol
    /// has no error message.
    static func error(for reason: DenialReason, client: IPAddress) -> [UInt8]
    /// Tells a client that has logged in at the gateway, in the packet with this number; empty if the
    /// protocol has no such login.
    static func error(
        for reason: DenialReason,
        client: IPAddress,
        sequence: UInt8
    ) -> [UInt8]
    /// Denies a client in a dialogue of its own, for ``Reject/errorAfterGreeting``.
    static func errorDialogue(
        for reason: DenialReason,
        client: IPAddress,
        connectionID: UInt32
    ) -> (any Prologue)?
    /// The health check in this protocol; `nil` if there is none.
    static var healthQuestion: (any HealthQuestion.Type)? { get }
    static var standardHealthCheck: HealthCheck.Kind { get }
    /// Whether a server counts connections that end without a login as attacks (``MySQLHealthCheck``).
    static var countsBareConnects: Bool { get }
}

extension ProtocolDescription {
    static func error(
        for reason: DenialReason,
        client: IPAddress,
        sequence: UInt8
    ) -> [UInt8] { [] }
    static func errorDialogue(
        for reason: DenialReason,
        client: IPAddress,
        connectionID: UInt32
    ) -> (any Prologue)? { nil }
    static var standardHealthCheck: HealthCheck.Kind { .tcp }
    static var countsBareConnects: Bool { false }
}

extension ServiceProtocol {
    /// Which side speaks first in a session; `nil` if it may be either.
    public var firstSpeaker: RelaySide? { known.firstSpeaker }

    /// Whether every message carries its own length, so that no reader can mistake an early end of the
    /// stream for the end of an answer.
    public var framesMessages: Bool { known.framesMessages }

    /// Tells a denied client at once, as a complete answer: before a MySQL greeting, or in place of an
    /// HTTP response. Empty for `tcp`, about whose clients nothing is known.
    ///
    /// An HTTP client may still be sending its request: close its direction, read and drop the rest
    /// for a moment, then close; otherwise the reset overtakes the answer.
    public func error(for reason: DenialReason, client: IPAddress) -> [UInt8] {
        known.error(for: reason, client: client)
    }

    /// How a client is denied.
    ///
    /// - Parameters:
    ///   - connectionID: what the client sees as its own, if the protocol has one.
    ///   - nextSequence: the number of the next packet, if the client has logged in at the gateway
    ///     (``Lifecycle/nextSequence``).
    ///   - passesTLSThrough: whether the client has begun TLS, which would have ended at a backend.
    public func refusal(
        _ reject: Reject,
        for reason: DenialReason,
        client: IPAddress,
        connectionID: UInt32,
        nextSequence: UInt8? = nil,
        passesTLSThrough: Bool = false
    ) -> Lifecycle.Refusal {
        if passesTLSThrough, reject != .drop { return .words(TLSAlert.words(for: reason)) }
        if let nextSequence, reject != .drop {
            return .words(known.error(for: reason, client: client, sequence: nextSequence))
        }
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

/// Plain TCP, about whose bytes nothing is known: TLS that the backend terminates, HTTP/2, anything.
enum TCPDescription: ProtocolDescription {
    static let nameWithArticle = "a TCP"
    static let synonyms = ["https", "tls"]
    static let firstSpeaker: RelaySide? = nil
    static let framesMessages = false
    static let rejects: [Reject] = [.drop]
    static let healthQuestion: (any HealthQuestion.Type)? = nil

    static func error(for reason: DenialReason, client: IPAddress) -> [UInt8] { [] }
}

/// How a denied client learns of it.
public enum Reject: String, Hashable, Sendable, CaseIterable {
    /// The connection is closed without a word.
    case drop
    /// An error in the client's protocol, immediately: MySQL ERR, HTTP 403 with JSON.
    case error
    /// MySQL only: greet, read the login, then ERR, which most clients show in full. It costs a
    /// round trip, and the user name crosses in clear.
    case errorAfterGreeting
}

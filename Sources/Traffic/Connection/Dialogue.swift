public import HTTPProtocol
public import MySQLProtocol
public import Policy

/// Speaks with the client and the backend before their bytes are relayed: carries a login to the
/// true server, follows a redirect inside.
///
/// A dialogue has no socket and no clock. It sees the bytes of both sides, the client's after all
/// prologues, and decides what either side is sent. Once it has returned a step other than `.more`
/// or `.dial`, it is not called again.
public protocol Dialogue: Sendable {
    /// A backend is connected: the first one, or the one requested with `.dial`.
    ///
    /// - Parameter clientBytes: what the client has sent so far. Passed once.
    mutating func begin(clientBytes: [UInt8]) -> DialogueStep
    /// `side` sent `bytes`, at least one.
    mutating func receive(_ bytes: Span<UInt8>, from side: RelaySide) -> DialogueStep
    /// `side` will send no more. A backend may also have failed.
    mutating func endOfStream(from side: RelaySide) -> DialogueStep
    /// The time for the dialogue is over.
    mutating func deadlinePassed() -> DialogueStep
    /// The TLS session with the backend that was requested with `.startTLS` is established.
    mutating func secured() -> DialogueStep
    /// What a MySQL server has greeted with, for those that health checks do not see.
    var backendGreeting: MySQLGreeting? { get }
}

extension Dialogue {
    public var backendGreeting: MySQLGreeting? { nil }

    /// Never called for a dialogue that does not request TLS.
    public mutating func secured() -> DialogueStep { .more(Messages()) }
}

/// What a dialogue wants next.
public enum DialogueStep: Sendable {
    /// More bytes of either side, after these were sent.
    case more(Messages)
    /// Another backend instead of this one.
    case dial(DialTarget)
    /// TLS with the backend, after these were sent. Continued by ``Dialogue/secured()``.
    case startTLS(Messages)
    /// Bytes pass from now on, after these were sent.
    case relay(Messages, RelayTerms)
    /// The client is to be denied.
    case refused(DenialReason, detail: String)
    /// The client is to be denied with these words, which fit the exchange so far.
    case denied(DenialReason, detail: String, words: [UInt8])
    /// The client left.
    case left
}

/// What is sent to both sides.
public struct Messages: Hashable, Sendable {
    public var toClient: [UInt8]
    public var toBackend: [UInt8]

    public init(toClient: [UInt8] = [], toBackend: [UInt8] = []) {
        self.toClient = toClient
        self.toBackend = toBackend
    }
}

/// Which backend is dialed.
public enum DialTarget: Hashable, Sendable {
    /// One of the service's own; if one is connected already, that one.
    case service
    /// One of the service's own, instead of the one that is connected.
    case another
    /// A backend of this address, if the service allows it.
    case address(String)
}

/// What a relay does with the bytes.
public enum RelayTerms: Sendable {
    /// All pass, and nothing looks at them.
    case free
    /// They pass up to a bound.
    case bounded(RelayBounds)
    /// The client's are shown to a watch, the backend's pass.
    indirect case watched(any ClientWatch)

    /// `nil` if the relay has none.
    public var bounds: RelayBounds? {
        guard case .bounded(let bounds) = self else { return nil }
        return bounds
    }
}

/// A relay that ends while both sides stay connected: after a request's body and its answer's.
///
/// What follows in the client's stream is read by ``FirstBytes`` again: the next request. A class, for
/// few relays have any.
public final class RelayBounds: Sendable {
    /// How much goes to the backend; `nil` for a direction without a bound.
    public let toBackend: BodyLength?
    public let toClient: BodyLength?
    /// What reads the client's bytes afterwards.
    public let next: FirstBytes
    /// What was relayed, for the record.
    public let title: String
    /// Bytes of the client that the dialogue has seen beyond the bound, which is then complete.
    /// `next` reads them first.
    public let excess: [UInt8]

    public init(
        toBackend: BodyLength?,
        toClient: BodyLength?,
        next: FirstBytes,
        title: String,
        excess: [UInt8] = []
    ) {
        self.toBackend = toBackend
        self.toClient = toClient
        self.next = next
        self.title = title
        self.excess = excess
    }
}

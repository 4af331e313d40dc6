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
    /// `side` will send no more.
    mutating func endOfStream(from side: RelaySide) -> DialogueStep
    /// Reading from the backend has failed: more was to come.
    mutating func backendFailed() -> DialogueStep
    /// The time for the dialogue is over.
    mutating func deadlinePassed() -> DialogueStep
    /// The TLS session with the backend that was requested with `.startTLS` is established.
    mutating func secured() -> DialogueStep
    /// No backend of those that were requested with `.dial` could be connected.
    mutating func dialFailed(_ reason: DenialReason, detail: String) -> DialogueStep
    /// What a MySQL server has greeted with, for those that health checks do not see.
    var backendGreeting: MySQLGreeting? { get }
    /// Whether the client's bytes are read. Others stay in the kernel.
    var readsClient: Bool { get }
    /// How long a silent backend is waited for; `nil` for what logins take.
    var patience: Duration? { get }
    /// What the client has requested, for the record.
    var request: HTTPRequestRecord? { get }
}

extension Dialogue {
    public mutating func dialFailed(_ reason: DenialReason, detail: String) -> DialogueStep {
        .refused(reason, detail: detail)
    }

    public mutating func backendFailed() -> DialogueStep { endOfStream(from: .backend) }
    public var backendGreeting: MySQLGreeting? { nil }
    public var readsClient: Bool { true }
    public var patience: Duration? { nil }
    public var request: HTTPRequestRecord? { nil }

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
    /// The request was answered, by these, and nothing is relayed. `excess` is what the client has sent
    /// beyond it.
    case answered([UInt8], ExchangeEnd, excess: [UInt8])
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
    /// One of the service's own, instead of the one that is connected. `reason` is why that one is of no
    /// use, and others are preferred for a while; `nil` if that is not known to be its fault.
    case another(reason: String? = nil)
    /// One of the service's own, over a new connection.
    case anew
    /// A backend of this address, if the service allows it.
    case address(String)
    /// The server that a backend's redirect leads to, if the service allows it: one of its own
    /// backends or of its redirect targets.
    case redirected(RedirectTarget)
}

/// What a relay does with the bytes.
public enum RelayTerms: Sendable {
    /// All pass, and nothing looks at them.
    case free
    /// The client's are shown to a watch, the backend's pass.
    case watched(any ClientWatch)
    /// A request and its answer pass, and then the next request may follow.
    case exchange(any Exchange, ExchangeBounds)
}

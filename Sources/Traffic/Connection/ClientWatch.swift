public import Policy

/// Looks at all that a client sends during a relay, and changes some of it: the thread ids of a MySQL
/// client, which knows others than its server.
///
/// A watch has no socket and no clock.
public protocol ClientWatch: Sendable {
    /// Whether it has requested something and waits for ``resolved(_:)``. The client's bytes stay in
    /// the kernel as long.
    var isWaiting: Bool { get }
    /// Whose session is being watched.
    var session: WatchedSession { get }
    /// The client sent `bytes`, at least one.
    mutating func receive(_ bytes: Span<UInt8>) -> WatchStep
    /// The result of `.kill`.
    mutating func resolved(_ target: KillTarget) -> WatchStep
}

/// What becomes of the bytes that a watch was shown.
public enum WatchStep: Sendable {
    /// These go to the backend: what the watch held, and from the offset on the bytes it was shown.
    case pass(Replay)
    /// The client is answered; these go to the backend.
    case answer([UInt8], toBackend: [UInt8])
    /// The session with this id, which only the gateway knows, is to be killed. The client is
    /// answered, and the backend sent these, first. Continued by ``ClientWatch/resolved(_:)``.
    case kill(KillRequest, toClient: [UInt8] = [], toBackend: [UInt8])
    /// These go to the backend, and then a dialogue speaks with both sides before the relay goes on.
    indirect case converse(any Dialogue, toClient: [UInt8] = [], toBackend: [UInt8])
    /// The client is to be denied with these words, which fit the exchange so far.
    case denied(DenialReason, detail: String, words: [UInt8])
}

/// A session as its backend knows it.
public struct WatchedSession: Hashable, Sendable {
    /// The backend's id.
    public let threadID: UInt32
    /// The user who has logged in, without a route's suffix; `nil` once the client has requested
    /// another one, because whether it was admitted cannot be known.
    public var user: [UInt8]?

    public init(threadID: UInt32, user: [UInt8]?) {
        self.threadID = threadID
        self.user = user
    }
}

/// A client's request to end another session, or what that is doing.
public struct KillRequest: Hashable, Sendable {
    /// What is ended.
    public enum Scope: Hashable, Sendable { case connection, query }

    /// The session's id as its client knows it.
    public let session: UInt32
    public let scope: Scope

    public init(session: UInt32, scope: Scope) {
        self.session = session
        self.scope = scope
    }
}

/// Where the session is that a client wants to kill.
public enum KillTarget: Hashable, Sendable {
    /// At the client's own backend, which knows it by this id.
    case here(threadID: UInt32)
    /// It was at another backend, where the gateway has ended it.
    case done
    /// The gateway has no such session of this client's user.
    case unknown
    /// The gateway gives no session such an id: it can only be one of the backend's, as a list of
    /// its processes shows them. The request is passed on as it is.
    case foreign
    /// It is at another backend, which the gateway cannot ask; the reason is for the client.
    case outOfReach(reason: String)
}

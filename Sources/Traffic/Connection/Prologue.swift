public import Policy
public import ProxyProtocol

/// Reads a connection's first bytes before they are passed on: a PROXY header, a ClientHello, the
/// head of a request, the login of a client that is being denied.
///
/// Prologues are stacked in ``FirstBytes``. What one has held back goes to the next one, and from
/// the last one to the backend: there is no other way, so none of them can be skipped.
///
/// A prologue has no socket and no clock. Once it has returned a step other than `.more`, it is not
/// called again.
public protocol Prologue: Sendable {
    /// Whether the client can be judged, and its backend dialed, before the prologue has decided. A
    /// guard does not hold up a client that waits for the server's first word.
    var runsBesideRelay: Bool { get }
    /// The connection is open, or the previous prologue has decided.
    ///
    /// - Returns: what is sent to the client before it has sent anything.
    mutating func begin() -> [UInt8]
    /// The client sent `bytes`, at least one.
    mutating func receive(_ bytes: Span<UInt8>) -> PrologueStep
    /// The client will send no more.
    mutating func endOfStream() -> PrologueStep
    /// The client sent too little in the time that it has for its first bytes.
    mutating func deadlinePassed() -> PrologueStep
}

extension Prologue {
    public var runsBesideRelay: Bool { false }
    public mutating func begin() -> [UInt8] { [] }
}

/// What a prologue wants next.
public enum PrologueStep: Equatable, Sendable {
    /// More bytes. `reply` is sent to the client first.
    case more(reply: [UInt8] = [])
    /// Nothing more: `finding`, if there is one, is what it has learned, and `replay` is passed on.
    case decided(Finding?, replay: Replay)
    /// The client is to be denied. `detail` is for the operator.
    case refused(DenialReason, detail: String)
    /// The client has received everything; `reply` is the last of it.
    case finished(reply: [UInt8])
    /// The client left; `isProbe` if it never sent anything.
    case left(isProbe: Bool)
}

/// Bytes that are passed on from a prologue: those that it held, and those it did not consume of
/// the bytes last passed to it.
public struct Replay: Hashable, Sendable {
    /// Bytes of earlier calls.
    public var held: [UInt8]
    /// The position, among the bytes last passed, of the first one that is passed on.
    public var offset: Int

    public init(held: [UInt8] = [], offset: Int = 0) {
        self.held = held
        self.offset = offset
    }
}

/// What a prologue has learned.
public enum Finding: Hashable, Sendable {
    /// The PROXY headers, in the order in which they were sent.
    case proxyHeaders([ProxyHeader])
    /// The name in a ClientHello (RFC 6066 §3), in lower case.
    case serverName(String)
    /// The host of an HTTP request, in lower case and without the port.
    case host(String)
    /// What follows the last `@` of a MySQL user.
    case userSuffix(String)
}

/// All that the first bytes have said of a client.
public struct Introduction: Hashable, Sendable {
    /// In the order in which they were made; of most clients there are none.
    private var findings: [Finding] = []

    public init() {}

    mutating func add(_ finding: Finding) {
        findings.append(finding)
    }

    public var proxyHeaders: [ProxyHeader] {
        for case .proxyHeaders(let headers) in findings { return headers }
        return []
    }

    /// The routes that may be selected by what the client claims, most specific first.
    var matches: [RouteMatch] {
        var matches: [RouteMatch] = []
        for case .serverName(let name) in findings { matches.append(.serverName(name)) }
        for case .host(let name) in findings { matches.append(.host(name)) }
        for case .userSuffix(let suffix) in findings { matches.append(.userSuffix(suffix)) }
        return matches
    }
}

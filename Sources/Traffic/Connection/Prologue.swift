public import HTTPProtocol
public import Policy
public import ProxyProtocol
import Text

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
    /// The TLS session that was requested with `.startTLS` is established. What the client sends now
    /// is shown as plaintext.
    mutating func secured(_ session: TLSSession) -> PrologueStep
}

extension Prologue {
    public var runsBesideRelay: Bool { false }
    public mutating func begin() -> [UInt8] { [] }
    /// Nothing more: the next prologue reads the plaintext.
    public mutating func secured(_ session: TLSSession) -> PrologueStep {
        .decided(nil, replay: Replay())
    }
}

/// What a prologue wants next.
public enum PrologueStep: Equatable, Sendable {
    /// More bytes. `reply` is sent to the client first.
    case more(reply: [UInt8] = [])
    /// Nothing more: `finding`, if there is one, is what it has learned, and `replay` is passed on.
    case decided(Finding?, replay: Replay)
    /// TLS with the client: the replayed bytes are the first of its handshake, and are passed on
    /// nowhere else. Continued by ``Prologue/secured(_:)``.
    case startTLS(Replay)
    /// The client is to be denied. `detail` is for the operator.
    case refused(DenialReason, detail: String)
    /// The client is to be denied with these words, which fit the exchange so far.
    case denied(DenialReason, detail: String, words: [UInt8])
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

    /// All that is passed on.
    ///
    /// - Parameter bytes: the bytes last passed to the prologue.
    func all(of bytes: Span<UInt8>) -> [UInt8] {
        let rest = bytes.copy(from: offset)
        return held.isEmpty ? rest : held + rest
    }
}

/// What a prologue has learned.
public enum Finding: Hashable, Sendable {
    /// The PROXY headers, in the order in which they were sent.
    case proxyHeaders([ProxyHeader])
    /// What TLS with the client has established.
    case tlsSession(TLSSession)
    /// A ClientHello that is passed through, with its name (RFC 6066 §3) in lower case, if it has one.
    case clientHello(serverName: String?)
    /// The name that a trusted load balancer passes on, in lower case.
    case authority(String)
    /// The host of an HTTP request, in lower case and without the port.
    case host(String)
    /// The head of an HTTP request that the gateway itself carries to a backend.
    case request(HTTPRequestHead)
    /// What the login to a MySQL server has said.
    case login(LoginClaims)
}

/// What a MySQL login says about where it wants to go, all of it claimed by the client.
public struct LoginClaims: Hashable, Sendable {
    /// What follows the last `@` of the user.
    public var userSuffix: String?
    /// The database to start with.
    public var database: String?
    /// The connection attribute by which routes are selected, if the client has sent it.
    public var attribute: String?
    /// The number of the packet that answers the login: an error, if the client is denied.
    public var nextSequence: UInt8

    public init(
        userSuffix: String? = nil,
        database: String? = nil,
        attribute: String? = nil,
        nextSequence: UInt8 = 2
    ) {
        self.userSuffix = userSuffix
        self.database = database
        self.attribute = attribute
        self.nextSequence = nextSequence
    }
}

/// What is known of a client's TLS that ends at its backend.
public struct PassedHello: Hashable, Sendable {
    /// In lower case.
    public var serverName: String?
}

/// All that the first bytes have said of a client.
public struct Introduction: Hashable, Sendable {
    /// In one word; nothing is allocated for a client of whom nothing but a request is known.
    private enum Known: Hashable {
        /// In the order in which they were made; of most clients there are none.
        case findings([Finding])
        case request(HTTPRequestHead)
    }

    private var known = Known.findings([])

    public init() {}

    /// What a client would have said: to explain where it is led.
    public init(_ findings: [Finding]) {
        known = .findings(findings)
    }

    mutating func add(_ finding: Finding) {
        switch (known, finding) {
        case (.findings([]), .request(let head)): known = .request(head)
        case (.findings(let findings), _): known = .findings(findings + [finding])
        case (.request(let head), _): known = .findings([.request(head), finding])
        }
    }

    /// All but a request that is all.
    private var findings: [Finding] {
        guard case .findings(let findings) = known else { return [] }
        return findings
    }

    /// The head of the HTTP request that is to be carried to a backend, if there is one.
    public var request: HTTPRequestHead? {
        switch known {
        case .request(let head): return head
        case .findings(let findings):
            for case .request(let head) in findings { return head }
            return nil
        }
    }

    public var proxyHeaders: [ProxyHeader] {
        for case .proxyHeaders(let headers) in findings { return headers }
        return []
    }

    /// The number of the next packet to a MySQL client that the gateway has greeted, and that has
    /// logged in.
    var nextSequence: UInt8? {
        for case .login(let claims) in findings { return claims.nextSequence }
        return nil
    }

    /// The TLS session with the client that ends at the gateway, if there is one.
    public var tlsSession: TLSSession? {
        for case .tlsSession(let session) in findings { return session }
        return nil
    }

    /// The ClientHello that is passed through, if there is one.
    public var passedHello: PassedHello? {
        for case .clientHello(let name) in findings { return PassedHello(serverName: name) }
        return nil
    }

    /// What is true of all requests on the connection.
    var withoutRequest: Introduction {
        Introduction(
            findings.filter {
                switch $0 {
                case .request, .host: false
                case .proxyHeaders, .tlsSession, .clientHello, .authority, .login: true
                }
            }
        )
    }

    /// The name that the client has requested in its ClientHello, and that a load balancer passes on
    /// (PROXY protocol §2.2.2, PP2_TYPE_AUTHORITY).
    private var serverNames: [String] {
        var names = [passedHello?.serverName ?? tlsSession?.serverName].compactMap { $0 }
        for case .authority(let name) in findings where name != names.first { names.append(name) }
        return names
    }

    /// Keeps the name in the header that a trusted load balancer has sent.
    public mutating func add(authority name: String) {
        add(.authority(name))
    }

    /// The routes that may be selected by what the client claims, most specific first.
    public var matches: [RouteMatch] {
        var matches = serverNames.map { RouteMatch.serverName($0) }
        for case .host(let name) in findings { matches.append(.host(name)) }
        if let name = request?.host { matches.append(.host(name)) }
        for case .login(let claims) in findings {
            if let suffix = claims.userSuffix { matches.append(.userSuffix(suffix)) }
            if let attribute = claims.attribute { matches.append(.attribute(attribute)) }
            if let database = claims.database { matches.append(.database(database)) }
        }
        return matches
    }
}

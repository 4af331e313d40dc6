import Addresses
import CIDRTrie
import MySQLProtocol
import Operations
import Policy
import Settings
import Sockets
import TLS
import Traffic

/// What one listener does with a new client, under one snapshot: what reads its first bytes, and
/// where it is routed.
final class ListenerRoutes: Sendable {
    /// What is known about a client before its route is: all of it if there is only one.
    let profile: RouteProfile
    let headerPolicy: HeaderPolicy
    let table: RouteTable<Route>
    /// Each destination once, in the order of the file.
    let all: [Route]
    /// What carries the clients' bytes; `nil` for the plain socket.
    let carrier: Assembly.Carrier?
    /// `nil` if TLS does not end here.
    let tls: TLSServer?
    /// How MySQL clients are greeted; `nil` if the backend does.
    let greeting: MySQLGreetingTerms?
    /// The destination of every client, regardless of what is known about it; `nil` if that
    /// depends.
    private let only: Route?
    /// What looks at every client's own first bytes.
    private let prologues: [any Prologue]
    /// The same for a client without an expected PROXY header.
    private let plainFirstBytes: FirstBytes

    init(
        _ settings: Listener,
        profile: RouteProfile,
        table: RouteTable<Route>,
        all: [Route],
        tls: TLSServer? = nil,
        greeting: MySQLGreetingTerms? = nil,
        challenges: (any HTTPChallengeAnswers)? = nil,
        assembly: Assembly = Assembly()
    ) {
        self.profile = profile
        self.tls = tls
        self.greeting = greeting
        carrier = assembly.clientCarrier?(settings)
        headerPolicy = HeaderPolicy(settings.acceptProxyProtocol)
        prologues =
            settings.prologues(
                hasHostRoutes: all.contains(where: \.hasHost),
                answering: challenges
            )
            + (assembly.prologues?(settings) ?? [])
        plainFirstBytes = FirstBytes(prologues)
        only = table.isUniform ? table.standard : nil
        self.table = table
        self.all = all
    }

    /// What reads the first bytes of a connection from `peer`.
    ///
    /// - Parameter sessionID: by which a client that the gateway greets knows its session.
    func firstBytes(from peer: SocketAddress, greetingAs sessionID: UInt32) -> FirstBytes {
        let prologues = prologues + greetingPrologues(sessionID)
        switch headerPolicy.expectation(from: peer.ip) {
        case .payload, .refusal:
            return greeting == nil ? plainFirstBytes : FirstBytes(prologues)
        case .header, .headerOrPayload:
            let header = ProxyHeaderPrologue(
                from: peer,
                policy: headerPolicy,
                needsEndpoint: profile.settings.link == .private && embeddedEndpoint == nil
            )
            return FirstBytes([header] + prologues)
        }
    }

    private func greetingPrologues(_ sessionID: UInt32) -> [any Prologue] {
        guard let greeting else { return [] }
        var random = SystemRandomNumberGenerator()
        let bytes: [UInt8] = (0..<MySQLScramble.byteCount).map { _ in random.next() }
        let scramble = MySQLScramble(textLike: bytes)
        return [MySQLGreetingPrologue(greeting, connectionID: sessionID, scramble: scramble)]
    }

    /// The endpoint that every client of the listener connects through; `nil` if only a header can
    /// identify it.
    var embeddedEndpoint: EndpointName? { profile.settings.embeddedEndpoint }

    /// Whether no client can be served yet, but may be in a moment.
    var isStarting: Bool { !all.isEmpty && all.allSatisfy(\.pool.isStarting) }

    /// A client's destination, or why it has none.
    func choice(for endpoint: EndpointName?, _ introduction: Introduction)
        -> RouteTable<Route>.Choice
    {
        if let only { return .destination(only, matches: RouteMatch.onlyDefault) }
        let choice = table.choose(endpoint: endpoint, introduction)
        guard case .none(.noRoute, _) = choice, profile.settings.link == .private else {
            return choice
        }
        return .none(endpoint == nil ? .noEndpoint : .unknownEndpoint, detail: "")
    }

    /// One for each destination, and one for the clients that took no route if such may be.
    ///
    /// - Parameters:
    ///   - learning: how services learn where their redirects may lead.
    ///   - shortcomings: what a backend lacks of what the clients are greeted with.
    func status(
        _ learning: [Service.ID: RedirectLearningStatus],
        _ shortcomings: (Backend) -> [String]
    ) -> [ListenerStatus] {
        let routes = all.map { route in
            var status = route.status(shortcomings)
            let service = route.profile.destination?.service
            status.redirectLearning = service.flatMap { learning[$0] }
            return status
        }
        return profile.destination == nil ? routes + [profile.status] : routes
    }
}

/// Where a listener routes some of its clients, and what decides whether to admit them.
final class Route: Sendable {
    /// How clients select this route.
    let matches: [RouteMatch]
    let profile: RouteProfile
    let policy: AccessPolicy
    /// What clients must have shown in their handshakes.
    let certificates: CertificateRules
    /// Of the warehouse and of its service.
    let limits: (warehouse: Int, service: Int)
    let pool: BackendPool
    /// Where redirects of its backends may lead.
    let redirects: RedirectTargets
    /// The warehouse's private endpoints.
    let endpoints: [EndpointName: EndpointRoute]
    /// What carries the backends' bytes; `nil` for the plain socket.
    let carrier: Assembly.Carrier?
    /// `nil` if the backends are reached without TLS.
    let tls: BackendTLS?
    /// For redirects to HTTPS; `nil` if they are not followed.
    let redirectTLS: BackendTLS?
    /// What talks to each backend first; each connection has a copy. `nil` if bytes are relayed
    /// from the start.
    let dialogue: (any Dialogue)?

    init(
        _ matches: [RouteMatch],
        profile: RouteProfile,
        policy: AccessPolicy,
        certificates: CertificateRules = CertificateRules(),
        limits: (warehouse: Int, service: Int),
        pool: BackendPool,
        redirects: RedirectTargets = RedirectTargets(),
        endpoints: [EndpointName: EndpointRoute],
        tls: BackendTLS? = nil,
        redirectTLS: BackendTLS? = nil,
        carrier: Assembly.Carrier? = nil,
        dialogue: (any Dialogue)? = nil
    ) {
        self.matches = matches
        self.profile = profile
        self.policy = policy
        self.certificates = certificates
        self.limits = limits
        self.pool = pool
        self.redirects = redirects
        self.endpoints = endpoints
        self.tls = tls
        self.redirectTLS = redirectTLS
        self.carrier = carrier
        self.dialogue = dialogue
    }

    /// Whether a client's HTTP request selects it.
    fileprivate var hasHost: Bool {
        matches.contains { if case .host = $0 { true } else { false } }
    }

    fileprivate func status(_ shortcomings: (Backend) -> [String]) -> ListenerStatus {
        var status = profile.status
        status.routes = matches.map(\.description)
        status.backends = pool.status(shortcomings)
        status.redirectTargets = redirects.status
        status.shadowUntil = policy.shadowEnd
        return status
    }
}

extension Route: Equatable {
    static func == (a: Route, b: Route) -> Bool { a === b }
}

extension Listener {
    /// What reads every client's first bytes, after a PROXY header: TLS, what names the warehouse, and a
    /// guard against forged headers.
    ///
    /// - Parameter challenges: what authorities look for over HTTP; `nil` if they do not.
    fileprivate func prologues(
        hasHostRoutes: Bool,
        answering challenges: (any HTTPChallengeAnswers)?
    ) -> [any Prologue] {
        // A client that is greeted must send a MySQL packet, which no PROXY header is.
        guard greeting == nil else { return [] }
        var prologues: [any Prologue] = []
        if let tls { prologues.append(TLSPrologue(isRequired: tls.mode == .required)) }
        if let challenges, self.protocol == .http {
            prologues.append(HTTPChallengePrologue(challenges))
        }
        if passesTLSThrough { prologues.append(ClientHelloPrologue()) }
        // What is not a request is refused, and so is a PROXY header.
        if readsRequests { return prologues + [HTTPRequestPrologue()] }
        if hasHostRoutes, self.protocol == .http { prologues.append(HTTPHostPrologue()) }
        // The last one: it lets a client wait for the backend's first word.
        if !passesClientHeaders { prologues.append(ForgedHeaderGuard(of: self.protocol)) }
        return prologues
    }
}

/// One of a warehouse's private endpoints, as connections through it are counted.
struct EndpointRoute: Sendable {
    /// Distinguishes its clients' addresses from those of other networks.
    let network: UInt32
    /// 0 for no limit.
    let connectionLimit: Int
    /// Kept across reloads.
    let budget: ConnectionBudget
}

// MARK: - Status

extension RouteProfile {
    fileprivate var status: ListenerStatus {
        let totals = counters.current
        var status = ListenerStatus()
        status.warehouse = destination?.warehouse.id
        status.address = name
        status.protocol = settings.protocol
        status.link = settings.link
        status.tls = settings.tlsUse
        if settings.readsRequests {
            status.http = HTTPStatus(settings.http.mode, counters.currentRequests)
        }
        status.activeConnections = totals.active
        status.accepted = totals.accepted
        status.admitted = totals.admitted
        status.shadowed = totals.shadowed
        status.denied = totals.denied.byRawValue
        status.ends = totals.ends.byRawValue
        status.bytesIn = totals.bytesIn
        status.bytesOut = totals.bytesOut
        return status
    }
}

extension Dictionary where Key: RawRepresentable<String>, Value == UInt64 {
    fileprivate var byRawValue: [String: UInt64] {
        Dictionary<String, UInt64>(uniqueKeysWithValues: map { ($0.key.rawValue, $0.value) })
    }
}

/// What connections consist of beyond plain bytes from one socket to another. What is `nil` adds
/// nothing.
struct Assembly: Sendable {
    typealias Carrier = @Sendable (Socket) -> any TransportLayer

    /// What carries the bytes of a listener's clients.
    var clientCarrier: (@Sendable (Listener) -> Carrier?)?
    /// What carries the bytes of a service's backends.
    var backendCarrier: (@Sendable (Service) -> Carrier?)?
    /// What reads the first bytes of a listener's clients, after the guard against forged headers.
    var prologues: (@Sendable (Listener) -> [any Prologue])?
    /// What speaks with each client and its backend before their bytes are relayed.
    var dialogue: (@Sendable (Service) -> (any Dialogue)?)?
}

extension Transport {
    /// - Parameter carrier: `nil` for the bytes as is.
    init(_ socket: Socket, by carrier: Assembly.Carrier?) {
        self = carrier.map { .layered($0(socket)) } ?? .plain(socket)
    }
}

extension MySQLScramble {
    /// One for a greeting, as MySQL makes them: of seven bits each, neither zero nor `$`
    /// (`generate_user_salt`). Some clients take it for text.
    init(textLike random: [UInt8]) {
        let bytes = random.map { $0 & 0x7f }
        self.init(bytes.map { $0 == 0 || $0 == UInt8(ascii: "$") ? $0 + 1 : $0 })
    }
}

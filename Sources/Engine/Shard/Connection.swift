import Addresses
import CIDRTrie
import Operations
import Policy
import ProxyProtocol
import Settings
import Sockets
import TLS
import Time
import Traffic

/// A connection's slot in its shard: from accept to the line in the access log.
///
/// What happens to it, ``Lifecycle`` decides; this is what the shard needs to act.
struct Connection {
    // In an order without gaps between them, which thousands of idle connections would pay for.

    /// Unique within this run.
    let id: UInt64
    let acceptedAt: Moment
    /// Monotonic milliseconds of the last event.
    var activeAt: Int64
    /// The listener's, and as soon as the client was judged its route's, as they were then.
    var profile: RouteProfile
    var dial: Dial?
    var backend: Backend?
    var tunnel: Tunnel
    /// Of the flows' byte counts, what the listener's counters have already.
    var reportedBytesIn: UInt64 = 0
    var reportedBytesOut: UInt64 = 0
    var lifecycle: Lifecycle
    var isBackendConnected = false
    /// Whether its bytes are moved without being looked at; what ``Lifecycle/isRelaying`` said last.
    var isRelaying = false
    /// Whether the connection waits in the shard's run queue, or has its turn.
    var isQueued = false
    var stall = StallState()
    /// Whether it has more to do than its turn allows.
    var wantsTurn = false
    /// By which a client that the gateway has greeted knows its session; 0 for others.
    let sessionID: UInt32
    var client: Client
    var notes = RecordNotes()
    let listener: ListenerID
    let peer: SocketAddress
    var admission: Admission?

    init(
        id: UInt64,
        listener: ListenerID,
        routes: ListenerRoutes,
        socket: Socket,
        peer: SocketAddress,
        sessionID: UInt32,
        at now: Moment
    ) {
        self.id = id
        self.sessionID = sessionID
        self.listener = listener
        self.peer = peer
        profile = routes.profile
        client = Client(address: peer, endpoint: routes.embeddedEndpoint)
        tunnel = Tunnel(client: Side(Transport(socket, by: routes.carrier)))
        lifecycle = Lifecycle(routes.firstBytes(from: peer, greetingAs: sessionID))
        acceptedAt = now
        activeAt = now.milliseconds
    }

    /// What it is checked against while it runs.
    var identity: SessionIdentity {
        SessionIdentity(
            warehouse: profile.warehouse,
            listener: profile.name,
            protocol: profile.settings.protocol,
            link: profile.settings.link,
            peer: peer.ip,
            client: client.address.ip,
            endpoint: client.endpoint,
            isIntroduced: client.isIntroduced,
            intermediaries: client.intermediaries
        )
    }
}

/// Whose connection it is, as far as is known.
struct Client {
    var address: SocketAddress
    /// Distinguishes clients behind one endpoint from others, because consumers' networks overlap.
    /// 0 without an endpoint.
    var network: UInt32
    var endpoint: EndpointName?
    /// The authors of the headers after the peer's.
    var intermediaries: [IPAddress] = []
    /// Whether the peer's PROXY header is believed.
    var isIntroduced = false

    init(address: SocketAddress, endpoint: EndpointName?) {
        self.address = address
        self.endpoint = endpoint
        network = Self.unknownNetwork(of: endpoint)
    }

    /// The network of an endpoint that no warehouse knows.
    static func unknownNetwork(of endpoint: EndpointName?) -> UInt32 {
        endpoint == nil ? 0 : .max
    }

    /// As the limits and the denials count it.
    var source: SourceKey { SourceKey(address.ip, in: network) }
}

/// Where an admitted client is counted in addition to its warehouse, its service and the gateway,
/// which count all clients.
struct Admission {
    /// Among its endpoint's connections.
    var endpoint: ConnectionBudget?
    /// Whether the limiter counts its source.
    var isSourceCounted = false
}

/// The search for a backend within the route that admitted the client; boxed because it is over in
/// a moment unless a dialogue may ask for another one.
final class Dial {
    private let route: Route
    /// Whether TLS with the backend is being established.
    var isSecuring = false
    /// What becomes of the HTTP request, if it is one that is read.
    private(set) var request: HTTPRequestPlan?
    /// The server of a redirect; `nil` for a backend of the service.
    private var redirect: RedirectTarget?
    /// Whether a dialogue has requested one backend, and no other is tried in its place.
    private(set) var isTargeted = false
    /// The requested one until it is tried.
    private var target: Backend?
    /// Which of the pool's members were tried.
    var tried = BackendPool.Tried()
    /// Whether the gateway had a local port left at every try.
    var hasPorts = true
    /// The client's original destination, if its load balancer has named it.
    let destination: SocketAddress?
    /// The believed PROXY headers, the one that was sent first in front.
    let headers: [ProxyHeader]

    init(_ route: Route, for client: EffectiveClient?, request: HTTPRequestPlan?) {
        self.route = route
        self.request = request
        destination = client?.destination
        headers = client?.believedHeaders ?? []
    }

    /// For another request of the same client, whose route may be another one.
    init(_ route: Route, request: HTTPRequestPlan?, after last: Dial) {
        self.route = route
        self.request = request
        destination = last.destination
        headers = last.headers
    }

    /// The request is over; its connection may be kept for more.
    func endRequest() {
        request = nil
    }

    /// Begins again for the next request of a kept connection, if it takes the same route.
    ///
    /// - Returns: whether it does.
    func begin(_ request: HTTPRequestPlan?, by route: Route) -> Bool {
        guard route === self.route else { return false }
        self.request = request
        hasPorts = true
        tryAll()
        return true
    }

    var pool: BackendPool { route.pool }
    /// Where redirects of the pool's members may lead.
    var redirects: RedirectTargets { route.redirects }
    var carrier: Assembly.Carrier? { route.carrier }
    /// Whether redirects to HTTPS are followed.
    var followsToTLS: Bool { route.redirectTLS != nil }
    /// What speaks first with each backend, if the service has such a dialogue.
    var dialogue: (any Dialogue)? { route.dialogue }

    /// Any member that was not tried may be the next one.
    func tryOthers() {
        isTargeted = false
        target = nil
        redirect = nil
    }

    /// Any member may be the next one.
    func tryAll() {
        tried = BackendPool.Tried()
        tryOthers()
    }

    /// Whether TLS with the backend begins at once; else its dialogue asks for it, or it has none.
    var securesAtOnce: Bool {
        redirect?.usesTLS ?? (route.tls != nil && (request != nil || route.dialogue == nil))
    }

    /// Whether a redirect has led to the one that is dialed.
    var isRedirected: Bool { redirect != nil }

    /// Begins TLS as the backend's service says, or its redirects.
    func startTLS(with backend: Backend) -> TLSConnection? {
        guard let redirect else { return route.tls?.connect(to: backend) }
        return route.redirectTLS?.connect(to: backend, namedBy: redirect)
    }

    /// Of the pool's members only this one, as if none had been tried.
    func tryOnly(_ position: Int) {
        tried = BackendPool.Tried()
        tried.insert(position)
        tryOnly(pool.members[position].backend)
    }

    /// - Parameter redirect: what has led there; `nil` if it is a backend of the service.
    func tryOnly(_ backend: Backend, of redirect: RedirectTarget? = nil) {
        isTargeted = true
        target = backend
        self.redirect = redirect
    }

    /// The next one to try.
    ///
    /// - Parameter rotation: as in ``BackendPool/pick(excluding:rotation:at:)``.
    func next(rotation: UInt64, at now: Moment) -> Backend? {
        if isTargeted {
            defer { target = nil }
            return target
        }
        guard let (index, backend) = pool.pick(excluding: tried, rotation: rotation, at: now)
        else { return nil }
        tried.insert(index)
        return backend
    }
}

/// What is known about bytes that peers do not read.
struct StallState {
    /// What the timer of a relayed connection was set for, the most urgent last.
    enum Watch: UInt8, Comparable {
        /// Nothing but the idle time.
        case none
        /// Bytes have moved.
        case later
        /// Bytes wait for a peer that reads no more.
        case soon

        static func < (a: Watch, b: Watch) -> Bool { a.rawValue < b.rawValue }
    }

    /// Only while bytes wait that a look has found.
    var hold: Hold?
    /// When the timer next checks for bytes that a peer does not read.
    var watch = Watch.none
    /// What the sockets have got: in one byte.
    var settings: SocketSettings = []

    /// What a socket gets when its connection has lived for a while, or has moved bytes.
    struct SocketSettings: OptionSet {
        let rawValue: UInt8
        /// Keepalive probes watch the backend.
        static let backendProbes = SocketSettings(rawValue: 1)
        /// The backend's buffers have their bounds.
        static let backendBounds = SocketSettings(rawValue: 2)
        /// The client's receive buffer has its first bound.
        static let clientBound = SocketSettings(rawValue: 4)
        /// The client's receive buffer has its whole bound.
        static let clientWidth = SocketSettings(rawValue: 8)
    }

    /// Whether bytes may move in bulk.
    var isBounded: Bool { settings.isSuperset(of: [.backendBounds, .clientBound]) }
}

/// What a connection's peers have not taken; boxed, for few connections have one.
final class Hold {
    var watch = StallWatch()
    /// What was counted for its source.
    var byteCount = 0
    /// The sides that the kernel watches for us.
    var patience: Set<RelaySide> = []
}

/// Details for the connection's record.
struct RecordNotes {
    private var rare: Rare?
    var rule: CIDRBlock?
    var denial: DenialReason?
    /// Whether it gets a line in the access log.
    var isLogged = true

    /// What most connections do not have.
    private final class Rare {
        var detail = ""
        var unlogged = 0
        var requests: RequestNotes?
        var lastBackend: SocketAddress?
        var shadow: DenialReason?
        var tls: TLSSession?
        var passedHello: PassedHello?
    }

    var detail: String {
        get { rare?.detail ?? "" }
        set {
            if rare != nil || !newValue.isEmpty { kept.detail = newValue }
        }
    }

    /// Why the client would have been denied without shadow mode.
    var shadow: DenialReason? {
        get { rare?.shadow }
        set {
            if rare != nil || newValue != nil { kept.shadow = newValue }
        }
    }

    /// The client's TLS session that ends at the gateway.
    var tls: TLSSession? {
        get { rare?.tls }
        set {
            if rare != nil || newValue != nil { kept.tls = newValue }
        }
    }

    /// The beginning of the client's TLS that ends at its backend.
    var passedHello: PassedHello? {
        get { rare?.passedHello }
        set {
            if rare != nil || newValue != nil { kept.passedHello = newValue }
        }
    }

    /// How many of its kind have had no line in the access log.
    var unlogged: Int {
        get { rare?.unlogged ?? 0 }
        set {
            if rare != nil || newValue != 0 { kept.unlogged = newValue }
        }
    }

    /// Only of a connection whose requests are relayed one by one.
    var requests: RequestNotes? {
        get { rare?.requests }
        set { kept.requests = newValue }
    }

    /// The backend that was connected and was given back before the connection's end.
    var lastBackend: SocketAddress? {
        get { rare?.lastBackend }
        set { kept.lastBackend = newValue }
    }

    private var kept: Rare {
        mutating get {
            if let rare { return rare }
            let new = Rare()
            rare = new
            return new
        }
    }
}

/// The state of the records of a kept connection's requests; boxed because few connections are
/// kept.
final class RequestNotes {
    var count: UInt64 = 0
    /// As backends learn of it.
    var client: HTTPClient?
    /// The backends that were asked for the current request.
    private var hops: [HTTPRequestRecord.Hop] = []
    /// When the last of them was to be connected; `nil` if it has answered.
    private var hopBeganAt: Int64?
    /// One that is not carried out.
    var refused: HTTPRequestRecord?
    /// When it was first seen that only the answer is missing, in monotonic milliseconds.
    var awaitedSince: Int64?
    /// When the current one began: with its first byte.
    private(set) var beganAt: Moment
    private var hasBegun = true
    /// Of the connection's bytes, those of the requests so far.
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0

    init(beganAt moment: Moment) {
        beganAt = moment
    }

    /// Some of a request has arrived.
    func begin(at now: Moment) {
        guard !hasBegun else { return }
        hasBegun = true
        beganAt = now
    }

    /// Another backend gets the request.
    func beginHop(to target: String, isRedirected: Bool = false, at now: Moment) {
        endHop(at: now)
        guard hops.count < Self.hopLimit else { return }
        awaitedSince = nil
        let hop = HTTPRequestRecord.Hop(target: target, milliseconds: 0, isRedirected: isRedirected)
        hops.append(hop)
        hopBeganAt = now.milliseconds
    }

    /// It has answered, or is of no use.
    func endHop(at now: Moment) {
        guard let began = hopBeganAt, !hops.isEmpty else { return }
        hops[hops.count - 1].milliseconds = now.milliseconds - began
        hopBeganAt = nil
    }

    /// The hops of the request that is over.
    func hops(at now: Moment) -> [HTTPRequestRecord.Hop] {
        endHop(at: now)
        return hops
    }

    /// The next request may follow.
    func end() {
        hasBegun = false
        refused = nil
        awaitedSince = nil
        hops.removeAll(keepingCapacity: true)
    }

    private static let hopLimit = 16
}

/// A moment on both of the system's clocks.
struct Moment {
    /// Never jumps; for deadlines and durations.
    var nanoseconds: Int64
    /// For people: since 1970, UTC.
    var realtimeMicroseconds: Int64

    static func now() -> Moment {
        Moment(
            nanoseconds: Clock.monotonicNanoseconds(),
            realtimeMicroseconds: Clock.realtimeMicroseconds()
        )
    }

    var milliseconds: Int64 { nanoseconds / 1_000_000 }
    /// Of the wall clock's second, how much has passed.
    var millisecondsOfSecond: Int64 { realtimeMicroseconds / 1_000 % 1_000 }
    var unixTime: UnixTime { UnixTime(seconds: realtimeMicroseconds / 1_000_000) }
}

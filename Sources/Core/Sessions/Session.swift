public import Addresses
public import CIDRTrie

/// A session that is running now.
public struct Session: Hashable, Sendable, Codable {
    /// As in the access log's line that it will have.
    public var connection: UInt64
    public var warehouse: String
    /// The listener's address.
    public var listener: String
    /// Of the listener, and of the warehouse's service behind it.
    public var `protocol`: ServiceProtocol
    public var link: LinkKind
    public var peer: SocketAddress
    public var client: SocketAddress
    /// Those who vouched for the client's address by a PROXY header, the peer first; empty where
    /// the client connected itself.
    public var introducedBy: [IPAddress]
    /// The private link's endpoint.
    public var endpoint: EndpointName?
    /// The block of the rule that admitted it.
    public var rule: CIDRBlock?
    /// `nil` while no backend is connected.
    public var backend: SocketAddress?
    public var startedAt: UnixTime
    public var durationMilliseconds: Int64
    /// Since the last byte in either direction.
    public var idleMilliseconds: Int64
    /// From the client to the backend.
    public var bytesIn: UInt64
    /// From the backend to the client.
    public var bytesOut: UInt64

    public init(
        connection: UInt64,
        warehouse: String,
        listener: String,
        protocol: ServiceProtocol = .tcp,
        link: LinkKind,
        peer: SocketAddress,
        client: SocketAddress,
        introducedBy: [IPAddress] = [],
        endpoint: EndpointName? = nil,
        rule: CIDRBlock? = nil,
        backend: SocketAddress? = nil,
        startedAt: UnixTime,
        durationMilliseconds: Int64 = 0,
        idleMilliseconds: Int64 = 0,
        bytesIn: UInt64 = 0,
        bytesOut: UInt64 = 0
    ) {
        self.connection = connection
        self.warehouse = warehouse
        self.listener = listener
        self.protocol = `protocol`
        self.link = link
        self.peer = peer
        self.client = client
        self.introducedBy = introducedBy
        self.endpoint = endpoint
        self.rule = rule
        self.backend = backend
        self.startedAt = startedAt
        self.durationMilliseconds = durationMilliseconds
        self.idleMilliseconds = idleMilliseconds
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
    }
}

extension Session {
    /// By what it is judged.
    public var identity: SessionIdentity {
        SessionIdentity(
            warehouse: warehouse,
            listener: listener,
            link: link,
            peer: peer.ip,
            client: client.ip,
            endpoint: endpoint,
            isIntroduced: !introducedBy.isEmpty,
            intermediaries: Array(introducedBy.dropFirst())
        )
    }
}

/// Some of the running sessions, and how many there are of their kind.
public struct SessionList: Hashable, Sendable, Codable {
    /// So many at most as were asked for, the oldest first.
    public var sessions: [Session]
    /// All that match.
    public var total: Int

    public init(sessions: [Session] = [], total: Int = 0) {
        self.sessions = sessions
        self.total = total
    }
}

/// Sessions that an operator closed.
public struct ClosedSessions: Hashable, Sendable, Codable {
    /// How many were closed.
    public var closed: Int
    /// How many match as well and go on, as there was a limit.
    public var remaining: Int
    /// Those that were closed, the oldest first, as many as an answer shows.
    public var sessions: [Session]

    public init(closed: Int = 0, remaining: Int = 0, sessions: [Session] = []) {
        self.closed = closed
        self.remaining = remaining
        self.sessions = sessions
    }
}

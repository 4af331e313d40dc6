package import Addresses
import CIDRTrie
package import Policy
package import Time
import Traffic

/// A session that is running now.
package struct Session: Hashable, Sendable, Codable {
    /// As in the access log's line that it will have.
    package var connection: UInt64
    package var warehouse: String
    /// The listener's address.
    package var listener: String
    /// Of the listener, and of the warehouse's service that it leads to.
    package var `protocol`: ServiceProtocol
    package var link: LinkKind
    package var peer: SocketAddress
    package var client: SocketAddress
    /// The authors of the PROXY headers that vouched for the client's address, the peer first;
    /// empty if the client connected directly.
    package var introducedBy: [IPAddress]
    /// The private link's endpoint.
    package var endpoint: EndpointName?
    /// The block of the rule that admitted it.
    package var rule: CIDRBlock?
    /// `nil` while no backend is connected.
    package var backend: SocketAddress?
    package var startedAt: UnixTime
    package var durationMilliseconds: Int64
    /// Since the last byte in either direction.
    package var idleMilliseconds: Int64
    /// From the client to the backend.
    package var bytesIn: UInt64
    /// From the backend to the client.
    package var bytesOut: UInt64

    package init(
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
    package var identity: SessionIdentity {
        SessionIdentity(
            warehouse: warehouse,
            listener: listener,
            protocol: `protocol`,
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
package struct SessionList: Hashable, Sendable, Codable {
    /// Limited to the requested number, oldest first.
    package var sessions: [Session]
    /// All that match.
    package var total: Int

    package init(sessions: [Session] = [], total: Int = 0) {
        self.sessions = sessions
        self.total = total
    }
}

/// Sessions that an operator closed.
package struct ClosedSessions: Hashable, Sendable, Codable {
    /// How many were closed.
    package var closed: Int
    /// How many more match but continue because of the limit.
    package var remaining: Int
    /// Those that were closed, the oldest first, as many as an answer shows.
    package var sessions: [Session]

    package init(closed: Int = 0, remaining: Int = 0, sessions: [Session] = []) {
        self.closed = closed
        self.remaining = remaining
        self.sessions = sessions
    }
}

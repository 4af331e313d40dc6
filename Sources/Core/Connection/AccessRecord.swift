public import Addresses

/// What is written down of one connection when it has ended, or of one of its requests.
///
/// It holds no byte of the client's payload, so it cannot hold a credential; a request's title is
/// made by whoever reads requests, without any.
public struct AccessRecord: Hashable, Sendable {
    public enum Verdict: String, Hashable, Sendable, Codable { case allow, deny }

    /// One request of a connection whose requests are relayed one by one.
    public struct Request: Hashable, Sendable {
        /// Its place among the connection's requests, from 1 on.
        public var number: UInt64
        /// Such as `GET /api/health`.
        public var title: String

        public init(number: UInt64, title: String) {
            self.number = number
            self.title = title
        }
    }

    /// When the connection was accepted or the request began, in microseconds since 1970 (UTC).
    public var acceptedAtMicroseconds: Int64 = 0
    /// Unique within one run of the gateway.
    public var connection: UInt64 = 0
    /// Empty for a client that took none of its listener's routes.
    public var warehouse: String = ""
    /// The listener's address.
    public var listener: String = ""
    /// Of the listener, and of the warehouse's service behind it.
    public var `protocol`: ServiceProtocol = .tcp
    public var link: LinkKind = .public
    /// Who opened the TCP connection.
    public var peer: SocketAddress
    /// Whom the PROXY header names; the peer where there was none.
    public var client: SocketAddress
    /// The private link's endpoint.
    public var endpoint: EndpointName?
    public var verdict: Verdict = .allow
    /// The block of the rule that decided.
    public var rule: CIDRBlock?
    public var reason: DenialReason?
    /// The backend's address; `nil` where none was connected.
    public var backend: SocketAddress?
    /// From the client to the backend.
    public var bytesIn: UInt64 = 0
    /// From the backend to the client.
    public var bytesOut: UInt64 = 0
    public var durationMicroseconds: Int64 = 0
    public var end: ConnectionEnd = .finished
    /// Of which request the record is, whose bytes and duration are its own; `nil` for the connection's
    /// record, which counts them too.
    public var request: Request?
    /// How many of the connection's requests have records of their own.
    public var requestCount: UInt64 = 0
    /// More words on `reason`: which rule of the wire format was broken, say. Empty for none.
    public var detail: String = ""
    /// Denials of the same source and reason before this one that have no line of their own.
    public var unlogged: UInt64 = 0

    public init(peer: SocketAddress) {
        self.peer = peer
        client = peer
    }
}

package import Addresses
package import Policy
package import Traffic

/// What is written down of one connection when it has ended, or of one of its requests.
///
/// It holds no byte of the client's payload, so it cannot hold a credential; a request's title is
/// made by whoever reads requests, without any.
package struct AccessRecord: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable, Codable { case allow, deny }

    /// One request of a connection whose requests are relayed one by one.
    package struct Request: Hashable, Sendable {
        /// Its place among the connection's requests, from 1 on.
        package var number: UInt64
        /// Such as `GET /api/health`.
        package var title: String

        package init(number: UInt64, title: String) {
            self.number = number
            self.title = title
        }
    }

    /// When the connection was accepted or the request began, in microseconds since 1970 (UTC).
    package var acceptedAtMicroseconds: Int64 = 0
    /// Unique within one run of the gateway.
    package var connection: UInt64 = 0
    /// Empty for a client that took none of its listener's routes.
    package var warehouse: String = ""
    /// The listener's address.
    package var listener: String = ""
    /// Of the listener, and of the warehouse's service behind it.
    package var `protocol`: ServiceProtocol = .tcp
    package var link: LinkKind = .public
    /// Who opened the TCP connection.
    package var peer: SocketAddress
    /// Whom the PROXY header names; the peer where there was none.
    package var client: SocketAddress
    /// The private link's endpoint.
    package var endpoint: EndpointName?
    package var verdict: Verdict = .allow
    /// The block of the rule that decided.
    package var rule: CIDRBlock?
    package var reason: DenialReason?
    /// The backend's address; `nil` where none was connected.
    package var backend: SocketAddress?
    /// From the client to the backend.
    package var bytesIn: UInt64 = 0
    /// From the backend to the client.
    package var bytesOut: UInt64 = 0
    package var durationMicroseconds: Int64 = 0
    package var end: ConnectionEnd = .finished
    /// Of which request the record is, whose bytes and duration are its own; `nil` for the connection's
    /// record, which counts them too.
    package var request: Request?
    /// How many of the connection's requests have records of their own.
    package var requestCount: UInt64 = 0
    /// More words on `reason`: which rule of the wire format was broken, say. Empty for none.
    package var detail: String = ""
    /// Denials of the same source and reason before this one that have no line of their own.
    package var unlogged: UInt64 = 0

    package init(peer: SocketAddress) {
        self.peer = peer
        client = peer
    }
}

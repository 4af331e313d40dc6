package import Addresses
package import Policy
package import Traffic

/// What is recorded about one connection when it has ended, or about one of its requests.
///
/// It holds no byte of the client's payload, so it cannot hold a credential; a request's title is
/// created by the request's reader, without any payload.
package struct AccessRecord: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable, Codable { case allow, deny }

    /// One request of a connection whose requests are relayed one by one.
    package struct Request: Hashable, Sendable {
        /// Its place among the connection's requests, from 1 on.
        package var number: UInt64
        package var http: HTTPRequestRecord

        package init(number: UInt64, http: HTTPRequestRecord) {
            self.number = number
            self.http = http
        }

        /// Such as `GET health`.
        package var title: String { "\(http.method) \(http.pathClass.rawValue)" }
    }

    /// When the connection was accepted or the request began, in microseconds since 1970 (UTC).
    package var acceptedAtMicroseconds: Int64 = 0
    /// Unique within one run of the gateway.
    package var connection: UInt64 = 0
    /// Empty for a client that took none of its listener's routes.
    package var warehouse: String = ""
    /// The listener's address.
    package var listener: String = ""
    /// Of the listener, and of the warehouse's service that it leads to.
    package var `protocol`: ServiceProtocol = .tcp
    package var link: LinkKind = .public
    /// The other end of the TCP connection.
    package var peer: SocketAddress
    /// The client named by the PROXY header; the peer if there was none.
    package var client: SocketAddress
    /// The private link's endpoint.
    package var endpoint: EndpointName?
    package var verdict: Verdict = .allow
    /// The block of the rule that decided.
    package var rule: CIDRBlock?
    package var reason: DenialReason?
    /// Why the client would have been denied without shadow mode.
    package var shadow: DenialReason?
    /// The backend's address; `nil` if none was connected.
    package var backend: SocketAddress?
    /// From the client to the backend.
    package var bytesIn: UInt64 = 0
    /// From the backend to the client.
    package var bytesOut: UInt64 = 0
    package var durationMicroseconds: Int64 = 0
    package var end: ConnectionEnd = .finished
    /// The request that this record is about, with its own bytes and duration; `nil` for the
    /// connection's record, which includes them.
    package var request: Request?
    /// How many of the connection's requests have their own records.
    package var requestCount: UInt64 = 0
    /// Details on `reason`, such as which rule of the wire format was violated. Empty for none.
    package var detail: String = ""
    /// The client's TLS session that ended at the gateway.
    package var tls: TLSSession?
    /// The name in the client's TLS that passes through, if it has one.
    package var passedName: String?
    /// Earlier denials of the same source and reason without a line of their own.
    package var unlogged: UInt64 = 0

    package init(peer: SocketAddress) {
        self.peer = peer
        client = peer
    }
}

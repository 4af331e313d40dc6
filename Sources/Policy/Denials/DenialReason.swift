/// Why a connection was denied. The raw value is used in the access log and the metrics.
public enum DenialReason: String, Hashable, Sendable, CaseIterable, Codable {
    /// The whitelist's mode is `nowhere`.
    case linkClosed
    /// No rule of the whitelist matches the client's address.
    case notInWhitelist
    /// The deciding rule denies.
    case deniedByRule
    /// A PROXY header is required, and the peer is not a trusted source.
    case untrustedProxySource
    /// The trusted source's bytes are not a PROXY header, or not a valid one.
    case badProxyHeader
    /// The trusted source sent no complete PROXY header in time.
    case proxyHeaderTimeout
    /// A client's payload begins with a PROXY header that it must not send.
    case unexpectedProxyHeader
    /// The client's TLS handshake failed: no common version, an unacceptable certificate, or no TLS.
    case badTLSHandshake
    /// The client did not complete its TLS handshake in time.
    case tlsHandshakeTimeout
    /// The listener requires TLS, and the client does not use it.
    case tlsRequired
    /// The route requires a client certificate, and the client's TLS session has none that the
    /// route's own authorities have signed.
    case clientCertificateRequired
    /// The client's login to a MySQL server is malformed, or cannot be carried on.
    case badLogin
    /// The client has requested a name under the gateway's domain that belongs to no route.
    case unknownName
    /// The names that the client has given lead to different warehouses.
    case contradictingNames
    /// No route of the listener matches the client.
    case noRoute
    /// A private link, and the PROXY header names no endpoint.
    case noEndpoint
    /// A private link, and the endpoint is not registered.
    case unknownEndpoint
    /// A private link whose endpoint has not been accepted yet.
    case endpointPendingAcceptance
    /// A private link, and the endpoint was accepted, but its cloud has not connected it yet.
    case endpointPending
    /// A private link, and the endpoint was rejected.
    case endpointRejected
    /// A private link whose endpoint was not accepted in time.
    case endpointExpired
    /// A private link, and its cloud could not connect the endpoint.
    case endpointFailed
    /// A private link, and the endpoint is being deleted.
    case endpointDeleting
    /// A private link, and the endpoint was deleted.
    case endpointDeleted
    /// A private link, and the endpoint has reached its connection limit.
    case endpointConnectionLimit
    /// An outbound link, and the client's address is not one of its sources.
    case notASource
    case connectionLimit
    case warehouseConnectionLimit
    /// The warehouse's service has reached its connection limit.
    case serviceConnectionLimit
    case sourceConnectionLimit
    case sourceRateLimit
    /// A request is not HTTP/1.1, or two servers could read it differently (RFC 9112 §11.2).
    case malformedRequest
    /// The listener denies the path of a request.
    case forbiddenPath
    /// A request on a kept connection names a host of another route than the first one did, or than
    /// the client's TLS session (RFC 9110 §15.5.20).
    case misdirectedRequest
    /// A backend's redirect leads to none of the service's targets.
    case redirectRefused
    /// A backend's answer is not HTTP/1.1, or two clients could read it differently.
    case badAnswer
    /// A backend did not begin its answer in time.
    case answerTimeout
    /// No backend took the connection, unhealthy ones included.
    case noBackend
    /// The gateway has no local port left for a connection to a backend.
    case noSourcePort
}

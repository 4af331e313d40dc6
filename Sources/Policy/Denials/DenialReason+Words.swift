public import Addresses

extension DenialReason {
    /// What a denial means to the client: whether it helps to retry, and who can help.
    public enum Family {
        /// The client, or the way it connects, is not admitted.
        case access
        /// The client's own source has too many connections, or opens them too often.
        case sourceLimit
        /// All clients together have too many connections.
        case gatewayLimit
        /// The client is admitted, and its request is not: another one may be.
        case request
        /// No backend is available, or none answers as it must.
        case outage
    }

    public var family: Family {
        switch self {
        case .linkClosed, .notInWhitelist, .deniedByRule, .untrustedProxySource, .badProxyHeader,
            .proxyHeaderTimeout, .unexpectedProxyHeader, .badTLSHandshake, .tlsHandshakeTimeout,
            .tlsRequired, .clientCertificateRequired, .badLogin, .unknownName,
            .contradictingNames, .noRoute, .noEndpoint, .unknownEndpoint,
            .endpointPendingAcceptance, .endpointPending, .endpointRejected, .endpointExpired,
            .endpointFailed, .endpointDeleting, .endpointDeleted, .notASource:
            .access
        case .sourceConnectionLimit, .sourceRateLimit: .sourceLimit
        case .connectionLimit, .warehouseConnectionLimit, .serviceConnectionLimit,
            .endpointConnectionLimit, .noSourcePort:
            .gatewayLimit
        case .malformedRequest, .forbiddenPath, .misdirectedRequest: .request
        case .noBackend, .redirectRefused, .badAnswer, .answerTimeout: .outage
        }
    }

    /// Whether the policy admits the client, and only a limit denies it.
    public var isLimit: Bool { family == .sourceLimit || family == .gatewayLimit }

    /// The message for a denied client, modeled on MySQL's own errors.
    ///
    /// It names no rule, limit or backend: those are for the operator, who finds them in the log.
    public func message(to client: IPAddress) -> String {
        switch family {
        case .access: "Host '\(client)' is not allowed to connect to this warehouse: \(words)"
        case .sourceLimit, .gatewayLimit: "Too many connections: \(words)"
        case .request: "Request refused: \(words)"
        case .outage: "Warehouse unavailable: \(words)"
        }
    }

    private var words: String {
        switch self {
        case .linkClosed: "the public link is closed"
        case .notInWhitelist: "this address is not in the whitelist"
        case .deniedByRule: "denied by a whitelist rule"
        case .untrustedProxySource: "only load balancers may connect here"
        case .badProxyHeader: "the PROXY protocol header is invalid"
        case .proxyHeaderTimeout: "no PROXY protocol header received in time"
        case .unexpectedProxyHeader: "a PROXY protocol header is not accepted here"
        case .badTLSHandshake: "the TLS handshake failed"
        case .tlsHandshakeTimeout: "the TLS handshake took too long"
        case .tlsRequired: "TLS is required; enable it in the client"
        case .clientCertificateRequired:
            "a client certificate is required; connect with TLS by the warehouse's host name, and"
                + " with a certificate that it accepts"
        case .badLogin: "the login is malformed"
        case .unknownName:
            "no warehouse has the requested name; connect by the host name that its connection"
                + " page shows"
        case .contradictingNames: "the names in the connection lead to different warehouses"
        case .noRoute:
            "nothing says which warehouse is meant; connect as its connection page shows"
        case .noEndpoint: "the connection does not identify a private endpoint"
        case .unknownEndpoint: "the private endpoint is not registered"
        case .endpointPendingAcceptance: "the private endpoint is not approved yet"
        case .endpointPending: "the private endpoint is not connected yet; try again later"
        case .endpointRejected: "the private endpoint was rejected"
        case .endpointExpired: "the private endpoint request has expired"
        case .endpointFailed: "the private endpoint has failed"
        case .endpointDeleting: "the private endpoint is being deleted"
        case .endpointDeleted: "the private endpoint was deleted"
        case .notASource: "only the warehouse's own network may connect here"
        case .connectionLimit: "the gateway has reached its connection limit; try again later"
        case .warehouseConnectionLimit:
            "this warehouse has reached its connection limit; try again later"
        case .serviceConnectionLimit:
            "this service has reached its connection limit; try again later"
        case .endpointConnectionLimit: "the private endpoint has too many open connections"
        case .sourceConnectionLimit: "this address has too many open connections"
        case .sourceRateLimit: "this address connects too often; try again later"
        case .noSourcePort: "the gateway has no free port for its backends; try again later"
        case .malformedRequest: "the request is not valid HTTP/1.1"
        case .forbiddenPath: "this path is not available here"
        case .misdirectedRequest:
            "the request's host leads elsewhere than this connection; open a new connection for it"
        case .redirectRefused: "the server redirected to an address that is not allowed"
        case .badAnswer: "the server gave no valid HTTP answer; if this was a load, check its label"
        case .answerTimeout: "the server did not answer in time"
        case .noBackend: "no backend is available; try again later"
        }
    }
}

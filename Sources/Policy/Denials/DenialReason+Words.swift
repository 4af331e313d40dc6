package import Addresses

extension DenialReason {
    /// What a denial means to the client: whether it helps to try again, and who can help.
    package enum Family {
        /// Who the client is, or how it came, is not admitted.
        case access
        /// The client's own source has, or opens, too many.
        case sourceLimit
        /// All clients together have too many.
        case gatewayLimit
        /// There is nobody to talk to.
        case outage
    }

    package var family: Family {
        switch self {
        case .linkClosed, .notInWhitelist, .deniedByRule, .untrustedProxySource, .badProxyHeader,
            .proxyHeaderTimeout, .unexpectedProxyHeader, .noRoute, .noEndpoint, .unknownEndpoint,
            .endpointPendingAcceptance, .endpointPending, .endpointRejected, .endpointExpired,
            .endpointFailed, .endpointDeleting, .endpointDeleted, .notASource:
            .access
        case .sourceConnectionLimit, .sourceRateLimit: .sourceLimit
        case .connectionLimit, .warehouseConnectionLimit, .serviceConnectionLimit,
            .endpointConnectionLimit, .noSourcePort:
            .gatewayLimit
        case .noBackend: .outage
        }
    }

    /// Whether the policy admits the client, and only a limit stands against it.
    package var isLimit: Bool { family == .sourceLimit || family == .gatewayLimit }

    /// The sentence that a denied client is shown, after the models of MySQL's own errors.
    ///
    /// It names no rule, limit or backend: those are the operator's, who finds them in the log.
    package func message(to client: IPAddress) -> String {
        switch family {
        case .access: "Host '\(client)' is not allowed to connect to this warehouse: \(words)"
        case .sourceLimit, .gatewayLimit: "Too many connections: \(words)"
        case .outage: "Warehouse unavailable: \(words)"
        }
    }

    private var words: String {
        switch self {
        case .linkClosed: "its public link is closed"
        case .notInWhitelist: "its whitelist does not have this address"
        case .deniedByRule: "a rule of its whitelist denies this address"
        case .untrustedProxySource: "only its load balancers may connect here"
        case .badProxyHeader: "the PROXY protocol header is invalid"
        case .proxyHeaderTimeout: "no PROXY protocol header came in time"
        case .unexpectedProxyHeader: "a PROXY protocol header is not accepted here"
        case .noRoute: "nothing here leads to a warehouse"
        case .noEndpoint: "the connection names no private endpoint"
        case .unknownEndpoint: "the private endpoint is not registered"
        case .endpointPendingAcceptance: "the private endpoint is not approved yet"
        case .endpointPending: "the private endpoint is not connected yet, try again later"
        case .endpointRejected: "the private endpoint was rejected"
        case .endpointExpired: "the private endpoint's request has expired"
        case .endpointFailed: "the private endpoint has failed"
        case .endpointDeleting: "the private endpoint is being deleted"
        case .endpointDeleted: "the private endpoint was deleted"
        case .notASource: "only the warehouse's own network may connect here"
        case .connectionLimit: "the gateway is full, try again later"
        case .warehouseConnectionLimit: "this warehouse is full, try again later"
        case .serviceConnectionLimit: "this service of the warehouse is full, try again later"
        case .endpointConnectionLimit: "the private endpoint has too many open connections"
        case .sourceConnectionLimit: "this address has too many open connections"
        case .sourceRateLimit: "this address connects too often, try again later"
        case .noSourcePort: "the gateway has no free port to its servers, try again later"
        case .noBackend: "no server of this warehouse answers, try again later"
        }
    }
}

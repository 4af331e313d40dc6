extension DenialReason {
    /// For the operator: cause and remedy in one sentence. The client gets ``message(to:)``
    /// instead.
    public var advice: String {
        accessAdvice ?? headerAdvice ?? protocolAdvice ?? requestAdvice ?? endpointAdvice
            ?? limitAdvice
    }

    private var accessAdvice: String? {
        switch self {
        case .linkClosed: "the whitelist's mode is nowhere; set it to specific to admit clients"
        case .notInWhitelist: "no entry matches this address; add one to admit it"
        case .deniedByRule: "the entry with the longest matching prefix denies it; see RULE"
        case .noRoute: "no route of the listener matches the client; the detail has what it named"
        case .unknownName:
            "the client requested a name under domain that no route has; add a route with that"
                + " serverName or host"
        case .contradictingNames:
            "the client's names lead to different warehouses; the detail has two that disagree"
        case .notASource: "an outbound link admits only its sources; add the address there"
        default: nil
        }
    }

    private var headerAdvice: String? {
        switch self {
        case .untrustedProxySource:
            "only trusted load balancers may connect to this listener; if this is one, add its"
                + " address to proxyProtocol.trusted"
        case .badProxyHeader:
            "a trusted load balancer's PROXY header is missing, malformed or names endpoints that"
                + " contradict each other or the listener; the detail has the cause and the remedy"
        case .proxyHeaderTimeout:
            "a trusted load balancer sent no complete PROXY header in time; if it sends it only with"
                + " the client's first bytes, configure it to send it immediately (AWS: on_first_ack)"
        case .unexpectedProxyHeader:
            "a PROXY header from a client that must not send one; if it is a load balancer, add it"
                + " to proxyProtocol.trusted and set proxyProtocol.accept; if not, it may be an attack"
        default: nil
        }
    }

    private var protocolAdvice: String? {
        switch self {
        case .badTLSHandshake:
            "the client and the gateway could not establish TLS; the detail has OpenSSL's reason"
        case .tlsHandshakeTimeout:
            "the client did not complete its TLS handshake in time; see timeouts.handshake"
        case .tlsRequired: "the listener has tls: required; enable TLS in the client"
        case .clientCertificateRequired:
            "the route requires a client certificate of its own authorities; the client must show one"
                + " and connect by the route's serverName (see clientCertificates)"
        case .badLogin: "the client's MySQL login cannot be carried on; the detail has the reason"
        default: nil
        }
    }

    private var requestAdvice: String? {
        switch self {
        case .malformedRequest:
            "the request is not HTTP/1.1, or ambiguous; the detail has the rule that it breaks"
        case .forbiddenPath:
            "the listener denies this path; if clients need it, change http.deny of the listener"
        case .misdirectedRequest:
            "a request on a kept connection names a host of another route; clients must open a"
                + " connection for each host"
        case .redirectRefused:
            "a backend redirects to a server that is not among the service's; if it is one, add it to"
                + " redirects.targets, or learn the targets (redirects.learn)"
        case .badAnswer:
            "a backend's answer is not HTTP/1.1; the detail has the reason: is it an HTTP port?"
        case .answerTimeout:
            "a backend did not answer in time; see http.redirectTimeout and http.answerTimeout"
        default: nil
        }
    }

    private var endpointAdvice: String? {
        switch self {
        case .noEndpoint:
            "the PROXY header names no private endpoint; the load balancer must forward the cloud's"
                + " TLV (Azure: Enable TCP proxy V2)"
        case .unknownEndpoint:
            "the endpoint is not registered with this warehouse, or no route of the listener matches it;"
                + " to admit it, add it under endpoints with state: available, and to the listener's"
                + " routes if it has any"
        case .endpointPendingAcceptance:
            "the endpoint has not been accepted yet; set its state to available to admit it"
        case .endpointPending: "the cloud has not connected the endpoint yet; wait"
        case .endpointRejected:
            "the endpoint was rejected; set its state to available to admit it again"
        case .endpointExpired:
            "the endpoint request has expired; the consumer must create a new endpoint"
        case .endpointFailed: "the endpoint has failed; the consumer must create a new one"
        case .endpointDeleting:
            "the endpoint is being deleted; the consumer must create a new one"
        case .endpointDeleted: "the endpoint was deleted; the consumer must create a new one"
        default: nil
        }
    }

    private var limitAdvice: String {
        switch self {
        case .connectionLimit:
            "the gateway has reached its connection limit; see limits.connections"
        case .warehouseConnectionLimit:
            "the warehouse has reached its connection limit; see its limits.connections"
        case .serviceConnectionLimit:
            "the service has reached its connection limit; see its limits.connections"
        case .endpointConnectionLimit:
            "the endpoint has reached its connection limit; see its limits.connections"
        case .sourceConnectionLimit:
            "the source has too many open connections; see limits.connectionsPerSource"
        case .sourceRateLimit:
            "the source connects too often; see limits.connectRatePerSource"
        case .noSourcePort:
            "the gateway has no local port left for connections to its backends; add sourceAddresses"
                + " or backends, or widen net.ipv4.ip_local_port_range"
        default: "no backend is available; sluice status shows why"
        }
    }
}

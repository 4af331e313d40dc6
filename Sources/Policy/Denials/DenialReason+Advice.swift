extension DenialReason {
    /// For the operator: what brings this about, and what to do. One sentence; the client is told
    /// something else (``message(to:)``).
    package var advice: String {
        accessAdvice ?? headerAdvice ?? endpointAdvice ?? limitAdvice
    }

    private var accessAdvice: String? {
        switch self {
        case .linkClosed: "the whitelist's mode is nowhere; set it to specific to admit somebody"
        case .notInWhitelist: "no entry has this address; add one if it is to be admitted"
        case .deniedByRule: "the entry with the longest matching prefix denies it; see RULE"
        case .noRoute: "none of the listener's routes takes the client; see its routes"
        case .notASource: "an outbound link serves its sources only; add the address there"
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
                + " contradict each other or the listener's: detail has the cause and the remedy"
        case .proxyHeaderTimeout:
            "a trusted load balancer sent no whole PROXY header in time; if it sends it only with"
                + " the client's first bytes, have it send it at once (AWS: on_first_ack)"
        case .unexpectedProxyHeader:
            "a PROXY header where none is accepted: an attack, or a load balancer that"
                + " proxyProtocol.accept and trusted do not have"
        default: nil
        }
    }

    private var endpointAdvice: String? {
        switch self {
        case .noEndpoint:
            "the PROXY header names no private endpoint; the load balancer must pass the cloud's TLV"
                + " on (Azure: Enable TCP proxy V2)"
        case .unknownEndpoint:
            "the endpoint is not registered with this warehouse, or no route of the listener takes it; to"
                + " admit it, add it under endpoints with state: available, and to the routes if there"
                + " are some"
        case .endpointPendingAcceptance: "nobody has accepted the endpoint yet; set its state"
        case .endpointPending: "the cloud has not connected the endpoint yet; wait"
        case .endpointRejected: "the endpoint was rejected; set its state if that is over"
        case .endpointExpired, .endpointFailed, .endpointDeleting, .endpointDeleted:
            "the endpoint is no more; its consumer must make a new one"
        default: nil
        }
    }

    private var limitAdvice: String {
        switch self {
        case .connectionLimit: "the gateway is full; see limits.connections"
        case .warehouseConnectionLimit: "the warehouse is full; see its limits.connections"
        case .serviceConnectionLimit: "the service is full; see its limits.connections"
        case .endpointConnectionLimit: "the endpoint is full; see its limits.connections"
        case .sourceConnectionLimit: "the source is full; see limits.connectionsPerSource"
        case .sourceRateLimit: "the source connects too often; see limits.connectRatePerSource"
        case .noSourcePort:
            "the gateway has no local port left towards its backends; add sourceAddresses, more"
                + " backends, or widen net.ipv4.ip_local_port_range"
        default: "no backend answers; sluice status says which and why"
        }
    }
}

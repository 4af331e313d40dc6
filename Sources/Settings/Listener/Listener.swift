package import Addresses
package import Policy
package import ProxyProtocol
package import Traffic

/// An address and port at which clients arrive over one kind of link, and the routes that lead them
/// on.
package struct Listener: Hashable, Sendable {
    /// The protocol of its clients and of all services it leads to.
    package var `protocol`: ServiceProtocol
    /// Unique among listeners; nor may another one include it, as `0.0.0.0` includes `127.0.0.1`.
    /// `::` also accepts IPv4 clients, unless there is an IPv4 listener on the same port.
    package var address: SocketAddress
    /// The only network interface that clients may use; `nil` for any.
    package var interface: String?
    /// Determines whether the whitelist or an endpoint admits.
    package var link: LinkKind
    /// A private link without a cloud: the embedded endpoint that this address is. Otherwise `nil`.
    package var endpoint: String?
    /// An outbound link: the admitted clients, which is the warehouse's own network; `nil` for
    /// those that the whitelist admits.
    package var sources: [CIDRBlock]?
    /// Required with a cloud's private link, where only the header identifies the endpoint.
    package var acceptProxyProtocol: AcceptProxyProtocol
    /// TLS with clients that ends at the gateway; `nil` for none.
    package var tls: ListenerTLS?
    /// Whether the ClientHello is read for its name, and TLS ends at the backend.
    package var passesTLSThrough = false
    /// How the gateway greets MySQL clients; `nil` if the backend does.
    package var greeting: MySQLGreetingSettings?
    /// What is done with HTTP; of another protocol, nothing.
    package var http = HTTPTerms()
    /// How a denied client learns of it.
    package var reject: Reject
    /// The gateway's own unless the listener sets some; `drain` applies to the gateway only.
    package var timeouts: Timeouts
    /// In the order of the file; at least one. No two have the same match.
    package var routes: [Route]

    /// A listener on a public link without routes.
    package init(
        protocol: ServiceProtocol,
        address: SocketAddress,
        interface: String? = nil,
        link: LinkKind = .public,
        endpoint: String? = nil,
        sources: [CIDRBlock]? = nil,
        acceptProxyProtocol: AcceptProxyProtocol = AcceptProxyProtocol(),
        reject: Reject = .error,
        timeouts: Timeouts = Timeouts(),
        routes: [Route] = []
    ) {
        self.protocol = `protocol`
        self.address = address
        self.interface = interface
        self.link = link
        self.endpoint = endpoint
        self.sources = sources
        self.acceptProxyProtocol = acceptProxyProtocol
        self.reject = reject
        self.timeouts = timeouts
        self.routes = routes
    }
}

extension Listener {
    /// A listener inside a warehouse, whose clients all go to a service of its own.
    package init(
        of warehouse: String,
        protocol: ServiceProtocol,
        address: SocketAddress,
        interface: String? = nil,
        link: LinkKind = .public,
        endpoint: String? = nil,
        sources: [CIDRBlock]? = nil,
        acceptProxyProtocol: AcceptProxyProtocol = AcceptProxyProtocol(),
        reject: Reject = .error,
        backends: [BackendAddress],
        healthCheck: HealthCheck = HealthCheck(kind: .tcp),
        sendProxyProtocol: SendProxyProtocol = .off,
        sourceAddresses: [IPAddress] = [],
        timeouts: Timeouts = Timeouts()
    ) {
        let service = Service(
            Service.ID(warehouse: warehouse, protocol: `protocol`, listener: address),
            backends: backends.map { ConfiguredBackend($0) },
            healthCheck: healthCheck,
            sendProxyProtocol: sendProxyProtocol,
            sourceAddresses: sourceAddresses
        )
        self.init(
            protocol: `protocol`,
            address: address,
            interface: interface,
            link: link,
            endpoint: endpoint,
            sources: sources,
            acceptProxyProtocol: acceptProxyProtocol,
            reject: reject,
            timeouts: timeouts,
            routes: [Route(.default, to: service, timeouts: timeouts)]
        )
    }

    /// The ids of the warehouses to which it leads.
    package var warehouses: Set<String> { Set(routes.map(\.service.id.warehouse)) }
    /// The only warehouse to which it leads; `nil` if there are several.
    package var onlyWarehouse: String? {
        let warehouses = warehouses
        return warehouses.count == 1 ? warehouses.first : nil
    }
}

extension Listener {
    /// Whether the head of each HTTP request is read.
    package var readsRequests: Bool {
        self.protocol == .http && http.readsRequests && !passesTLSThrough
    }

    /// Whether its clients may send PROXY headers of their own, which the backend then trusts.
    package var passesClientHeaders: Bool { acceptProxyProtocol.clientHeaders == .pass }
}

/// The destination of some of a listener's clients.
package struct Route: Hashable, Sendable {
    /// Which clients take it.
    package var match: RouteMatch
    package var service: Service
    /// The listener's, but for those that the service sets itself.
    package var timeouts: Timeouts
    /// Whether its clients must show a certificate, and whose; `nil` for what the listener has.
    package var clientCertificates: TLSSettings.ClientCertificates?

    package init(
        _ match: RouteMatch,
        to service: Service,
        timeouts: Timeouts = Timeouts(),
        clientCertificates: TLSSettings.ClientCertificates? = nil
    ) {
        self.match = match
        self.service = service
        self.timeouts = timeouts
        self.clientCertificates = clientCertificates
    }
}

extension Listener {
    /// The endpoint that this address represents, and that all its clients connect through; `nil`
    /// if only a header can identify it.
    package var embeddedEndpoint: EndpointName? { endpoint.map { EndpointName(.embedded, $0) } }

    /// The private link's endpoint of a client introduced by load balancers; `nil` if none is
    /// named, and for other links.
    ///
    /// - Throws: if the headers name an invalid one, or not the listener's own: the client must not
    ///   be admitted.
    package func endpoint(of client: EffectiveClient) throws(EndpointConflict) -> EndpointName? {
        guard link == .private else { return nil }
        let named: EndpointName?
        do throws(PrivateLinkIdentityError) {
            named = try client.believedHeaders.last?.privateLinkIdentity().map(EndpointName.init)
        } catch {
            throw .invalid(error)
        }
        guard let own = embeddedEndpoint else { return named }
        if let named { throw .contradiction(listener: own, header: named) }
        return own
    }
}

/// Why a client cannot be taken for any endpoint's.
package enum EndpointConflict: Error, Hashable, Sendable {
    case invalid(PrivateLinkIdentityError)
    /// The header names an endpoint, and the listener is another one itself.
    case contradiction(listener: EndpointName, header: EndpointName)
}

extension EndpointConflict: CustomStringConvertible {
    /// The cause, and what to do about it.
    package var description: String {
        switch self {
        case .invalid(let error):
            error.description
        case .contradiction(let listener, let header):
            "the PROXY header names the endpoint \(header), but this listener is the endpoint"
                + " \(listener) (send the cloud's connections to a private listener without"
                + " endpoint, or remove this load balancer from proxyProtocol.trusted)"
        }
    }
}

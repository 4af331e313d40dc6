package import Policy
package import ProxyProtocol

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

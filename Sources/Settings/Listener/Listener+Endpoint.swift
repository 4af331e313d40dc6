package import Policy
package import ProxyProtocol

extension Listener {
    /// The endpoint that this address is, and through which all its clients come; `nil` where only a
    /// header can say.
    package var embeddedEndpoint: EndpointName? { endpoint.map { EndpointName(.embedded, $0) } }

    /// The private link's endpoint through which a client comes that load balancers have introduced;
    /// `nil` where nothing names one, and for other links.
    ///
    /// - Throws: where the headers name one that cannot be, or another one than the listener's own:
    ///   the client must then not be admitted.
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
            "the PROXY header names the endpoint \(header), but this listener is itself the endpoint"
                + " \(listener): send the cloud's connections to a private listener without"
                + " endpoint, or take this load balancer out of proxyProtocol.trusted"
        }
    }
}

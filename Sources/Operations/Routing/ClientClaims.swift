import Policy
import Settings
import Traffic

/// What a client says of where it wants to go, whether or not a listener looks at it.
package struct ClientClaims: Hashable, Sendable {
    /// The name in its ClientHello, or in the PROXY header of a load balancer.
    package var serverName: String?
    /// The host of its HTTP request.
    package var host: String?
    /// The user of its MySQL login, with the suffix if there is one.
    package var user: String?
    /// The database of its MySQL login.
    package var database: String?
    /// The value of the connection attribute that the listener looks at.
    package var attribute: String?

    package init(
        serverName: String? = nil,
        host: String? = nil,
        user: String? = nil,
        database: String? = nil,
        attribute: String? = nil
    ) {
        self.serverName = serverName
        self.host = host
        self.user = user
        self.database = database
        self.attribute = attribute
    }

    package var isEmpty: Bool { self == ClientClaims() }
}

/// Where a listener leads a client.
struct Destination: Hashable, Sendable {
    /// `nil` for none, which ``reason`` explains.
    var warehouse: String?
    /// The route that was selected, as the configuration spells it.
    var route: String?
    var reason: DenialReason?
}

extension Listener {
    /// Where a client with these claims is led, as the data plane decides it.
    ///
    /// - Parameters:
    ///   - domain: the gateway's.
    ///   - endpoint: the private endpoint it connects through.
    func destination(
        of claims: ClientClaims,
        through endpoint: EndpointName?,
        in domain: String?
    ) -> Destination {
        let table = RouteTable(
            routes.map { ($0.match, $0.service.id.warehouse) },
            domain: domain
        )
        let introduction = introduction(of: claims)
        switch table.choose(endpoint: endpoint, introduction) {
        case .destination(let warehouse, let matches):
            return Destination(warehouse: warehouse, route: "\(matches.first ?? .default)")
        case .none(.noRoute, _) where link == .private:
            return Destination(reason: endpoint == nil ? .noEndpoint : .unknownEndpoint)
        case .none(let reason, _):
            return Destination(reason: reason)
        }
    }

    /// What this listener would learn of such a client.
    private func introduction(of claims: ClientClaims) -> Introduction {
        var findings: [Finding] = []
        let readsName =
            tls != nil || passesTLSThrough || acceptProxyProtocol.mode != .off
        if readsName, let name = claims.serverName.flatMap(Self.name) {
            findings.append(.clientHello(serverName: name))
        }
        let readsHost = self.protocol == .http && !passesTLSThrough && hasHostRoute
        if readsHost, let host = claims.host.flatMap(Self.hostName) {
            findings.append(.host(host))
        }
        if greeting != nil {
            findings.append(
                .login(
                    LoginClaims(
                        userSuffix: claims.user.flatMap(suffix),
                        database: claims.database,
                        attribute: greeting?.attribute == nil ? nil : claims.attribute
                    )
                )
            )
        }
        return Introduction(findings)
    }

    private var hasHostRoute: Bool {
        routes.contains { if case .host = $0.match { true } else { false } }
    }

    /// The suffix by which a user selects a route, as the route spells it.
    private func suffix(of user: String) -> String? {
        let terms = MySQLGreetingTerms(
            profile: GreetingProfile(.doris),
            tls: .off,
            userSuffixes: routes.compactMap { route in
                guard case .userSuffix(let suffix) = route.match else { return nil }
                return suffix
            }
        )
        return terms.route(of: Array(user.utf8))?.suffix
    }

    /// A name in the form in which the gateway compares it.
    private static func name(_ text: String) -> String? {
        let name = text.hasSuffix(".") ? String(text.dropLast()) : text
        return name.isEmpty ? nil : name.lowercased()
    }

    /// The same, without the port that may follow a host.
    private static func hostName(_ text: String) -> String? {
        guard !text.hasPrefix("["), let colon = text.lastIndex(of: ":") else { return name(text) }
        return name(String(text[..<colon]))
    }
}

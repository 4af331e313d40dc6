public import Policy

/// A listener's routes as each connection looks them up. The most specific one wins: what the
/// network attests before what a client claims, and a default last.
public struct RouteTable<Destination: Equatable> {
    /// The destination of clients that match no other route.
    public private(set) var standard: Destination?
    private var destinations: [RouteMatch: Destination] = [:]
    /// Whether some route matches a host's name.
    private var hasNames = false
    /// In lower case; names under it that no route has are denied.
    private let domain: String?

    /// - Parameter routes: of two with the same match the first one counts.
    public init(_ routes: some Sequence<(RouteMatch, Destination)>, domain: String? = nil) {
        self.domain = domain
        for (match, destination) in routes {
            switch match {
            case .default: standard = standard ?? destination
            case .endpoint, .serverName, .host, .userSuffix, .attribute, .database:
                if destinations[match] == nil { destinations[match] = destination }
                hasNames = hasNames || match.isName
            }
        }
    }

    /// Whether every client goes to the same place, whatever is known of it.
    public var isUniform: Bool { destinations.isEmpty && standard != nil }

    /// Where a client goes.
    public enum Choice {
        /// - matches: the routes that the client has selected, all of which lead there; at least one.
        case destination(Destination, matches: [RouteMatch])
        /// `detail` has the claims that led there, for the operator.
        case none(DenialReason, detail: String)
    }

    /// Where a client goes that connects through `endpoint`.
    ///
    /// All that a client claims must lead to the same place. The default takes clients that give no
    /// name, or one outside of the gateway's domain: a name inside it that no route has is a mistake,
    /// and nothing is guessed.
    public func choose(endpoint: EndpointName?, _ introduction: Introduction) -> Choice {
        if let endpoint, let destination = destinations[.endpoint(endpoint)] {
            return .destination(destination, matches: [.endpoint(endpoint)])
        }
        if destinations.isEmpty, let standard {
            return .destination(standard, matches: RouteMatch.onlyDefault)
        }
        let claims = introduction.matches
        var matches: [RouteMatch] = []
        var chosen: (claim: RouteMatch, destination: Destination)?
        for claim in claims {
            guard let (match, destination) = route(of: claim) else {
                if isOurs(claim) { return .none(.unknownName, detail: claim.shown) }
                continue
            }
            if let chosen, chosen.destination != destination {
                let detail = "\(chosen.claim.shown) and \(claim.shown)"
                return .none(.contradictingNames, detail: detail)
            }
            chosen = chosen ?? (claim, destination)
            matches.append(match)
        }
        if let chosen { return .destination(chosen.destination, matches: matches) }
        guard let standard else {
            return .none(.noRoute, detail: claims.map(\.shown).joined(separator: ", "))
        }
        return .destination(standard, matches: RouteMatch.onlyDefault)
    }

    /// The route that a claim leads to. A host has one name, whether TLS or a request asks for it: a
    /// route by either will do.
    private func route(of claim: RouteMatch) -> (match: RouteMatch, Destination)? {
        let other: RouteMatch? =
            switch claim {
            case .serverName(let name): .host(name)
            case .host(let name): .serverName(name)
            case .default, .endpoint, .userSuffix, .attribute, .database: nil
            }
        for match in [claim, other].compactMap({ $0 }) {
            if let destination = destinations[match] { return (match, destination) }
        }
        return nil
    }

    /// Whether a match is a host's name under the gateway's domain.
    private func isOurs(_ match: RouteMatch) -> Bool {
        guard let domain else { return false }
        switch match {
        case .serverName(let name), .host(let name):
            guard hasNames else { return false }
            return name == domain || name.hasSuffix(".\(domain)")
        case .default, .endpoint, .userSuffix, .attribute, .database:
            return false
        }
    }
}

extension RouteTable: Sendable where Destination: Sendable {}

/// How a client selects a route.
public enum RouteMatch: Hashable, Sendable {
    /// Clients that match no other route.
    case `default`
    /// Clients that connect through this private endpoint.
    case endpoint(EndpointName)
    /// Those whose ClientHello has this name (RFC 6066 §3), in lower case.
    case serverName(String)
    /// Clients that request this host over HTTP, in lower case and without a port.
    case host(String)
    /// Clients whose MySQL user ends in this, after the last `@`.
    case userSuffix(String)
    /// Clients whose MySQL connection attribute, the one that the listener looks at, has this value.
    case attribute(String)
    /// Clients whose MySQL login starts with this database.
    case database(String)
}

extension RouteMatch {
    /// Made once: most connections have it.
    public static let onlyDefault: [RouteMatch] = [.default]

    /// Whether it matches what a client says of itself.
    public var isClaim: Bool {
        switch self {
        case .serverName, .host, .userSuffix, .attribute, .database: true
        case .default, .endpoint: false
        }
    }

    /// Whether it matches clients that connect through `endpoint`.
    public func isEndpoint(_ endpoint: EndpointName?) -> Bool {
        endpoint.map { self == .endpoint($0) } ?? false
    }

    /// Whether it matches a host's name.
    public var isName: Bool {
        switch self {
        case .serverName, .host: true
        case .default, .endpoint, .userSuffix, .attribute, .database: false
        }
    }
}

extension RouteMatch {
    private static let longestShown = 100

    /// As a client claims it, for a log: what is too long is cut.
    fileprivate var shown: String {
        let text = description
        guard text.utf8.count > Self.longestShown else { return text }
        return text.unicodeScalars.prefix(Self.longestShown).reduce(into: "") {
            $0.unicodeScalars.append($1)
        } + "…"
    }
}

extension RouteMatch: CustomStringConvertible {
    /// As in the configuration file: `endpoint: aws:vpce-…`.
    public var description: String {
        switch self {
        case .default: "default"
        case .endpoint(let name): "endpoint: \(name)"
        case .serverName(let name): "serverName: \(name)"
        case .host(let name): "host: \(name)"
        case .userSuffix(let suffix): "userSuffix: \(suffix)"
        case .attribute(let value): "attribute: \(value)"
        case .database(let name): "database: \(name)"
        }
    }
}

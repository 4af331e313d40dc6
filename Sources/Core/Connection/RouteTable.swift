/// A listener's routes as each connection looks them up. The most specific one wins: what the
/// network attests before what a client says of itself, and a default after both.
public struct RouteTable<Destination> {
    /// Where clients go that no other route takes.
    public private(set) var standard: Destination?
    private var destinations: [RouteMatch: Destination] = [:]

    /// - Parameter routes: of two with the same match the first one counts.
    public init(_ routes: some Sequence<(RouteMatch, Destination)>) {
        for (match, destination) in routes {
            switch match {
            case .default: standard = standard ?? destination
            case .endpoint, .serverName, .host, .userSuffix:
                if destinations[match] == nil { destinations[match] = destination }
            }
        }
    }

    /// Whether every client goes to the same place, whatever is known of it.
    public var isUniform: Bool { destinations.isEmpty && standard != nil }

    /// Where a client goes; `nil` for nowhere.
    ///
    /// - Parameter endpoint: through which it comes.
    public func destination(endpoint: EndpointName?, _ introduction: Introduction) -> Destination? {
        if destinations.isEmpty { return standard }
        if let endpoint, let destination = destinations[.endpoint(endpoint)] { return destination }
        for match in introduction.matches {
            if let destination = destinations[match] { return destination }
        }
        return standard
    }
}

extension RouteTable: Sendable where Destination: Sendable {}

public import Addresses

/// An address and port that accepts one service of one warehouse, over one kind of link.
public struct Listener: Hashable, Sendable {
    /// What the gateway may say in the client's own words.
    public enum ServiceProtocol: String, Hashable, Sendable, CaseIterable, Codable {
        case mysql, http, tcp
    }

    /// Decides on rejections and health checks; the bytes of a session are not looked into.
    public var `protocol`: ServiceProtocol
    /// No other listener has it, nor one that includes it, as `0.0.0.0` includes `127.0.0.1`. `::`
    /// takes IPv4 clients too, unless an IPv4 listener of the same port stands beside it.
    public var address: SocketAddress
    /// The only network interface over which clients come; `nil` for any.
    public var interface: String?
    /// Says whether the whitelist or an endpoint admits.
    public var link: LinkKind
    /// A private link without a cloud: the embedded endpoint that this address is. Otherwise `nil`.
    public var endpoint: String?
    /// An outbound link: who may come, which is the warehouse's own network; `nil` for whom the
    /// whitelist admits.
    public var sources: [CIDRBlock]?
    /// Required with a cloud's private link, where only the header tells the endpoint.
    public var acceptProxyProtocol: AcceptProxyProtocol
    /// How a denied client learns of it.
    public var reject: Reject
    /// At least one, and never the listener itself.
    public var backends: [BackendAddress]
    /// The same for each backend.
    public var healthCheck: HealthCheck
    /// The same for each backend.
    public var sendProxyProtocol: SendProxyProtocol
    /// The gateway's own addresses to connect from, in turns: each has its own local ports. Empty
    /// where the system chooses.
    public var sourceAddresses: [IPAddress]
    /// The gateway's own where the listener sets none; `drain` counts for the gateway only.
    public var timeouts: Timeouts

    /// A listener on a public link that speaks to its backends plainly, unless said otherwise.
    public init(
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
        self.protocol = `protocol`
        self.address = address
        self.interface = interface
        self.link = link
        self.endpoint = endpoint
        self.sources = sources
        self.acceptProxyProtocol = acceptProxyProtocol
        self.reject = reject
        self.backends = backends
        self.healthCheck = healthCheck
        self.sendProxyProtocol = sendProxyProtocol
        self.sourceAddresses = sourceAddresses
        self.timeouts = timeouts
    }
}

extension Listener {
    /// Whether its clients may write PROXY headers of their own, which the backend then believes.
    public var passesClientHeaders: Bool { acceptProxyProtocol.clientHeaders == .pass }
}

/// How a denied client learns of it.
public enum Reject: String, Hashable, Sendable, CaseIterable {
    /// The connection is closed without a word.
    case drop
    /// An error in the client's protocol, at once: MySQL ERR, HTTP 403 with JSON.
    case error
    /// MySQL only: greet, read the login, then ERR, which most clients show in full. It costs a
    /// round trip, and the user name crosses in clear.
    case errorAfterGreeting
}

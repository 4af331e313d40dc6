public import Addresses

/// An address and port that accepts one service of one warehouse, over one kind of link.
public struct Listener: Hashable, Sendable {
    /// What the gateway may say in the client's own words.
    public enum ServiceProtocol: String, Hashable, Sendable, CaseIterable, Codable {
        case mysql, http, tcp
    }

    public var `protocol`: ServiceProtocol
    public var address: SocketAddress
    public var link: LinkKind
    public var acceptProxyProtocol: AcceptProxyProtocol
    public var reject: Reject
    public var backends: [BackendAddress]
    public var healthCheck: HealthCheck
    public var sendProxyProtocol: SendProxyProtocol
    /// The gateway's own where the listener sets none; `drain` counts for the gateway only.
    public var timeouts: Timeouts

    public init(
        protocol: ServiceProtocol,
        address: SocketAddress,
        link: LinkKind = .public,
        acceptProxyProtocol: AcceptProxyProtocol = AcceptProxyProtocol(),
        reject: Reject = .error,
        backends: [BackendAddress],
        healthCheck: HealthCheck = HealthCheck(kind: .tcp),
        sendProxyProtocol: SendProxyProtocol = .off,
        timeouts: Timeouts = Timeouts()
    ) {
        self.protocol = `protocol`
        self.address = address
        self.link = link
        self.acceptProxyProtocol = acceptProxyProtocol
        self.reject = reject
        self.backends = backends
        self.healthCheck = healthCheck
        self.sendProxyProtocol = sendProxyProtocol
        self.timeouts = timeouts
    }
}

/// Whether and from whom PROXY headers are read.
public struct AcceptProxyProtocol: Hashable, Sendable {
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// No header is read; one that comes is refused, not passed on.
        case off
        /// A trusted source may send one; every other source is a client by itself.
        case optional
        /// Only trusted sources may connect, and each connection starts with a header.
        case required
    }

    public var mode: Mode = .off
    /// The load balancers that are believed.
    public var trusted: [CIDRBlock] = []
    /// From accept to the complete header.
    public var timeout: Duration = .seconds(5)
    /// The longest header that is taken, signature and addresses included, in bytes.
    public var maximumByteCount = 4096

    public init(mode: Mode = .off, trusted: [CIDRBlock] = []) {
        self.mode = mode
        self.trusted = trusted
    }
}

/// How a denied client learns of it.
public enum Reject: String, Hashable, Sendable, CaseIterable {
    /// The connection is closed without a word.
    case drop
    /// An error in the client's protocol, at once: MySQL ERR, HTTP 403 with JSON.
    case error
    /// MySQL only: greet, read the login, then ERR, which every client shows in full. It costs a
    /// round trip, and the user name crosses in clear.
    case errorAfterGreeting
}

/// A backend as written: a host name or an address, and a port.
public struct BackendAddress: Hashable, Sendable, CustomStringConvertible {
    public enum Host: Hashable, Sendable {
        case ip(IPAddress)
        /// Resolved off the data path, again and again.
        case name(String)
    }

    public var host: Host
    public var port: UInt16

    public init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }

    public var description: String {
        switch host {
        case .ip(let ip): SocketAddress(ip, port: port).description
        case .name(let name): "\(name):\(port)"
        }
    }
}

/// How a backend is watched while no client uses it.
public struct HealthCheck: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Only failed connects of clients count.
        case off
        case tcp
        /// Reads the greeting and leaves in a way that does not count as a failed handshake.
        case mysql
        /// `GET path`; any status below 500 is healthy.
        case http(path: String)
    }

    public var kind: Kind
    public var interval: Duration = .seconds(5)
    public var timeout: Duration = .seconds(2)
    /// Successes in a row that bring a backend back.
    public var rise = 2
    /// Failures in a row that take a backend out.
    public var fall = 3

    public init(kind: Kind) {
        self.kind = kind
    }
}

/// What is written to the backend before any byte of the client.
public enum SendProxyProtocol: Hashable, Sendable {
    case off
    case v1
    case v2(V2Options)

    public struct V2Options: Hashable, Sendable {
        /// Whether the TLVs that the client's side sent are passed on, in their order.
        public var passTLVs = false
        /// Whether a CRC32C TLV is added.
        public var addsCRC32C = false

        public init() {}
    }
}

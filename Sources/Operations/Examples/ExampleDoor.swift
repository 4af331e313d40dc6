import DomainNames
package import Policy
package import Settings
import Time
import Traffic

/// The ports at which a warehouse's services are reached; `nil` for a service that it does not have.
package struct ServicePorts: Hashable, Sendable {
    package var mysql: UInt16?
    package var http: UInt16?
    package var tcp: UInt16?

    package init(mysql: UInt16? = nil, http: UInt16? = nil, tcp: UInt16? = nil) {
        self.mysql = mysql
        self.http = http
        self.tcp = tcp
    }

    package func port(of service: ServiceProtocol) -> UInt16? {
        switch service {
        case .mysql: mysql
        case .http: http
        case .tcp: tcp
        }
    }
}

/// A listener as the clients of one warehouse enter it.
package struct ExampleDoor: Sendable {
    /// Where its clients connect.
    package var port: UInt16
    /// `nil` for one without TLS that leads everyone to the warehouse.
    private var listener: Listener?
    private var warehouse = ""
    private var endpoint: EndpointName?
    private var domain: String?
    private var certificates: [ServedCertificate] = []
    /// The file with the authorities' certificates that clients are given; `nil` for those that
    /// the client's system trusts.
    private(set) var authority: String?

    /// A door without TLS that leads every client to the warehouse.
    package init(plainAt port: UInt16) {
        self.port = port
    }

    /// - Parameters:
    ///   - port: where it is reached.
    ///   - endpoint: the private endpoint that clients connect through.
    ///   - certificates: what the gateway's listeners show.
    ///   - authority: a file of certificates; `nil` for those that the client's system trusts.
    package init(
        _ listener: Listener,
        port: UInt16,
        to warehouse: String,
        through endpoint: EndpointName?,
        in topology: Topology,
        certificates: [ServedCertificate],
        authority: String?
    ) {
        self.port = port
        self.listener = listener
        self.warehouse = warehouse
        self.endpoint = endpoint
        domain = topology.domain?.text
        self.certificates = certificates.filter { $0.listener == "\(listener.address)" }
        self.authority = authority
    }
}

extension ExampleDoor {
    /// What an example does about TLS.
    enum Security: Hashable, Sendable {
        case none
        /// The certificate is checked, and the host's name in it.
        case verified
        /// The certificate is checked by its authority alone.
        case authorityOnly
    }

    var name: String { listener.map { "\($0.address)" } ?? "port \(port)" }

    /// What clients may do, the best first.
    var securities: [Security] {
        switch listener?.tlsUse {
        case nil, .off: [.none]
        case .on: [.verified, .none, .authorityOnly]
        case .required, .passThrough: [.verified, .authorityOnly]
        }
    }

    /// Whether clients must show a certificate of their own.
    var wantsCertificate: Bool { listener?.tls?.settings.clientCertificates.mode == .required }

    /// The connection attribute that the listener looks at.
    var attribute: String? { listener?.greeting?.attribute }

    /// Whether clients with these claims are led to the warehouse.
    func admits(_ claims: ClientClaims) -> Bool {
        guard let listener else { return true }
        let endpoint = listener.through(endpoint)
        let destination = listener.destination(of: claims, through: endpoint, in: domain)
        return destination.warehouse == warehouse
    }

    /// Whether the certificate that is shown to clients that send `serverName` is for `host`. What a
    /// backend shows is not known.
    func covers(_ host: String, sending serverName: String?) -> Bool {
        guard listener?.tlsUse != .passThrough else { return true }
        var status = TLSStatus()
        status.certificates = certificates
        let now = UnixTime(seconds: 0)
        guard
            let shown = CertificateList(status, for: serverName ?? "", at: now).certificates.first
        else { return false }
        status.certificates = [shown.certificate]
        let choice = CertificateList(status, for: host, at: now).certificates.first?.choice
        return choice == .exact || choice == .wildcard
    }

    /// What the warehouse's routes match, by kind.
    var hosts: [String] {
        matches.compactMap { match in
            switch match {
            case .serverName(let name), .host(let name): name
            case .default, .endpoint, .userSuffix, .attribute, .database: nil
            }
        }
    }

    /// How a client may name the warehouse, in the order in which they are tried.
    var namings: [Naming] {
        let namings = matches.compactMap { match -> Naming? in
            switch match {
            case .userSuffix(let suffix): .suffix(suffix)
            case .serverName(let name): .serverName(name)
            case .database(let name): .database(name)
            case .attribute(let value): .attribute(value)
            case .default, .endpoint, .host: nil
            }
        }
        return [.byHost] + namings.sorted { $0.rank < $1.rank }
    }

    private var matches: [RouteMatch] {
        listener?.routes.filter { $0.service.id.warehouse == warehouse }.map(\.match) ?? []
    }
}

/// How a client names its warehouse.
enum Naming: Hashable, Sendable {
    /// By what it sends of itself: the host that it connects to, if anything.
    case byHost
    case suffix(String)
    /// By a name for TLS that is given apart from the host.
    case serverName(String)
    case database(String)
    case attribute(String)

    var rank: Int {
        switch self {
        case .byHost: 0
        case .suffix: 1
        case .serverName: 2
        case .database: 3
        case .attribute: 4
        }
    }
}

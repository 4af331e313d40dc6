import Policy

/// A client program, as far as it matters for how it is routed.
struct ExampleClient: Sendable {
    /// When it sends the host that it connects to as the name for TLS.
    enum HostSending: Sendable { case never, names, namesWithDot }

    /// Names the client to programs.
    let id: String
    let title: String
    let service: ServiceProtocol
    /// docs/mysql-routing.md, "What clients send".
    var sendsHost = HostSending.never
    /// Whether it can send another name than the host.
    var canNameServer = false
    /// Whether it can send connection attributes of the user's choice.
    var canSetAttribute = false
    /// Whether it can check a certificate without the name in it.
    var canIgnoreName = true
    /// Whether it can connect to one host and ask for another.
    var canConnectElsewhere = false
    var hasTLS = true

    /// What it sends as the name for TLS by itself.
    func serverName(connectingTo host: String) -> String? {
        guard !host.isAddress else { return nil }
        switch sendsHost {
        case .never: return nil
        case .names: return host
        case .namesWithDot: return host.contains(".") ? host : nil
        }
    }

    /// How it enters through a door, the best way first; `nil` if there is none.
    ///
    /// - Parameter isFixed: whether only this host can be reached.
    func entrance(
        by door: ExampleDoor,
        for login: ConnectionExamples,
        isFixed: Bool = false
    ) -> Entrance? {
        for security in door.securities where fits(security) {
            for host in hosts(of: door, for: login, isFixed: isFixed) {
                for naming in door.namings where can(naming, login, security) {
                    let entrance = Entrance(self, door, login, security, naming, host: host)
                    if entrance.works(at: door) { return entrance }
                }
            }
        }
        return nil
    }

    private func fits(_ security: ExampleDoor.Security) -> Bool {
        switch security {
        case .none: true
        case .verified: hasTLS
        case .authorityOnly: hasTLS && canIgnoreName
        }
    }

    /// The host of the examples first, then those of the warehouse's routes.
    private func hosts(of door: ExampleDoor, for login: ConnectionExamples, isFixed: Bool)
        -> [String]
    {
        let others = door.hosts.filter { $0 != login.host }
        let isAble = isFixed ? canConnectElsewhere : sendsHost != .never
        return [login.host] + (isAble ? others : [])
    }

    private func can(
        _ naming: Naming,
        _ login: ConnectionExamples,
        _ security: ExampleDoor.Security
    ) -> Bool {
        switch naming {
        case .byHost: true
        case .suffix: service == .mysql
        case .serverName: canNameServer && security != .none
        case .database: service == .mysql && login.database == nil
        case .attribute: canSetAttribute
        }
    }

    /// Why it cannot enter through a door that leaves it no way.
    func obstacle(at door: ExampleDoor, for login: ConnectionExamples) -> String {
        let host = login.host
        guard hasTLS || door.securities.contains(.none) else {
            return "\(door.name) requires TLS, and gRPC clients require ALPN h2 with it, which the"
                + " gateway does not negotiate"
        }
        var unchecked = self
        unchecked.canIgnoreName = true
        if unchecked.entrance(by: door, for: login) != nil {
            return "no certificate of \(door.name) is valid for \(host)"
        }
        let isNamed = serverName(connectingTo: host) != nil
        let route = service == .mysql && !isNamed ? "userSuffix: …" : "serverName: \(host)"
        let words =
            switch service {
            case .mysql where sendsHost == .never: "this client sends no name"
            case .mysql where host.isAddress: "\(host) is not a name"
            case .mysql, .http, .tcp: "\(host) does not lead to this warehouse"
            }
        return "\(words), and \(door.name) has no other route for it (add { \(route) })"
    }
}

extension String {
    /// Whether a host is an address, of which no client sends a name.
    var isAddress: Bool {
        contains(":") || utf8.allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }
}

/// How one client enters through one door: everything that an example has to contain.
struct Entrance: Hashable, Sendable {
    struct TLS: Hashable, Sendable {
        /// Whether the host's name must be in the certificate.
        var verifiesName: Bool
        /// A file of certificates; `nil` for those that the system trusts.
        var authority: String?
        /// Whether the client shows a certificate of its own.
        var showsCertificate: Bool
        /// The name that is sent in place of the host.
        var serverName: String?
        /// Whether the route depends on the name that the client sends.
        var needsName: Bool
    }

    /// In URLs.
    var host: String
    var port: UInt16
    var user: String
    var database: String?
    var tls: TLS?
    /// The connection attribute that selects the route: name and value.
    var attribute: Pair?
    /// Where the client connects, if not to ``host``.
    var connectsTo: String?

    struct Pair: Hashable, Sendable {
        var name: String
        var value: String
    }

    private let client: String
    private let claims: ClientClaims
    private let sentName: String?

    fileprivate init(
        _ client: ExampleClient,
        _ door: ExampleDoor,
        _ login: ConnectionExamples,
        _ security: ExampleDoor.Security,
        _ naming: Naming,
        host: String
    ) {
        (self.host, port, user, database) = (host, door.port, login.user, login.database)
        self.client = client.id
        connectsTo = client.canConnectElsewhere && host != login.host ? login.host : nil
        var given: String?
        switch naming {
        case .byHost: break
        case .suffix(let suffix): user += "@\(suffix)"
        case .serverName(let name): given = name
        case .database(let name): database = name
        case .attribute(let value):
            attribute = door.attribute.map { Pair(name: $0, value: value) }
        }
        let sent =
            security == .none ? nil : given ?? client.serverName(connectingTo: host)
        sentName = sent
        claims = ClientClaims(
            serverName: sent,
            host: client.service == .http ? host : nil,
            user: user,
            database: database,
            attribute: attribute?.value
        )
        guard security != .none else { return }
        var unnamed = claims
        unnamed.serverName = nil
        tls = TLS(
            verifiesName: security == .verified,
            authority: door.authority,
            showsCertificate: door.wantsCertificate,
            serverName: given,
            needsName: !door.admits(unnamed)
        )
    }

    /// Whether it leads to the warehouse, and the certificate is accepted.
    fileprivate func works(at door: ExampleDoor) -> Bool {
        if tls?.verifiesName == true, !door.covers(checkedName, sending: sentName) { return false }
        return door.admits(claims)
    }

    /// The name that the certificate must have. Go checks the name that it sends.
    private var checkedName: String {
        client == "go" ? tls?.serverName ?? host : host
    }
}

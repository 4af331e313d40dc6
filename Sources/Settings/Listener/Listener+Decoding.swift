import Addresses
import Policy
public import Text
import Traffic

extension Listener {
    /// Reads a listener inside a warehouse: all its clients go to a service of its own.
    ///
    /// - Parameter inherited: the gateway's timeouts, which the listener may override.
    static func decode(_ place: Place, of warehouse: String, timeouts inherited: Timeouts)
        -> Listener?
    {
        place.mapping { fields in
            let service: ServiceProtocol? = fields.required("protocol")
            let listen = fields.requiredPlace("listen")
            let address = listen?.listenAddress()
            let givenLink = fields.value("link", default: LinkKind.public)
            let link = fields.isProbablyLost("link") ? nil : givenLink
            let interface: InterfaceName? = fields.optional("interface")
            let endpoint = fields.embeddedEndpoint(
                link: link,
                address: address,
                interface: interface
            )
            let sources = fields.sources(link: link)
            let timeouts = TimeoutChanges(fields.place("timeouts"), with: [.header, .session])
                .applied(to: inherited)
            let isIdentified = fields.isGiven("endpoint")
            let settings = DoorSettings(
                &fields,
                identifies: link == .private && !isIdentified,
                mayBeEndpoint: true,
                link: link,
                protocol: service,
                timeouts: timeouts
            )
            let own = Service.read(
                &fields,
                id: Service.ID(
                    warehouse: warehouse,
                    protocol: service ?? .tcp,
                    listener: address
                ),
                protocol: service,
                listen: listen
            )
            settings.accept.checkClientHeaders(before: own, at: fields.place)
            guard let service, let address, let link else { return nil }
            var listener = Listener(
                protocol: service,
                address: address,
                interface: interface?.text,
                link: link,
                endpoint: endpoint,
                sources: sources,
                acceptProxyProtocol: settings.accept,
                reject: settings.reject,
                timeouts: settings.timeouts,
                routes: [Route(.default, to: own, timeouts: settings.timeouts)]
            )
            settings.apply(to: &listener)
            return listener
        }
    }
}

/// Settings of every listener for its clients' first bytes and for denials.
struct DoorSettings {
    let accept: AcceptProxyProtocol
    let tls: ClientTLS
    private let tlsPlace: Place?
    let greeting: MySQLGreetingSettings?
    private let http: HTTPTerms?
    private let httpPlace: Place?
    let reject: Reject
    let timeouts: Timeouts

    /// - Parameters:
    ///   - identifies: whether only a header can identify the endpoint a client connects through.
    ///   - mayBeEndpoint: whether the listener could be an endpoint itself instead.
    ///   - link: `nil` if it is unknown.
    ///   - service: `nil` if it is unknown; then nothing is concluded from it.
    init(
        _ fields: inout Fields,
        identifies: Bool,
        mayBeEndpoint: Bool,
        link: LinkKind?,
        protocol service: ServiceProtocol?,
        timeouts: Timeouts
    ) {
        accept = AcceptProxyProtocol.decode(
            &fields,
            identifies: identifies,
            mayBeEndpoint: mayBeEndpoint,
            timeout: timeouts.header
        )
        tlsPlace = fields.place("tls")
        tls = ClientTLS.decode(tlsPlace, protocol: service)
        greeting = MySQLGreetingSettings.decode(fields.mySQLPlace("greeting", for: service))
        httpPlace = fields.place("http")
        http = HTTPTerms.decode(httpPlace, for: service, link: link, tls: tls)
        reject = Reject.decode(fields.place("reject"), for: service)
        var timeouts = timeouts
        timeouts.header = accept.timeout
        self.timeouts = timeouts
    }
}

extension DoorSettings {
    /// Sets what a listener has beyond its own keys.
    func apply(to listener: inout Listener) {
        if let tlsPlace {
            tlsPlace.decoding.tlsPlaces.add(listener: listener.address, at: tlsPlace.location)
        }
        switch tls {
        case .off: break
        case .ended(let tls): listener.tls = tls
        case .passedThrough: listener.passesTLSThrough = true
        }
        if let http, let httpPlace {
            listener.http = http
            httpPlace.decoding.httpPlaces[listener.address] = httpPlace.location
        }
        guard listener.protocol == .mysql else { return }
        let greets = listener.tls != nil || listener.routes.contains { $0.match.isOfLogin }
        listener.greeting = greeting ?? (greets ? MySQLGreetingSettings() : nil)
    }
}

extension RouteMatch {
    /// Whether only a client's login shows it: the gateway has to greet.
    fileprivate var isOfLogin: Bool {
        switch self {
        case .userSuffix, .attribute, .database: true
        case .default, .endpoint, .serverName, .host: false
        }
    }
}

extension AcceptProxyProtocol {
    /// - Parameter place: of the listener or the route that leads to `service`.
    func checkClientHeaders(before service: Service, at place: Place) {
        guard clientHeaders == .pass, service.sendProxyProtocol != .off else { return }
        place.error(
            "the backend would trust a client's own header after the gateway's",
            remedy: "set proxyProtocol.clientHeaders: refuse, or sendProxyProtocol: off"
        )
    }
}

extension LinkKind: ConfigurationWord {}

extension Fields {
    /// The place of a key that only MySQL listeners have.
    fileprivate mutating func mySQLPlace(_ key: String, for service: ServiceProtocol?) -> Place? {
        guard let place = place(key) else { return nil }
        guard let service, service != .mysql else { return place }
        place.error("only MySQL listeners have a \(key)", remedy: "remove the key")
        return nil
    }

    /// The embedded endpoint that a listener of a private link is.
    fileprivate mutating func embeddedEndpoint(
        link: LinkKind?,
        address: SocketAddress?,
        interface: InterfaceName?
    ) -> String? {
        guard let place = place("endpoint") else { return nil }
        if let link, link != .private {
            conclude(
                .error,
                at: place,
                fromAbsenceOf: ["link"],
                "only private links have an endpoint",
                remedy: "set link: private"
            )
        }
        if interface == nil, let address, !address.ip.isUnspecified, !address.ip.isLoopback {
            place.warning(
                "any client that reaches \(address), over any network, counts as from this endpoint",
                remedy: "set interface to the network interface in the consumer's network"
            )
        }
        if let address, address.ip.isUnspecified {
            place.warning(
                "\(address) listens on every network: any client counts as from this endpoint",
                remedy: "listen on the gateway's address in the consumer's network"
            )
        }
        let id: EmbeddedEndpointID? = place.scalar()
        return id?.text
    }

    /// The warehouse's own network, whose clients an outbound link serves.
    fileprivate mutating func sources(link: LinkKind?) -> [CIDRBlock]? {
        guard let place = place("sources") else { return nil }
        if let link, link != .outbound {
            conclude(
                .error,
                at: place,
                fromAbsenceOf: ["link"],
                "only outbound links have sources",
                remedy: link == .public ? "put them under whitelist" : "remove the key"
            )
        }
        return place.outboundSources()
    }
}

extension Place {
    /// Who may use an outbound link.
    func outboundSources() -> [CIDRBlock] {
        if isEmptySequence { warning("no sources: the link admits no clients") }
        let blocks = blocks()
        for openness in AddressOpenness.all(of: blocks) {
            warning(
                "\(openness.subject) may use this outbound link",
                remedy: "list only the warehouse's own network"
            )
        }
        return blocks
    }

    /// An address to listen on, which no other part of the configuration may have.
    func listenAddress() -> SocketAddress? {
        guard let address: SocketAddress = scalar() else { return nil }
        guard address.port != 0 else {
            warning("port 0 selects a random port that clients do not know")
            return address
        }
        if let owner = decoding.listenAddresses.claim(address, for: self) {
            error("\(address) is already used by \(owner.reference)", remedy: "choose another port")
        }
        return address
    }
}

extension Reject {
    /// Reads a listener's key `reject`; by default a denied client gets an error in its protocol,
    /// in the form that most client programs show in full.
    static func decode(_ place: Place?, for service: ServiceProtocol?) -> Reject {
        let known = service?.known.rejects ?? [.error]
        guard let place, let reject: Reject = place.scalar() else { return known[0] }
        guard let service, !known.contains(reject) else { return reject }
        switch reject {
        case .error, .drop:
            place.warning(
                "\(service.rawValue) has no error message; denied clients are dropped"
            )
            return .drop
        case .errorAfterGreeting:
            let able = ServiceProtocol.allCases.filter { $0.known.rejects.contains(reject) }
            place.error(
                "errorAfterGreeting is only available for protocol \(able.map(\.rawValue).joined(separator: " and "))",
                remedy: "set reject: drop"
            )
            return known[0]
        }
    }
}

extension Reject: ConfigurationWord {}

/// Every address that the gateway will listen on, and the part of the configuration that has it.
struct ListenClaims {
    /// The first user of each address.
    private(set) var byAddress: [SocketAddress: ValueLocation] = [:]
    /// The first user of any address of a family, for each port.
    private var first: [UInt16: [IPFamily: ValueLocation]] = [:]

    /// Claims `address` for `place`; returns the previous owner of it or of an address that
    /// includes it, if there is one.
    ///
    /// 0.0.0.0 stands for every IPv4 address of the machine, and :: for every IPv6 one. :: also
    /// accepts IPv4 clients, but only if no IPv4 listener has the port.
    mutating func claim(_ address: SocketAddress, for place: Place) -> ValueLocation? {
        let family = address.ip.family
        let everyAddress = SocketAddress(IPAddress(family, bits: 0), port: address.port)
        let neighbour = first[address.port]?[family]
        let owner =
            byAddress[address] ?? byAddress[everyAddress]
            ?? (address.ip.isUnspecified ? neighbour : nil)
        if byAddress[address] == nil { byAddress[address] = place.location }
        if neighbour == nil { first[address.port, default: [:]][family] = place.location }
        return owner
    }
}

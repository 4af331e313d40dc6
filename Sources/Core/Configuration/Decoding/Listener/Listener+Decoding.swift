import Addresses

extension Listener {
    /// - Parameter inherited: the gateway's timeouts, of which the listener may set its own.
    static func decode(_ place: Place, timeouts inherited: Timeouts) -> Listener? {
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
            var timeouts = inherited
            timeouts.readForListener(fields.place("timeouts"))
            let accept = AcceptProxyProtocol.decode(
                &fields,
                identifies: link == .private && !fields.isGiven("endpoint"),
                timeout: timeouts.header
            )
            timeouts.header = accept.timeout
            let reject = Reject.decode(fields.place("reject"), for: service)
            let backends = BackendAddress.decodeList(&fields, listen: listen)
            let healthCheck = HealthCheck.decode(fields.place("healthCheck"), for: service)
            let sendProxyProtocol = SendProxyProtocol.decode(fields.place("sendProxyProtocol"))
            if accept.clientHeaders == .pass, sendProxyProtocol != .off {
                fields.place.fault(
                    "the backend would believe a client's header after the gateway's own",
                    remedy: "proxyProtocol.clientHeaders: refuse, or sendProxyProtocol: off"
                )
            }
            if service == .http, sendProxyProtocol != .off, healthCheck.kind == .tcp {
                fields.conclude(
                    .warning,
                    at: fields.place,
                    fromAbsenceOf: ["healthCheck"],
                    "a backend that refuses our PROXY header would count as healthy",
                    remedy: "healthCheck: http"
                )
            }
            let sourceAddresses = fields.sourceAddresses(to: backends)
            guard let service, let address, let link else { return nil }
            return Listener(
                protocol: service,
                address: address,
                interface: interface?.text,
                link: link,
                endpoint: endpoint,
                sources: sources,
                acceptProxyProtocol: accept,
                reject: reject,
                backends: backends,
                healthCheck: healthCheck,
                sendProxyProtocol: sendProxyProtocol,
                sourceAddresses: sourceAddresses,
                timeouts: timeouts
            )
        }
    }
}

extension Listener.ServiceProtocol: ConfigurationWord {
    static var synonyms: [String: Self] {
        ["mariadb": .mysql, "doris": .mysql, "starrocks": .mysql, "https": .tcp, "tls": .tcp]
    }
}
extension LinkKind: ConfigurationWord {}

extension Fields {
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
                "only a private link comes through an endpoint",
                remedy: "link: private"
            )
        }
        if interface == nil, let address, !address.ip.isUnspecified, !address.ip.isLoopback {
            place.warning(
                "whoever reaches \(address), over whichever network, comes through this endpoint",
                remedy: "interface: the network interface in the consumer's network"
            )
        }
        if let address, address.ip.isUnspecified {
            place.warning(
                "\(address) is in every network: whoever reaches it comes through this endpoint",
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
                "only an outbound link has sources of its own",
                remedy: link == .public ? "write them under whitelist" : "remove the key"
            )
        }
        if place.isEmptySequence { place.warning("no source: the link serves nobody") }
        let blocks = place.blocks()
        for openness in AddressOpenness.all(of: blocks) {
            place.warning(
                "\(openness.subject) may use this outbound link",
                remedy: "name the warehouse's own network only"
            )
        }
        return blocks
    }
}

extension Place {
    /// An address to listen on, which no other part of the configuration may have.
    func listenAddress() -> SocketAddress? {
        guard let address: SocketAddress = scalar() else { return nil }
        guard address.port != 0 else {
            warning("port 0 lets the system choose a port that no client knows")
            return address
        }
        if let owner = decoding.listenAddresses.claim(address, for: self) {
            fault("\(address) is taken by \(owner.reference)", remedy: "choose another port")
        }
        return address
    }
}

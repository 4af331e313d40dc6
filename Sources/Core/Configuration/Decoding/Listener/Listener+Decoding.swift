import Addresses

extension Listener {
    /// - Parameter inherited: the gateway's timeouts, of which the listener may set its own.
    static func decode(_ place: Place, timeouts inherited: Timeouts) -> Listener? {
        place.mapping { fields in
            let service: ServiceProtocol? = fields.required("protocol")
            let address = fields.requiredPlace("listen")?.listenAddress()
            let link = fields.value("link", default: LinkKind.public)
            var timeouts = inherited
            timeouts.readForListener(fields.place("timeouts"))
            let accept = AcceptProxyProtocol.decode(&fields, link: link, timeout: timeouts.header)
            timeouts.header = accept.timeout
            let reject = Reject.decode(fields.place("reject"), for: service)
            let backends = BackendAddress.decodeList(&fields, listen: address)
            let healthCheck = HealthCheck.decode(fields.place("healthCheck"), for: service)
            let sendProxyProtocol = SendProxyProtocol.decode(fields.place("sendProxyProtocol"))
            guard let service, let address, let link else { return nil }
            return Listener(
                protocol: service,
                address: address,
                link: link,
                acceptProxyProtocol: accept,
                reject: reject,
                backends: backends,
                healthCheck: healthCheck,
                sendProxyProtocol: sendProxyProtocol,
                timeouts: timeouts
            )
        }
    }
}

extension Listener.ServiceProtocol: ConfigurationWord {}
extension LinkKind: ConfigurationWord {}

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

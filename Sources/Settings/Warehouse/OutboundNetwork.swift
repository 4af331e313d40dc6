package import Addresses
import Policy
import Text
package import Traffic

/// Where a warehouse's outbound endpoints listen: a part of its own network, whose machines alone
/// may use them.
package struct OutboundNetwork: Hashable, Sendable {
    /// More endpoints than a warehouse has.
    package static let portLimit = 1_000

    /// The gateway's address there.
    package var listen: IPAddress
    /// Each endpoint has one of them.
    package var ports: ClosedRange<UInt16>
    /// The clients that are admitted: the warehouse's own machines.
    package var sources: [CIDRBlock]

    package init(listen: IPAddress, ports: ClosedRange<UInt16>, sources: [CIDRBlock]) {
        self.listen = listen
        self.ports = ports
        self.sources = sources
    }

    package func address(port: UInt16) -> SocketAddress { SocketAddress(listen, port: port) }

    /// The listener of an endpoint.
    ///
    /// - Parameters:
    ///   - port: one of ``ports``.
    ///   - backend: the address that the cloud gave to the endpoint.
    package func listener(of warehouse: String, port: UInt16, to backend: BackendAddress)
        -> Listener
    {
        var listener = Listener(
            of: warehouse,
            protocol: .tcp,
            address: address(port: port),
            link: .outbound,
            sources: sources,
            reject: .drop,
            backends: [backend],
            healthCheck: HealthCheck(kind: .tcp)
        )
        listener.routes[0].service.isForeign = true
        return listener
    }
}

extension OutboundNetwork {
    /// Reads a warehouse's key `outbound`.
    static func decode(_ place: Place?) -> OutboundNetwork? {
        place?.mapping { fields in
            let listenPlace = fields.requiredPlace("listen")
            let listen: OutboundAddress? = listenPlace?.scalar()
            let portsPlace = fields.requiredPlace("ports")
            let ports: PortRange? = portsPlace?.scalar()
            let sourcesPlace = fields.requiredPlace("sources")
            let sources = sourcesPlace?.outboundSources()
            if let listen, let ports {
                portsPlace?.claim(ports.range, of: listen.ip)
            }
            guard let listen, let ports, let sources else { return nil }
            return OutboundNetwork(listen: listen.ip, ports: ports.range, sources: sources)
        }
    }
}

extension Place {
    /// Claims the address of each port, which no listener may have then.
    fileprivate func claim(_ ports: ClosedRange<UInt16>, of ip: IPAddress) {
        for port in ports {
            let address = SocketAddress(ip, port: port)
            guard let owner = decoding.listenAddresses.claim(address, for: self) else { continue }
            error("\(address) is already used by \(owner.reference)", remedy: "choose other ports")
            return
        }
    }
}

/// The gateway's address in the warehouse's network.
private struct OutboundAddress: ConfigurationScalar {
    static let expectation = "an address of this machine, without a port"

    let ip: IPAddress

    init(configurationText text: String) throws(ScalarError) {
        // `try?`: the expectation is more helpful than where parsing stopped.
        guard let ip = try? IPAddress(parsing: text) else {
            throw ScalarError(expected: Self.self, found: text)
        }
        self.ip = ip.unmapped
    }
}

/// `15000-15099`, or a single port.
private struct PortRange: ConfigurationScalar {
    static let expectation = "ports such as 15000-15099"

    let range: ClosedRange<UInt16>

    init(configurationText text: String) throws(ScalarError) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let last = parts.last,
            let lower = Self.port(first), let upper = Self.port(last), lower <= upper
        else { throw ScalarError(expected: Self.self, found: text) }
        guard upper - lower < OutboundNetwork.portLimit else {
            throw ScalarError("at most \(OutboundNetwork.portLimit) ports are allowed")
        }
        range = lower...upper
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard text.allSatisfy(\.isDigit), let port = UInt16(text), port > 0 else { return nil }
        return port
    }
}

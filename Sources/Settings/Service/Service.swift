package import Addresses
package import Policy
public import Text
package import Traffic

/// What a route leads to: the backends of one warehouse that speak one protocol, and how they are
/// reached.
package struct Service: Hashable, Sendable {
    /// What makes a service the same one under another configuration.
    package struct ID: Hashable, Sendable {
        /// The warehouse's id.
        package var warehouse: String
        package var `protocol`: ServiceProtocol
        /// The listener inside which it is written, and which alone leads to it; `nil` for one of the
        /// warehouse's `services`.
        package var listener: SocketAddress?

        package init(
            warehouse: String,
            protocol: ServiceProtocol,
            listener: SocketAddress? = nil
        ) {
            self.warehouse = warehouse
            self.protocol = `protocol`
            self.listener = listener
        }
    }

    package var id: ID
    /// At least one, and never the gateway itself.
    package var backends: [ConfiguredBackend]
    /// The same for each backend.
    package var healthCheck: HealthCheck
    /// The same for each backend.
    package var sendProxyProtocol: SendProxyProtocol
    /// `nil` for plain connections.
    package var tls: BackendTLSSettings?
    /// The gateway's own addresses to connect from, in turn: each has its own local ports. Empty if
    /// the system chooses.
    package var sourceAddresses: [IPAddress]
    /// At the same time, over all listeners that lead to it; 0 for no limit.
    package var connectionLimit: Int
    /// Whether its backends are in somebody else's network, and were named while the gateway runs:
    /// then none of them may be on the gateway's machine or be a warehouse's.
    package var isForeign = false
    /// Where redirects of its backends may lead.
    package var redirects = RedirectSettings()

    /// A service that speaks to its backends plainly, unless said otherwise.
    package init(
        _ id: ID,
        backends: [ConfiguredBackend],
        healthCheck: HealthCheck = HealthCheck(kind: .tcp),
        sendProxyProtocol: SendProxyProtocol = .off,
        sourceAddresses: [IPAddress] = [],
        connectionLimit: Int = 0
    ) {
        self.id = id
        self.backends = backends
        self.healthCheck = healthCheck
        self.sendProxyProtocol = sendProxyProtocol
        self.sourceAddresses = sourceAddresses
        self.connectionLimit = connectionLimit
    }
}

extension Service.ID: CustomStringConvertible {
    /// As log lines name it: `mysql of AWVA7CM7`, or the listener's address.
    package var description: String {
        listener?.description ?? "\(`protocol`.rawValue) of \(warehouse)"
    }
}

extension Service {
    /// How servers are reached by TLS: its backends, and those that redirects lead to.
    package var clientTLS: [BackendTLSSettings] {
        [tls, redirects.tls == tls ? nil : redirects.tls].compactMap(\.self)
    }

    /// Reads a service's keys, which are in a mapping of their own or inside the only listener that
    /// leads to it.
    ///
    /// - Parameters:
    ///   - service: the protocol; `nil` if it is unknown; then nothing is concluded from it.
    ///   - listen: the place of the listener's own address, if there is only one listener.
    static func read(
        _ fields: inout Fields,
        id: ID,
        protocol service: ServiceProtocol?,
        listen: Place? = nil
    ) -> Service {
        let backends = ConfiguredBackend.decodeList(&fields, listen: listen)
        let healthCheck = HealthCheck.decode(fields.place("healthCheck"), for: service)
        let sendProxyProtocol = SendProxyProtocol.decode(fields.place("sendProxyProtocol"))
        if let service, service.known.healthQuestion != nil, healthCheck.kind == .tcp,
            !service.known.countsBareConnects, sendProxyProtocol != .off
        {
            fields.conclude(
                .warning,
                at: fields.place,
                fromAbsenceOf: ["healthCheck"],
                "a backend that rejects the PROXY header would count as healthy",
                remedy: "set healthCheck: \(service.rawValue)"
            )
        }
        let sourceAddresses = fields.sourceAddresses(to: backends)
        var own = Service(
            id,
            backends: backends,
            healthCheck: healthCheck,
            sendProxyProtocol: sendProxyProtocol,
            sourceAddresses: sourceAddresses,
            connectionLimit: fields.connectionLimit()
        )
        own.tls = BackendTLSSettings.decode(fields.place("backendTLS"))
        let redirects = fields.place("redirects")
        own.redirects = RedirectSettings.decode(
            redirects,
            for: service,
            listen: listen,
            inheriting: own.tls
        )
        redirects?.decoding.redirectPlaces[id] = redirects?.location
        return own
    }
}

/// One of a warehouse's `services`, for the routes of any listener.
struct SharedService {
    let place: Place
    let service: Service
    /// Those that it sets itself.
    let timeouts: TimeoutChanges
}

extension SharedService {
    /// Reads a warehouse's key `services`.
    static func decodeAll(_ place: Place?, of warehouse: String) -> [SharedService] {
        place?.mapping(remedy: place?.node.asServices) { fields in
            ServiceProtocol.allCases.compactMap { service in
                fields.place(service.rawValue).flatMap { decode($0, service, of: warehouse) }
            }
        } ?? []
    }

    private static func decode(
        _ place: Place,
        _ service: ServiceProtocol,
        of warehouse: String
    ) -> SharedService? {
        place.mapping(insteadOfList: "backends") { fields in
            let timeouts = TimeoutChanges(fields.place("timeouts"), with: [.session])
            let id = ID(warehouse: warehouse, protocol: service)
            return SharedService(
                place: place,
                service: Service.read(&fields, id: id, protocol: service),
                timeouts: timeouts
            )
        }
    }

    private typealias ID = Service.ID
}

extension ConfigurationNode {
    /// `services: [ … ]` and `services: db:3306`: what to write instead.
    fileprivate var asServices: String {
        let services = ServiceProtocol.allCases.map(\.rawValue).joined(separator: ", ")
        return "write { PROTOCOL: { backends: [ host:port ] } }, with PROTOCOL one of \(services)"
    }
}

extension ServiceProtocol: ConfigurationWord {
    package static var synonyms: [String: Self] {
        allCases.reduce(into: [:]) { synonyms, service in
            for synonym in service.known.synonyms { synonyms[synonym] = service }
        }
    }
}

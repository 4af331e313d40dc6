import Addresses
import Control
import Settings
import Sockets

/// Where a command looks for its gateway: what its options, the environment and the contexts name.
struct GatewayPlace {
    /// What the options name; at most one of them.
    enum Choice {
        case management(ManagementAddress)
        case socket(String)
        case configuration(file: String)
        case context(String)
    }

    /// The variables of the environment that count.
    enum Variable {
        static let key = "SLUICE_API_KEY"
        static let management = "SLUICE_MANAGEMENT"
        static let context = "SLUICE_CONTEXT"
        static let authorities = "SLUICE_CA"
    }

    var environment: [String: String]
    /// A file of authorities that an option names.
    var authorities: String?
    var user = ProcessUser.current
    /// Whether a local socket at a path may be used.
    var isUsable: (_ path: String, _ user: UInt32) -> Bool = ManagementSocket.isTrusted
    /// Loaded only if they are needed.
    var contexts: () throws(CommandFailure) -> GatewayContexts
    /// Reads a configuration file.
    var topology: (_ file: String) throws(CommandFailure) -> Topology = Self.topology

    /// Without a choice: `SLUICE_MANAGEMENT`, `SLUICE_CONTEXT`, the current context, the standard
    /// address.
    func target(_ choice: Choice?) throws(CommandFailure) -> ManagementTarget {
        let named = if let choice { choice } else { try environmentChoice() }
        switch named {
        case .management(let address): return try target(address)
        case .socket(let path): return ManagementTarget(socket: path)
        case .configuration(let file): return try target(of: try topology(file))
        case .context(let name): return try target(context: try contexts().context(name))
        case nil:
            guard let current = try contexts().currentContext else {
                return try target(.standard)
            }
            return try target(context: current)
        }
    }

    /// Whether neither the environment nor the contexts name a gateway.
    var isUnnamed: Bool {
        // `try?`: what cannot be read is reported when it is used.
        (try? environmentChoice()) == nil && (try? contexts().currentContext) == nil
    }

    private var key: String? { value(Variable.key) }

    /// An address without a context's name. Whoever has signed in there need not name the context:
    /// its login and what it trusts count all the same.
    private func target(_ address: ManagementAddress) throws(CommandFailure) -> ManagementTarget {
        let context = try contexts().context(at: address)
        return target(address, key: key ?? context?.login?.token, trust: try context?.trust())
    }

    /// An empty variable counts as one that is not set.
    private func value(_ variable: String) -> String? {
        environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    private func environmentChoice() throws(CommandFailure) -> Choice? {
        if let text = value(Variable.management) {
            do throws(ManagementAddressError) {
                return .management(try ManagementAddress(parsing: text))
            } catch {
                throw CommandFailure("\(Variable.management): \(error)", code: GatewayExit.usage)
            }
        }
        return value(Variable.context).map(Choice.context)
    }

    /// With a key, the address itself: who gives a key means to use it. Otherwise a gateway on this
    /// machine is reached through its socket, if that can be trusted.
    private func target(
        _ address: ManagementAddress,
        key: String?,
        trust: ManagementTrust? = nil
    ) -> ManagementTarget {
        guard key == nil, let literal = address.literal, let socket = socket(of: literal) else {
            return ManagementTarget(address, key: key).trusting(by: self.trust(orElse: trust))
        }
        return ManagementTarget(socket: socket, orElse: address)
            .trusting(by: self.trust(orElse: trust))
    }

    /// - Parameter trust: that of a context or a configuration.
    private func trust(orElse trust: ManagementTrust?) -> ManagementTrust {
        if let authorities { return .authorities(file: authorities) }
        return trust ?? value(Variable.authorities).map { .authorities(file: $0) } ?? .system
    }

    /// The standard socket of the gateway that listens on an address; `nil` unless there is one
    /// that can be trusted, which only a gateway on this machine has.
    private func socket(of address: SocketAddress) -> String? {
        let path = ManagementSocket.standardPath(
            for: address,
            user: user,
            environment: environment
        )
        return isUsable(path, user) ? path : nil
    }

    private func target(context: GatewayContext) throws(CommandFailure) -> ManagementTarget {
        if let socket = context.socket { return ManagementTarget(socket: socket) }
        return target(
            try context.address(),
            key: try context.readKey() ?? key,
            trust: try context.trust()
        )
    }

    /// The gateway that a configuration describes: through its socket, even with a key.
    func target(of topology: Topology) throws(CommandFailure) -> ManagementTarget {
        let management = topology.management
        let address = management.address.map {
            ManagementAddress(listening: $0, usesTLS: management.tls.isOn)
        }
        // Its own certificate, whatever its name: the file says which one it is.
        let trust = trust(
            orElse: management.certificateFiles.flatMap { .pinned(file: $0.certificate) }
        )
        let socket = topology.localSocketPath ?? management.address.flatMap(socket)
        switch (socket, address) {
        case (let socket?, let address?):
            return ManagementTarget(socket: socket, orElse: address, key: key)
                .trusting(by: trust)
        case (let socket?, nil): return ManagementTarget(socket: socket)
        case (nil, let address?):
            return ManagementTarget(address, key: key).trusting(by: trust)
        case (nil, nil):
            throw CommandFailure(
                "the configuration has no management.listen (use --management HOST:PORT)"
            )
        }
    }

    private static func topology(_ file: String) throws(CommandFailure) -> Topology {
        let loader = ConfigurationLoader(readsTLSFiles: false)
        let loaded = loader.load(contentsOf: file)
        if let topology = loaded.topology ?? loaded.configuration?.topology { return topology }
        let fault = loaded.faults.first?.line(in: file) ?? "\(file) is invalid"
        guard let topology = loader.loadManagement(contentsOf: file) else {
            throw CommandFailure(fault, code: GatewayExit.configuration)
        }
        // Whoever has just broken the file wants to see how the gateway is.
        StandardError.print("sluice: \(fault)")
        return topology
    }
}

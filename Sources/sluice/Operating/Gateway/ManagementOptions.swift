import ArgumentParser
import Control
import FoundationEssentials
import Settings

/// How a command finds a running gateway.
struct GatewayOptions: ParsableArguments {
    @Option(
        help: "The gateway's management address. (default: \(ManagementAddress.standard.text))",
        completion: .list([ManagementAddress.standard.text]),
        transform: Self.address
    )
    var management: ManagementAddress?

    @Option(
        help: ArgumentHelp("The gateway's local socket.", valueName: "path"),
        completion: .file(extensions: ["sock"])
    )
    var socket: String?

    @Option(
        help: ArgumentHelp("A gateway by name; see sluice context.", valueName: "name"),
        completion: .contexts
    )
    var context: String?

    @Option(
        help: ArgumentHelp(
            "Authorities that may have issued the gateway's certificate, in PEM format; or"
                + " SLUICE_CA. (default: the system's)",
            valueName: "file"
        ),
        completion: .file()
    )
    var ca: String?

    /// The gateway that the options and `configuration`, a file, name.
    func gateway(of configuration: String?, json: Bool = false) -> GatewaySession {
        GatewaySession(
            json: json,
            isOfConfiguration: configuration != nil,
            isUnnamed: management == nil && socket == nil && context == nil
                && configuration == nil && current.isUnnamed
        ) {
            try target(configuration: configuration)
        }
    }

    /// The gateway that the options and `configuration`, a file, name.
    ///
    /// - Throws: ``CommandFailure``; a usage error for two choices.
    func target(configuration: String? = nil) throws -> ManagementTarget {
        try current.target(try choice(or: configuration.map { .configuration(file: $0) }))
    }

    /// The gateway that the options name, otherwise the one that `topology` describes.
    func target(of topology: Topology) throws -> ManagementTarget {
        guard let choice = try choice(or: nil) else { return try current.target(of: topology) }
        return try current.target(choice)
    }

    private var current: GatewayPlace {
        var place = GatewayPlace.current
        place.authorities = ca
        return place
    }

    private func choice(or other: GatewayPlace.Choice?) throws -> GatewayPlace.Choice? {
        let choices = [
            management.map(GatewayPlace.Choice.management), socket.map { .socket($0) },
            context.map { .context($0) }, other,
        ].compactMap(\.self)
        guard choices.count <= 1 else {
            throw CommandFailure(
                "the gateway is named twice (use one of --management, --socket, --config and"
                    + " --context)",
                code: GatewayExit.usage
            )
        }
        return choices.first
    }

    static func address(_ text: String) throws -> ManagementAddress {
        do throws(ManagementAddressError) {
            return try ManagementAddress(parsing: text)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

extension GatewayPlace {
    /// Of this process.
    static var current: GatewayPlace {
        let environment = ProcessInfo.processInfo.environment
        return GatewayPlace(environment: environment) { () throws(CommandFailure) in
            try ContextFile(environment: environment).read()
        }
    }
}

/// How a command finds a running gateway, and how it prints the response.
struct ManagementOptions: ParsableArguments {
    @OptionGroup var place: GatewayOptions

    @Option(
        help: "The configuration file of the gateway, for its socket and its address.",
        completion: .configurationFile
    )
    var config: String?

    @Flag(help: "Print JSON.")
    var json = false

    /// The gateway that the options mean.
    var gateway: GatewaySession {
        place.gateway(of: config, json: json)
    }
}

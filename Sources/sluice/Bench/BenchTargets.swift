import ArgumentParser
import Core

/// Which addresses are put under load.
struct BenchTargets: ParsableArguments {
    @Argument(help: "The target, as host:port.")
    var target: BackendAddress?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Several targets, to be compared with the first.",
            valueName: "name=host:port"
        )
    )
    var compare: [NamedTarget] = []

    func validate() throws {
        if (target == nil) == compare.isEmpty {
            throw ValidationError("Give one target as host:port, or several with --compare.")
        }
        if all.contains(where: { $0.address.port == 0 }) {
            throw ValidationError("A target has a port of 1 to 65535.")
        }
        if compare.count == 1 {
            throw ValidationError("--compare takes two targets at least: A=host:port B=host:port.")
        }
        if Set(compare.map(\.name)).count < compare.count {
            throw ValidationError("--compare needs a different name for each target.")
        }
    }

    /// In the order of the command line.
    var all: [NamedTarget] {
        target.map { [NamedTarget(name: "\($0)", address: $0)] } ?? compare
    }
}

/// `direct=192.0.2.1:9030` on the command line.
struct NamedTarget: ExpressibleByArgument {
    let name: String
    let address: BackendAddress

    init(name: String, address: BackendAddress) {
        self.name = name
        self.address = address
    }

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let address = BackendAddress(argument: String(parts[1])) else {
            return nil
        }
        self.init(name: String(parts[0]), address: address)
    }
}

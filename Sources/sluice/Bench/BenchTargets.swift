import Addresses
import ArgumentParser
import LoadTesting
import Sockets
import Traffic

/// The targets of the load.
struct BenchTargets: ParsableArguments {
    @Argument(
        help: "The target: host:port, or a URL such as http://host:8080/path.",
        transform: Self.target
    )
    var target: LoadTarget?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Targets to compare, each as host:port or a URL; ratios are relative to the first.",
            valueName: "name=target"
        ),
        transform: NamedTarget.init(written:)
    )
    var compare: [NamedTarget] = []

    func validate() throws {
        if (target == nil) == compare.isEmpty {
            throw ValidationError(
                "Specify one target as host:port or a URL, or several with --compare."
            )
        }
        if compare.count == 1 {
            throw ValidationError(
                "--compare requires at least two targets: A=host:port B=host:port."
            )
        }
        if Set(compare.map(\.name)).count < compare.count {
            throw ValidationError("--compare requires a different name for each target.")
        }
    }

    /// - Throws: if a target's URL has another scheme.
    func check(for command: String, schemes: [LoadTarget.Scheme]) throws {
        for target in all.map(\.target) {
            guard let scheme = target.scheme, !schemes.contains(scheme) else { continue }
            let known = schemes.map { $0.rawValue + "://" }.joined(separator: ", ")
            throw ValidationError(
                "bench \(command) does not support \(scheme.rawValue):// targets (use \(known) or "
                    + "host:port)."
            )
        }
    }

    /// In the order of the command line.
    var all: [NamedTarget] {
        target.map { [NamedTarget(name: "\($0.address)", target: $0)] } ?? compare
    }

    fileprivate static func target(_ text: String) throws -> LoadTarget {
        do throws(LoadTargetError) {
            return try LoadTarget(parsing: text)
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

/// `direct=192.0.2.1:9030` on the command line; the default name is the address.
struct NamedTarget {
    let name: String
    let target: LoadTarget

    init(name: String, target: LoadTarget) {
        self.name = name
        self.target = target
    }

    init(written text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        // A URL's query may contain equals signs.
        guard parts.count == 2, !parts[0].contains("://"), !parts[0].isEmpty else {
            let target = try BenchTargets.target(text)
            self.init(name: "\(target.address)", target: target)
            return
        }
        self.init(name: String(parts[0]), target: try BenchTargets.target(String(parts[1])))
    }
}

/// The socket address of a target.
enum TargetAddress {
    /// How long one address of a name may take to answer before the next one is tried.
    private static let patienceMilliseconds: Int32 = 2_000

    /// The address of a target; of a name with several, the first that accepts a connection:
    /// `localhost` has two, and servers often listen on only one of them.
    ///
    /// - Throws: exit code 1 if the name cannot be resolved; standard error has the reason.
    static func resolved(_ target: NamedTarget) throws -> SocketAddress {
        let address = target.target.address
        switch address.host {
        case .ip(let ip):
            return SocketAddress(ip, port: address.port)
        case .name(let name):
            let all = try addresses(of: name).map { SocketAddress($0, port: address.port) }
            if all.count > 1, let first = all.first(where: accepts) { return first }
            if let first = all.first { return first }
            StandardError.print("sluice: cannot resolve \"\(name)\": the name has no address")
            throw ExitCode.failure
        }
    }

    private static func addresses(of name: String) throws -> [IPAddress] {
        do throws(Resolver.Failure) {
            return try Resolver.addresses(of: name)
        } catch {
            StandardError.print("sluice: cannot resolve \"\(name)\": \(error)")
            throw ExitCode.failure
        }
    }

    private static func accepts(_ address: SocketAddress) -> Bool {
        // `try?`: without a socket there is no connection either.
        guard let socket = try? Socket.tcp(for: address) else { return false }
        defer { socket.close() }
        switch socket.connect(to: address) {
        case .connected:
            return true
        case .inProgress:
            let isDone = socket.waitUntilReady(toWrite: true, milliseconds: patienceMilliseconds)
            return isDone && socket.takeError() == nil
        case .failed:
            return false
        }
    }
}

import ArgumentParser
import LoadTesting

/// Which addresses are put under load.
struct BenchTargets: ParsableArguments {
    @Argument(
        help: "The target, as host:port or as a URL such as http://host:8080/path.",
        transform: Self.target
    )
    var target: LoadTarget?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Several targets to compare, each as host:port or a URL; ratios are to the first.",
            valueName: "name=target"
        ),
        transform: NamedTarget.init(written:)
    )
    var compare: [NamedTarget] = []

    func validate() throws {
        if (target == nil) == compare.isEmpty {
            throw ValidationError("Give one target as host:port or URL, or several with --compare.")
        }
        if compare.count == 1 {
            throw ValidationError("--compare needs at least two targets: A=host:port B=host:port.")
        }
        if Set(compare.map(\.name)).count < compare.count {
            throw ValidationError("--compare needs a different name for each target.")
        }
    }

    /// - Throws: if a target's URL is one of another protocol.
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

/// `direct=192.0.2.1:9030` on the command line; without a name, the address is the name.
struct NamedTarget {
    let name: String
    let target: LoadTarget

    init(name: String, target: LoadTarget) {
        self.name = name
        self.target = target
    }

    init(written text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        // A URL's query may have equals signs.
        guard parts.count == 2, !parts[0].contains("://"), !parts[0].isEmpty else {
            let target = try BenchTargets.target(text)
            self.init(name: "\(target.address)", target: target)
            return
        }
        self.init(name: String(parts[0]), target: try BenchTargets.target(String(parts[1])))
    }
}

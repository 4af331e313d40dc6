import CIDRTrie
import FoundationEssentials
package import Settings
package import Time

/// Loads a configuration from its file, at the start and for each reload. List files whose content
/// has not changed since the last time are not read again.
///
/// ```swift
/// let loaded = ConfigurationLoader().load(contentsOf: "sluice.yaml")
/// loaded.lines.forEach { print($0) }
/// ```
package struct ConfigurationLoader: Sendable {
    /// Default locations of the file, in order.
    package static let standardPaths = ["sluice.yaml", "/etc/sluice/sluice.yaml"]

    /// Sizes in bytes.
    private static let configurationSizeLimit = 4 << 20
    private static let listSizeLimit = 64 << 20
    /// Of all lists together: a small file may name many large ones.
    private static let totalListSizeLimit = 256 << 20

    private static var tooManyLists: String {
        "the list files exceed \(totalListSizeLimit >> 20) MiB in total"
    }

    private let now: @Sendable () -> UnixTime
    private let kernel: KernelSupport
    private let readsTLSFiles: Bool
    private let triesFiles: Bool
    private let lists = ListFileCache()

    /// - Parameters:
    ///   - readsTLSFiles: whether certificates and keys are read and checked. Who only asks a running
    ///     gateway needs none of them.
    ///   - triesFiles: whether the files that are read only when they are needed are tried, too.
    ///   - now: decides which whitelist entries have expired.
    package init(
        readsTLSFiles: Bool = true,
        triesFiles: Bool = false,
        now: @escaping @Sendable () -> UnixTime = { .systemTime }
    ) {
        self.init(
            now: now,
            kernel: .current,
            readsTLSFiles: readsTLSFiles,
            triesFiles: triesFiles
        )
    }

    init(
        now: @escaping @Sendable () -> UnixTime,
        kernel: KernelSupport,
        readsTLSFiles: Bool = true,
        triesFiles: Bool = false
    ) {
        self.now = now
        self.kernel = kernel
        self.readsTLSFiles = readsTLSFiles
        self.triesFiles = triesFiles
    }

    /// The first of ``standardPaths`` that exists; `nil` if none does.
    package static func standardPath() -> String? {
        standardPaths.first(where: FileManager.default.fileExists)
    }

    /// The error if no file is given and none of ``standardPaths`` exists.
    package static var withoutFile: LoadedConfiguration {
        let paths = standardPaths.joined(separator: " nor ")
        return LoadedConfiguration(
            file: standardPaths[0],
            fault: ConfigurationFinding(
                .error,
                message: "no configuration file: neither \(paths) exists",
                remedy: "use --config FILE"
            )
        )
    }

    /// Reads the file and the whitelists that it names, relative to its own folder.
    package func load(contentsOf path: String) -> LoadedConfiguration {
        do throws(UnreadableFile) {
            let file = LimitedFile(path: path, sizeLimit: Self.configurationSizeLimit)
            return decode(try file.text(), from: path)
        } catch {
            let fault = ConfigurationFinding(
                .error,
                message: "cannot read the file: \(error.reason)"
            )
            return LoadedConfiguration(file: path, fault: fault)
        }
    }

    /// How the gateway of a file is managed, whatever else is wrong with the file: a topology without
    /// warehouses. `nil` if these keys are missing or invalid.
    package func loadManagement(contentsOf path: String) -> Topology? {
        // `try?`: a file that cannot be read says nothing.
        guard
            let text = try? LimitedFile(path: path, sizeLimit: Self.configurationSizeLimit).text(),
            var tree = YAMLReader.reading(of: text).tree,
            case .mapping(let entries) = tree.content
        else { return nil }
        let kept = entries.filter { entry in
            ["management", "state"].contains(entry.key) && !entry.value.isIncomplete
        }
        let none = ConfigurationNode(.sequence([]), at: tree.position)
        tree = ConfigurationNode(
            .mapping(kept + [.init(key: "warehouses", keyPosition: tree.position, value: none)]),
            at: tree.position
        )
        guard let topology = decode(tree, from: path).configuration?.topology,
            topology.management.address != nil || topology.localSocketPath != nil
        else { return nil }
        return topology
    }

    func decode(_ text: String, from path: String) -> LoadedConfiguration {
        let (tree, fault) = YAMLReader.reading(of: text)
        let loaded = tree.map { decode($0, from: path) }
        guard let fault else {
            return loaded ?? LoadedConfiguration(file: path, configuration: nil, findings: [])
        }
        let finding = ConfigurationFinding(fault)
        return loaded?.interrupted(by: finding) ?? LoadedConfiguration(file: path, fault: finding)
    }

    private func decode(_ tree: ConfigurationNode, from path: String) -> LoadedConfiguration {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        var room = Self.totalListSizeLimit
        let decoder = ConfigurationDecoder(now: now(), lists: lists) {
            (name, known) throws(UnreadableFile) in
            let path = URL(fileURLWithPath: name, relativeTo: folder).path
            let file = LimitedFile(
                path: path,
                sizeLimit: Self.listSizeLimit,
                writing: .linesInPlace
            )
            let reading = try file.reading(unless: known)
            switch reading {
            case .content(let bytes, _): room -= bytes.count
            case .unchanged: room -= known?.byteCount ?? 0
            }
            guard room >= 0 else { throw UnreadableFile(reason: Self.tooManyLists) }
            return reading
        }
        let decoded = decoder.decode(tree)
        let warnings =
            decoded.configuration.map { kernel.warnings(of: $0.topology, in: tree) } ?? []
        var configuration = decoded.configuration
        configuration?.topology.resolvePaths(in: folder)
        var topology = decoded.topology
        topology?.resolvePaths(in: folder)
        var places = decoded.tlsPlaces
        places.mapPaths { URL(fileURLWithPath: $0, relativeTo: folder).path }
        var tls = TLSFileLoader(now: now(), places: places)
        if readsTLSFiles, let topology = topology ?? configuration?.topology { tls.load(topology) }
        configuration?.topology.files = tls.files
        topology?.files = tls.files
        if tls.findings.contains(where: { $0.severity == .error }) {
            (configuration, topology) = (nil, nil)
        }
        let homeless = [
            configuration?.topology.management.warningOfNoCertificatePlace(in: tree),
            configuration?.topology.acme?.warningOfNoFolder(in: tree),
        ]
        var loaded = LoadedConfiguration(
            file: path,
            configuration: configuration,
            topology: topology,
            findings: (warnings + homeless.compactMap(\.self) + tls.findings).merged(
                into: decoded.findings.map { $0.relative(to: path) }
            )
        )
        if triesFiles { loaded.tryFiles(namedIn: tree, now: now()) }
        return loaded
    }
}

extension Topology {
    /// Paths are relative to the configuration file.
    fileprivate mutating func resolvePaths(in folder: URL) {
        storePath = storePath.map { URL(fileURLWithPath: $0, relativeTo: folder).path }
        management.socket = management.socket.map {
            URL(fileURLWithPath: $0, relativeTo: folder).path
        }
        management.resolveCertificatePaths(store: storePath, in: folder)
        management.singleSignOn?.clientSecretFile?.resolvePath(in: folder)
        management.singleSignOn?.authorityFile?.resolvePath(in: folder)
        names?.update?.keyFile.resolvePath(in: folder)
        for index in warehouses.indices {
            warehouses[index].adminLogin?.passwordFile.resolvePath(in: folder)
        }
        mapServices { $0.redirects.learning?.passwordFile?.resolvePath(in: folder) }
        acme?.resolvePaths(in: folder, store: storePath, state: StateFolder.current)
        mapTLSPaths { URL(fileURLWithPath: $0, relativeTo: folder).path }
        lastPolicyFolder = Self.lastPolicyFolder(lastPolicyFolder, store: storePath, in: folder)
    }

    /// Where the active policy is saved: as configured, else beside the store, else below the folder
    /// that systemd has made for the gateway's state (StateDirectory=, systemd.exec(5)), else
    /// nowhere.
    private static func lastPolicyFolder(_ configured: String?, store: String?, in folder: URL)
        -> String?
    {
        if let configured { return URL(fileURLWithPath: configured, relativeTo: folder).path }
        if let store { return "\(store).last" }
        return StateFolder.current.map { "\($0)/policy" }
    }
}

/// The folder that systemd has made for the gateway's state (StateDirectory=, systemd.exec(5)).
private enum StateFolder {
    static var current: String? {
        ProcessInfo.processInfo.environment["STATE_DIRECTORY"]
            .flatMap { $0.split(separator: ":").first }.map { String($0) }
    }
}

extension [ConfigurationFinding] {
    /// Those of a file in its order, with these in between.
    func merged(into others: [ConfigurationFinding]) -> [ConfigurationFinding] {
        var all = others
        for finding in self {
            let next = all.firstIndex { other in
                guard other.file == nil, let position = other.position else { return true }
                return finding.position.map { $0 < position } ?? true
            }
            all.insert(finding, at: next ?? all.endIndex)
        }
        return all
    }
}

extension ACMESettings {
    /// Not an error, as below.
    fileprivate func warningOfNoFolder(in tree: ConfigurationNode) -> ConfigurationFinding? {
        guard folder == nil else { return nil }
        return ConfigurationFinding(
            .warning,
            at: tree.value(at: ["tls", "acme"])?.position,
            path: "tls.acme",
            message:
                "certificates need a place: there is no store, and STATE_DIRECTORY is not set",
            remedy: "set tls.acme.folder, or state"
        )
    }
}

extension ManagementSettings {
    /// Not an error: the configuration may be checked elsewhere than where it is for. A gateway that
    /// has no place for its certificate does not start.
    fileprivate func warningOfNoCertificatePlace(in tree: ConfigurationNode)
        -> ConfigurationFinding?
    {
        guard address != nil, tls.isOn, certificateFiles == nil else { return nil }
        return ConfigurationFinding(
            .warning,
            at: tree.value(at: ["management"])?.position,
            path: "management.tls",
            message:
                "a self-signed certificate needs a place: there is no store, and STATE_DIRECTORY"
                + " is not set",
            remedy: "set state, or { certificate: FILE, key: FILE }"
        )
    }

    /// A certificate that the gateway makes is kept beside the store, else in the folder of the
    /// gateway's state.
    fileprivate mutating func resolveCertificatePaths(store: String?, in folder: URL) {
        switch tls {
        case .off: break
        case .selfSigned:
            certificateStem =
                store.map { "\($0).tls" } ?? StateFolder.current.map { "\($0)/management.tls" }
        case .files(var files):
            files.certificate.resolvePath(in: folder)
            files.key.resolvePath(in: folder)
            tls = .files(files)
        }
    }
}

extension String {
    fileprivate mutating func resolvePath(in folder: URL) {
        self = URL(fileURLWithPath: self, relativeTo: folder).path
    }
}

extension LoadedConfiguration {
    /// What is certain about a file that could only be read up to `fault`: the errors before that.
    fileprivate func interrupted(by fault: ConfigurationFinding) -> LoadedConfiguration {
        var errors = faults
        let isLater = { (other: ConfigurationFinding) in
            other.file != nil
                || other.position.map { position in
                    fault.position.map { $0 < position } ?? true
                } ?? true
        }
        errors.insert(fault, at: errors.firstIndex(where: isLater) ?? errors.endIndex)
        return LoadedConfiguration(file: file, configuration: nil, findings: errors)
    }
}

extension ConfigurationFinding {
    /// A file that the configuration names relative to itself, as one opens it from here.
    fileprivate func relative(to configurationFile: String) -> ConfigurationFinding {
        guard let file, !file.hasPrefix("/") else { return self }
        let folder = configurationFile.lastIndex(of: "/").map { configurationFile[...$0] }
        var copy = self
        copy.file = (folder ?? "") + file
        return copy
    }

    fileprivate init(_ fault: YAMLError) {
        self.init(
            .error,
            at: fault.position,
            message: fault.reason.message,
            remedy: fault.reason.remedy
        )
    }
}

extension UnixTime {
    /// The system's clock now.
    package static var systemTime: UnixTime {
        UnixTime(seconds: Int64(Date().timeIntervalSince1970))
    }
}

/// The result of reading one configuration file and the files that it names.
package struct LoadedConfiguration: Sendable {
    /// The configuration file's path, as it was given.
    package var file: String
    /// `nil` if there is at least one error.
    package var configuration: GatewayConfiguration?
    /// The topology, if nothing else than the whitelists' list files keeps the configuration from
    /// being used.
    package var topology: Topology?
    /// Errors and warnings, in the order of the file. Their `file` is a path that can be opened.
    package var findings: [ConfigurationFinding]

    /// What prevents the configuration from being applied.
    package var faults: [ConfigurationFinding] { findings.filter { $0.severity == .error } }
    /// What its author may not have meant.
    package var warnings: [ConfigurationFinding] { findings.filter { $0.severity == .warning } }

    /// The findings for a person: `file:line:column: error: key.path: message (remedy)`.
    package var lines: [String] { findings.map { $0.line(in: file) } }
}

extension LoadedConfiguration {
    /// A file from which nothing can be read at all.
    init(file: String, fault: ConfigurationFinding) {
        self.init(file: file, configuration: nil, findings: [fault])
    }
}

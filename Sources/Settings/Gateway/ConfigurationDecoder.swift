import CIDRTrie
package import Time

/// Creates a validated ``GatewayConfiguration`` from a configuration file's tree, and reports all
/// errors and warnings at once, each with its key path and its place.
///
/// ```swift
/// let decoder = ConfigurationDecoder(now: now) { path, _ throws(UnreadableFile) in
///     .content(try read(path), nil)
/// }
/// switch decoder.decode(root).configuration {
/// case let configuration?: try gateway.reload(to: configuration)
/// case nil: break  // the findings say why
/// }
/// ```
package struct ConfigurationDecoder {
    /// Reads a file that the configuration names, by the path as written there, unless it still has
    /// the stamp `known`.
    package typealias FileReader =
        (_ path: String, _ known: FileStamp?) throws(UnreadableFile) -> FileReading

    private let now: UnixTime
    private let ruleLimit: Int
    private let lists: ListFileCache
    private let readFile: FileReader

    /// - Parameters:
    ///   - now: decides which whitelist entries have expired.
    ///   - ruleLimit: how many rules all whitelists may have together, those of compiled lists left
    ///     aside. Four million take some 150 MB while they are read.
    ///   - lists: the list files of earlier calls.
    package init(
        now: UnixTime,
        ruleLimit: Int = 4_000_000,
        lists: ListFileCache = ListFileCache(),
        readFile: @escaping FileReader
    ) {
        self.now = now
        self.ruleLimit = ruleLimit
        self.lists = lists
        self.readFile = readFile
    }

    /// Reads a whole file's tree. Only the list files are kept from call to call.
    package func decode(_ root: ConfigurationNode) -> DecodedConfiguration {
        lists.beginRun()
        let decoding = Decoding(now: now, ruleLimit: ruleLimit, lists: lists, readFile: readFile)
        let configuration = GatewayConfiguration.decode(
            Place(node: root, path: "", decoding: decoding)
        )
        return DecodedConfiguration(
            configuration: decoding.hasErrors ? nil : configuration,
            topology: decoding.faultCount == decoding.listFaultCount
                ? configuration?.topology : nil,
            tlsPlaces: decoding.tlsPlaces,
            findings: decoding.allFindings
        )
    }
}

/// Why a file that the configuration refers to cannot be read: the operator's error or the
/// system's.
package struct UnreadableFile: Error, Hashable {
    /// The system's text: `no such file or directory`.
    package var reason: String

    /// - Parameter reason: goes into the finding as it is.
    package init(reason: String) {
        self.reason = reason
    }
}

/// The result of reading a configuration file.
package struct DecodedConfiguration: Hashable, Sendable {
    /// `nil` if there is at least one error.
    package var configuration: GatewayConfiguration?
    /// The topology, if all errors are those of the whitelists' list files.
    package var topology: Topology?
    /// Where the file has its TLS settings.
    package var tlsPlaces: TLSPlaces
    /// Errors and warnings in the order of the file.
    package var findings: [ConfigurationFinding]

    /// What prevents the configuration from being applied.
    package var faults: [ConfigurationFinding] { findings.filter { $0.severity == .error } }
    /// What its author may not have meant.
    package var warnings: [ConfigurationFinding] { findings.filter { $0.severity == .warning } }
}

import Addresses
import CIDRTrie
import DomainNames
import Text
import Time

/// One run of the decoder: its input, and what it has found so far.
///
/// A reference, because every ``Place`` of the tree reports to the same run. It never leaves
/// ``ConfigurationDecoder/decode(_:)``, and holds no place, which would be a reference cycle.
final class Decoding {
    /// More findings than anyone reads; further ones are counted, not kept.
    static let findingLimit = 1_000

    let now: UnixTime
    /// For all whitelists together, excluding compiled lists.
    let ruleLimit: Int
    let lists: ListFileCache
    let readFile: ConfigurationDecoder.FileReader

    private(set) var findings: [ConfigurationFinding] = []
    private(set) var faultCount = 0
    /// Those of the whitelists' list files.
    var listFaultCount = 0
    var hasErrors: Bool { faultCount > 0 }
    private var droppedCount = 0
    var ruleCount = 0
    /// What a warehouse without a whitelist starts with.
    var absentWhitelist = AbsentWhitelist.open(isWarnedOf: true)

    /// The gateway's own TLS settings, which listeners inherit.
    var tls: TLSSettings?
    /// Whether listeners have certificates without naming some, or a reported error says why not.
    var mayInheritCertificates = false
    /// Where TLS settings are, for whoever reads the files that they name.
    var tlsPlaces = TLSPlaces()
    /// Every certificate that is to be obtained.
    var orders: [OrderClaim] = []

    /// Every address on which the gateway is to listen.
    var listenAddresses = ListenClaims()
    var warehouseIDs = Claims<String>()
    /// Under which warehouses have names.
    var domain: DomainName?
    var warehouseLabels = Claims<DomainLabel>()
    /// Where the management address's settings name warehouses.
    var warehouseReferences: [(id: String, location: ValueLocation)] = []
    /// Every backend.
    var backends: [BackendClaim] = []
    /// Where listeners say what is done with HTTP.
    var httpPlaces: [SocketAddress: ValueLocation] = [:]
    /// Where services say what their redirects may lead to.
    var redirectPlaces: [Service.ID: ValueLocation] = [:]
    /// Where redirect targets are learned over MySQL.
    var mysqlLearners: [ValueLocation] = []

    init(
        now: UnixTime,
        ruleLimit: Int,
        lists: ListFileCache,
        readFile: @escaping ConfigurationDecoder.FileReader
    ) {
        self.now = now
        self.ruleLimit = ruleLimit
        self.lists = lists
        self.readFile = readFile
    }

    func report(_ finding: ConfigurationFinding) {
        faultCount += finding.severity == .error ? 1 : 0
        if findings.count < Self.findingLimit {
            findings.append(finding)
        } else {
            droppedCount += 1
        }
    }

    /// Whether another finding would be shown, so that its words are worth finding.
    var showsMore: Bool { findings.count < Self.findingLimit }

    /// All findings in the order of the file, followed by those in other files and a final one for
    /// those that were too many to keep.
    var allFindings: [ConfigurationFinding] {
        let sorted = findings.sorted { ($0.file ?? "", $0.place) < ($1.file ?? "", $1.place) }
        guard droppedCount > 0 else { return sorted }
        let severity: ConfigurationFinding.Severity = hasErrors ? .error : .warning
        return sorted + [
            ConfigurationFinding(
                severity,
                message: "\(droppedCount.of("more finding", "is", "are")) not shown"
            )
        ]
    }
}

extension ConfigurationFinding {
    fileprivate var place: SourcePosition { position ?? SourcePosition(line: 0, column: 0) }
}

/// The first user of each thing that may be used only once.
struct Claims<Key: Hashable> {
    private var owners: [Key: ValueLocation] = [:]

    func contains(_ key: Key) -> Bool { owners[key] != nil }

    /// Claims `key` for `place`; returns the previous owner, if there is one.
    mutating func claim(_ key: Key, for place: Place) -> ValueLocation? {
        guard let owner = owners[key] else {
            owners[key] = place.location
            return nil
        }
        return owner
    }
}

/// What the absence of a whitelist means.
enum AbsentWhitelist: Hashable {
    /// Every address is admitted. With a store, that is only so until its policy is changed, and
    /// whoever imports it gives the warning.
    case open(isWarnedOf: Bool)
    /// No address is admitted.
    case closed
}

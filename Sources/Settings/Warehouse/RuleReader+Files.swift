import AddressFeeds
import Addresses
import CIDRTrie
import Text

// MARK: - Files

extension RuleReader {
    /// A file that is no list at all has a fault in every line.
    private static let faultLimit = 20

    /// Reads one of the list `files`: a path, or a mapping that says more of the file.
    mutating func readFile(_ place: Place) {
        if place.isMapping {
            place.keys { readFile(described: &$0) }
        } else if let path: String = place.scalar() {
            readFile(path, at: place, as: ListFileSettings())
        }
    }

    private mutating func readFile(described fields: inout Fields) {
        let settings = ListFileSettings(&fields)
        guard let place = fields.requiredPlace("path"), let path: String = place.scalar(),
            let settings
        else { return }
        readFile(path, at: place, as: settings)
    }

    private mutating func readFile(
        _ path: String,
        at place: Place,
        as settings: ListFileSettings
    ) {
        do throws(UnreadableFile) {
            let bytes = try place.decoding.readFile(path)
            let source = RuleSource(place, file: path)
            switch try settings.format(of: bytes) {
            case .image: readImage(bytes, at: place, as: settings)
            case .feed(let format): readFeed(bytes, format, as: settings, from: source)
            case .cidrs: readList(bytes, as: settings, from: source)
            }
        } catch {
            place.fault("cannot read \(path.debugDescription): \(error.reason)")
        }
    }

    private mutating func readList(
        _ bytes: [UInt8],
        as settings: ListFileSettings,
        from source: RuleSource
    ) {
        let list = CIDRList(parsing: bytes.span, ruleLimit: source.ruleLimit)
        for fault in list.faults.prefix(Self.faultLimit) { source.report(fault) }
        source.reportRest(list.faults.count - Self.faultLimit)
        append(list.rules.map(settings.applied), lines: list.lines, from: source)
    }

    private mutating func readFeed(
        _ bytes: [UInt8],
        _ format: FeedFormat,
        as settings: ListFileSettings,
        from source: RuleSource
    ) {
        let feed = AddressFeed(parsing: bytes, as: format, filter: settings.filter)
        for fault in feed.faults.prefix(Self.faultLimit) { source.report(fault) }
        source.reportRest(feed.faults.count + feed.furtherFaultCount - Self.faultLimit)
        for unmatched in feed.unmatchedFilters { source.report(unmatched) }
        if feed.isFilteredOut { source.reportEmptyChoice() }
        let rules = feed.entries.map { Rule(block: $0.block, description: $0.description) }
        append(
            rules.map(settings.applied),
            lines: feed.entries.map(\.place.line),
            from: source
        )
    }

    private mutating func readImage(
        _ bytes: [UInt8],
        at place: Place,
        as settings: ListFileSettings
    ) {
        guard settings.isPlain else {
            return place.fault(
                "a compiled list has its own actions and descriptions",
                remedy: "give them to sluice cidr compile, or name the list it was compiled from"
            )
        }
        do throws(ImageError) {
            append(try CompiledTrie(image: bytes))
        } catch {
            place.fault("\(error)")
        }
    }
}

/// What a configuration says of one of a whitelist's files, beside its path.
struct ListFileSettings: Hashable {
    /// `nil` to go by the content.
    var format: ListFileFormat?
    /// Of a feed, what is taken.
    var filter = FeedFilter()
    /// What becomes of addresses in the file's entries, but for those marked with `!`.
    var action = Action.allow
    /// For entries without words of their own.
    var description = ""

    /// Whether nothing is said that a compiled list cannot take.
    var isPlain: Bool { filter.isEmpty && action == .allow && description.isEmpty }

    /// The form of a file with this content.
    ///
    /// - Throws: where the content is not what the configuration says, or has no parts to choose.
    func format(of bytes: [UInt8]) throws(UnreadableFile) -> ListFileFormat {
        let found = format ?? ListFileFormat(recognizing: bytes)
        if found == .cidrs, !filter.isEmpty {
            throw UnreadableFile(reason: "a list of blocks has no services or regions to choose")
        }
        return found
    }

    func applied(to rule: Rule) -> Rule {
        var rule = rule
        if action == .deny { rule.action = .deny }
        if rule.description.isEmpty { rule.description = description }
        return rule
    }
}

/// The form of a whitelist's file.
enum ListFileFormat: Hashable {
    /// A block, an address or a range in each line.
    case cidrs
    case feed(FeedFormat)
    /// Compiled by `sluice cidr compile`.
    case image

    init(recognizing bytes: [UInt8]) {
        if CompiledTrie.isImage(bytes.span) {
            self = .image
        } else {
            self = FeedFormat(recognizing: bytes).map { .feed($0) } ?? .cidrs
        }
    }
}

extension ListFileFormat: ConfigurationScalar {
    static let expectation = "cidrs, aws, azure, google or image"

    init(configurationText text: String) throws(ScalarFault) {
        switch text {
        case "cidrs": self = .cidrs
        case "image": self = .image
        default:
            guard let format = FeedFormat(rawValue: text) else {
                throw ScalarFault(expected: Self.self, found: text)
            }
            self = .feed(format)
        }
    }
}

extension ListFileSettings {
    /// `nil` where a value is faulty.
    init?(_ fields: inout Fields) {
        self.init()
        let format: ListFileFormat? = fields.optional("format")
        filter.services = fields.elements("services").compactMap { $0.scalar() }
        filter.regions = fields.elements("regions").compactMap { $0.scalar() }
        let action = fields.value("action", default: Action.allow)
        let description = fields.value("description", default: "")
        guard let action, let description else { return nil }
        if DescribedExpiry.isFound(in: description.lowercased()) {
            fields.place.warning(
                "the description looks like an expiry, but has no effect",
                remedy: "write the entries under whitelist.entries, which can have expires"
            )
        }
        self.format = format
        self.action = action
        self.description = description
    }
}

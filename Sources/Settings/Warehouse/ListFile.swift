package import AddressFeeds
import CIDRTrie
import Policy
import Synchronization
import Text

/// The content of one of a whitelist's files, apart from the configuration that names it.
final class ListFile: Sendable {
    /// What is wrong or doubtful in a file.
    enum Problem: Sendable {
        case line(CIDRListError)
        case feed(FeedError)
        /// The number of errors in addition to those listed.
        case more(Int)
        case unmatched(UnmatchedFilter)
        /// The filter names services and regions that do not occur together.
        case filteredOut
        case image(ImageError)
        case notPlain
    }

    let list: EntryList
    /// Where each rule is written; not known in a compiled list.
    let places: Places
    let isCompiled: Bool
    let problems: [Problem]

    enum Places: Sendable {
        case none
        /// For each rule, its line, counted from 1.
        case lines(CIDRList.LineNumbers)
        /// For each rule, its path in a cloud's list.
        case paths([FeedPath])
    }

    /// A file that is not a list at all has an error in every line.
    private static let problemLimit = 20

    /// - Parameters:
    ///   - path: as the configuration names it.
    ///   - before: the version of the list that this one replaces.
    /// - Throws: if the content does not match `settings`.
    init(
        parsing bytes: [UInt8],
        of path: String,
        as settings: ListFileSettings,
        ruleLimit: Int,
        replacing before: EntryList?
    ) throws(UnreadableFile) {
        let content: ListFileContent
        switch try settings.format(of: bytes) {
        case .image: content = .image(bytes, settings)
        case .feed(let format): content = .feed(bytes, format, settings)
        case .cidrs: content = .lines(bytes, settings, ruleLimit: ruleLimit)
        }
        list = EntryList(.file(path), content.trie, replacing: before)
        places = content.places
        isCompiled = content.isCompiled
        let problems = content.problems
        let shown = problems.filter(\.isCounted).prefix(Self.problemLimit)
        let rest = problems.count(where: \.isCounted) + content.furtherProblemCount - shown.count
        self.problems =
            shown + (rest > 0 ? [.more(rest)] : []) + problems.filter { !$0.isCounted }
    }
}

extension ListFile.Problem {
    /// Whether there may be one in every line.
    fileprivate var isCounted: Bool {
        switch self {
        case .line, .feed: true
        case .more, .unmatched, .filteredOut, .image, .notPlain: false
        }
    }
}

/// A file's compiled rules, and their errors.
private struct ListFileContent {
    var trie = CompiledTrie.empty
    var places = ListFile.Places.none
    var isCompiled = false
    var problems: [ListFile.Problem] = []
    var furtherProblemCount = 0

    static func lines(_ bytes: [UInt8], _ settings: ListFileSettings, ruleLimit: Int) -> Self {
        var content = ListFileContent()
        var rules = RuleTable.Builder()
        var lines = CIDRList.LineNumbers()
        let faults = CIDRList.forEachRule(in: bytes.span, ruleLimit: ruleLimit) { rule, line in
            rules.append(settings.applied(to: rule))
            lines.append(line)
        }
        content.places = .lines(lines)
        content.problems = faults.map(ListFile.Problem.line)
        content.trie = CompiledTrie(rules.table)
        return content
    }

    static func feed(_ bytes: [UInt8], _ format: FeedFormat, _ settings: ListFileSettings) -> Self {
        var content = ListFileContent()
        let feed = AddressFeed(parsing: bytes, as: format, filter: settings.filter)
        var rules = RuleTable.Builder()
        for entry in feed.entries {
            let rule = Rule(block: entry.block, description: entry.description)
            rules.append(settings.applied(to: rule))
        }
        content.places = .paths(feed.entries.map(\.path))
        content.trie = CompiledTrie(rules.table)
        content.problems =
            feed.errors.map(ListFile.Problem.feed)
            + feed.unmatchedFilters.map(ListFile.Problem.unmatched)
            + (feed.isFilteredOut ? [.filteredOut] : [])
        content.furtherProblemCount = feed.furtherErrorCount
        return content
    }

    static func image(_ bytes: [UInt8], _ settings: ListFileSettings) -> Self {
        var content = ListFileContent(isCompiled: true)
        guard settings.isPlain else {
            content.problems = [.notPlain]
            return content
        }
        do throws(ImageError) {
            content.trie = try CompiledTrie(image: bytes)
        } catch {
            content.problems = [.image(error)]
        }
        return content
    }
}

// MARK: - Files read before

/// Distinguishes a file's content from an earlier one without reading it.
package struct FileStamp: Hashable, Sendable {
    /// Device, inode, size in bytes and the times of the last change of content and of the inode,
    /// in nanoseconds (stat(2)).
    package var identity: [Int64]
    /// Whether the last change was long enough ago that another one would have another time.
    package var isSettled: Bool

    package let byteCount: Int

    package init(identity: [Int64], byteCount: Int, isSettled: Bool) {
        self.identity = identity
        self.byteCount = byteCount
        self.isSettled = isSettled
    }
}

/// The result of reading a file.
package enum FileReading: Sendable {
    case content([UInt8], FileStamp?)
    /// The file has the stamp that was given, and so the same content.
    case unchanged
}

/// The list files of earlier runs of the decoder: a file whose content is the same is not parsed
/// again, and its list is the same object.
package final class ListFileCache: Sendable {
    private struct Key: Hashable {
        let path: String
        let settings: ListFileSettings
    }

    private struct Known {
        let file: ListFile
        let stamp: FileStamp?
        let digest: Int
        var lastRun: Int
    }

    private struct State {
        var known: [Key: Known] = [:]
        var run = 0
    }

    private let state = Mutex(State())
    let diagnoses = WhitelistDiagnoses()

    package init() {}

    /// Begins a run of the decoder, and forgets the files that the one before did not need.
    func beginRun() {
        state.withLock { state in
            state.known = state.known.filter { $0.value.lastRun == state.run }
            state.run += 1
        }
    }

    func file(
        _ path: String,
        _ settings: ListFileSettings,
        ruleLimit: Int,
        read: ConfigurationDecoder.FileReader
    ) throws(UnreadableFile) -> ListFile {
        let key = Key(path: path, settings: settings)
        let known = state.withLock { $0.known[key] }
        switch try read(path, known?.stamp.flatMap { $0.isSettled ? $0 : nil }) {
        case .unchanged:
            guard let known else { throw UnreadableFile(reason: "its content was not read") }
            keep(known, for: key)
            return known.file
        case .content(let bytes, let stamp):
            let digest = bytes.hashValue
            let file: ListFile
            if let known, known.digest == digest {
                file = known.file
            } else {
                file = try ListFile(
                    parsing: bytes,
                    of: path,
                    as: settings,
                    ruleLimit: ruleLimit,
                    replacing: known?.file.list
                )
            }
            keep(Known(file: file, stamp: stamp, digest: digest, lastRun: 0), for: key)
            return file
        }
    }

    private func keep(_ known: Known, for key: Key) {
        state.withLock { state in
            state.known[key] = known
            state.known[key]?.lastRun = state.run
        }
    }
}

// MARK: - Settings

/// What a configuration specifies about one of a whitelist's files, in addition to its path.
struct ListFileSettings: Hashable {
    /// `nil` to go by the content.
    var format: ListFileFormat?
    /// Which part of a feed to use.
    var filter = FeedFilter()
    /// The action of the file's entries, except those marked with `!`.
    var action = Action.allow
    /// For entries without a description.
    var description = ""

    /// Whether a compiled list supports these settings.
    var isPlain: Bool { filter.isEmpty && action == .allow && description.isEmpty }

    /// The form of a file with this content.
    ///
    /// - Throws: if the content does not match the configuration, or has no parts to select.
    func format(of bytes: [UInt8]) throws(UnreadableFile) -> ListFileFormat {
        let found = format ?? ListFileFormat(recognizing: bytes)
        if found == .cidrs, !filter.isEmpty {
            throw UnreadableFile(reason: "a plain list has no services or regions")
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

    init(configurationText text: String) throws(ScalarError) {
        switch text {
        case "cidrs": self = .cidrs
        case "image": self = .image
        default:
            guard let format = FeedFormat(rawValue: text) else {
                throw ScalarError(expected: Self.self, found: text)
            }
            self = .feed(format)
        }
    }
}

extension ListFileSettings {
    /// `nil` if a value is invalid.
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
                "the description looks like an expiry but has no effect",
                remedy: "move the entries to whitelist.entries, which can have expires"
            )
        }
        self.format = format
        self.action = action
        self.description = description
    }
}

extension UnmatchedFilter {
    /// What may have been meant: the closest value in the feed, or some of its values.
    package var remedy: String {
        if let nearest = Suggestion.closest(to: value, among: known) {
            return "did you mean \(nearest)?"
        }
        let some = known.prefix(8).joined(separator: ", ")
        return known.isEmpty
            ? "the list has none" : "the list has \(some)\(known.count > 8 ? ", …" : "")"
    }
}

extension UnmatchedFilter.Key {
    /// One of them: `service`.
    package var word: String {
        switch self {
        case .services: "service"
        case .regions: "region"
        }
    }
}

import AddressFeeds
import Addresses
import ArgumentParser
import CIDRTrie
import Settings
import Sockets
import Text

/// Lists of rules from files: text, compiled, or a cloud provider's; or the end of the command with all
/// errors in them.
struct RuleFiles {
    /// In bytes; more than any real list. A pipe or a device may never end.
    private static let sizeLimit = 256 << 20

    private let filter: FeedFilter
    private(set) var rules: [Rule] = []
    /// The place of each rule, as `file:line`; for a compiled list, `file: rule n`.
    private var places: [String] = []
    private var errors: [String] = []

    /// - Throws: exit code 78 (EX_CONFIG in sysexits.h), after printing all errors to standard error.
    init(_ paths: [String], filter: FeedFilter = FeedFilter()) throws {
        self.filter = filter
        for path in paths { append(contentsOf: path) }
        try exitIfInvalid()
    }

    /// - Throws: as ``init(_:)``, if two rules contradict each other.
    func ruleSet() throws -> RuleSet {
        do {
            return try RuleSet(rules)
        } catch {
            var copy = self
            copy.errors = error.clashes.map { clash in
                "\(places[clash.second]): \(clash.block) has the opposite action at"
                    + " \(places[clash.first])"
            }
            try copy.exitIfInvalid()
            throw ExitCode(78)
        }
    }

    /// One file, which is not compiled again if it is compiled already.
    static func trie(_ path: String, filter: FeedFilter) throws -> CompiledTrie {
        var files = RuleFiles()
        guard let bytes = files.bytes(of: path), CompiledTrie.isImage(bytes.span) else {
            return CompiledTrie(try RuleFiles([path], filter: filter).ruleSet())
        }
        guard let trie = files.trie(bytes, path) else { throw files.ending }
        return trie
    }

    /// The place of a rule, for people.
    func place(of rule: Int) -> String { places[rule] }
}

extension RuleFiles {
    private init() { filter = FeedFilter() }

    private mutating func append(contentsOf path: String) {
        Progress.show("reading \(path)")
        guard let bytes = bytes(of: path) else { return }
        if CompiledTrie.isImage(bytes.span) {
            guard let trie = trie(bytes, path) else { return }
            rules += trie.rules
            places += trie.rules.indices.map { "\(path): rule \($0 + 1)" }
        } else if let format = FeedFormat(recognizing: bytes) {
            append(AddressFeed(parsing: bytes, as: format, filter: filter), path)
        } else if filter.isEmpty {
            append(CIDRList(parsing: bytes.span), path)
        } else {
            errors.append(
                "\(path): a plain list has no services or regions (omit --service and --region)"
            )
        }
    }

    private mutating func append(_ list: CIDRList, _ path: String) {
        rules += list.rules
        places += list.lines.map { "\(path):\($0)" }
        errors += list.errors.map { "\(path):\($0)" }
    }

    private mutating func append(_ feed: AddressFeed, _ path: String) {
        rules += feed.entries.map { Rule(block: $0.block, description: $0.description) }
        places += feed.entries.map { "\(path): \($0.path)" }
        errors += feed.errors.map { "\(path): \($0)" }
        if feed.furtherErrorCount > 0 {
            errors.append("\(path): \(feed.furtherErrorCount.of("more error"))")
        }
        for unmatched in feed.unmatchedFilters {
            let words = "no entry has the \(unmatched.key.word) \"\(unmatched.value)\""
            errors.append("\(path): \(words) (\(unmatched.remedy))")
        }
        if feed.isFilteredOut {
            errors.append(
                "\(path): no entry has both one of the given services and one of the given regions"
                    + " (omit --service or --region)"
            )
        }
    }

    private mutating func bytes(of path: String) -> [UInt8]? {
        do {
            // A pipe may be a file too, as in `sluice cidr stats <(…)`.
            let bytes = try File(reading: path).readToEnd(limit: Self.sizeLimit + 1)
            guard bytes.count <= Self.sizeLimit else {
                errors.append("\(path): file too large (at most \(Self.sizeLimit >> 20) MiB)")
                return nil
            }
            return bytes
        } catch {
            errors.append("\(path): \(error)")
            return nil
        }
    }

    private mutating func trie(_ image: [UInt8], _ path: String) -> CompiledTrie? {
        do {
            return try CompiledTrie(image: image)
        } catch {
            errors.append("\(path): \(error)")
            return nil
        }
    }

    private func exitIfInvalid() throws {
        guard errors.isEmpty else { throw ending }
    }

    private var ending: ExitCode {
        for error in errors { StandardError.print(error) }
        return ExitCode(78)
    }
}

/// Which entries of a cloud provider's list are used.
struct FeedOptions: ParsableArguments {
    @Option(
        name: .customLong("service"),
        help: "Use only this service of a cloud provider's list, such as EC2. Can be repeated."
    )
    var services: [String] = []

    @Option(
        name: .customLong("region"),
        help: "Use only this region of a cloud provider's list, such as eu-west-1. Can be repeated."
    )
    var regions: [String] = []

    var filter: FeedFilter { FeedFilter(services: services, regions: regions) }
}

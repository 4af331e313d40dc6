import Addresses
import ArgumentParser
import CIDRTrie
import Control
import Time

/// `sluice cidr diff`: the effect of a change to a list, regardless of how it is written.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract:
            "Show which addresses a new list admits and the old one does not, and vice versa.",
        discussion: """
            The lists are compared by what they admit now: two lists that admit the same addresses \
            do not differ, and expired rules are ignored. Each line is a block: + is admitted by \
            the new list only, - by the old list only.

            Exit codes: 0 no difference, 1 the lists differ, 64 incorrect usage, 78 an invalid list.
            """
    )

    @Argument(help: "The old list: text, compiled, or a cloud provider's.", completion: .file())
    var old: String

    @Argument(help: "The new list.", completion: .file())
    var new: String

    @OptionGroup var feed: FeedOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let now = UnixTime.systemTime
        let (old, new) = (
            try RuleFiles([old], filter: feed.filter).ruleSet(),
            try RuleFiles([new], filter: feed.filter).ruleSet()
        )
        let difference = ListDifference(from: old, to: new, at: now)
        if json {
            StandardOutput.print(json: try difference.json())
        } else {
            StandardOutput.print(difference.text, terminator: "")
        }
        if !difference.isEmpty { throw ExitCode(1) }
    }
}

/// What two lists admit, one without the other.
struct ListDifference: Codable {
    struct Part: Codable {
        var blocks: [String] = []
        /// As text: a number of 128 bits.
        var addresses = "0"
    }

    var added: [String: Part] = [:]
    var removed: [String: Part] = [:]

    init(from old: RuleSet, to new: RuleSet, at now: UnixTime) {
        for family in IPFamily.allCases {
            let before = AddressSet(admittedBy: old, family: family, at: now)
            let after = AddressSet(admittedBy: new, family: family, at: now)
            added["\(family)"] = Part(after.subtracting(before))
            removed["\(family)"] = Part(before.subtracting(after))
        }
    }

    var isEmpty: Bool {
        added.values.allSatisfy(\.blocks.isEmpty) && removed.values.allSatisfy(\.blocks.isEmpty)
    }

    /// A block a line, IPv4 first.
    var text: String {
        IPFamily.allCases.flatMap { family in
            (removed["\(family)"]?.blocks ?? []).map { "-\($0)\n" }
                + (added["\(family)"]?.blocks ?? []).map { "+\($0)\n" }
        }.joined()
    }
}

extension ListDifference.Part {
    fileprivate init(_ set: AddressSet) {
        blocks = set.blocks.map { "\($0)" }
        addresses = "\(set.count)"
    }
}

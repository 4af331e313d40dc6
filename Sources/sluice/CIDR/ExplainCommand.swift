import ArgumentParser
import CIDRTrie

/// `sluice cidr explain`: which rule decides on an address.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which rule of a list decides on each address.",
        discussion: """
            Prints one tab-separated line per address: the address, allow or deny, the block that \
            decides (- if none matches, which denies) and its description. With --json, one object \
            per line.

            The list has one entry per line: a block, an address or a range such as \
            192.0.2.1-192.0.2.9, optionally followed by a description. A leading '!' denies; '#' \
            starts a comment. The longest matching prefix decides, regardless of its position.

            Exit codes: 0 success, 1 an address is invalid, 64 incorrect usage, 78 an invalid list.
            """
    )

    @Option(help: "The list of rules, text or compiled.", completion: .file())
    var rules: String

    @OptionGroup var feed: FeedOptions

    @Flag(help: "Print JSON, one object per line.")
    var json = false

    @Argument(
        help: "Addresses. If none are given, they are read from standard input, one per line."
    )
    var addresses: [String] = []

    func run() throws {
        let trie = try RuleFiles.trie(rules, filter: feed.filter)
        var explainer = Explainer(trie: trie, isJSON: json)
        if addresses.isEmpty {
            try explainer.explainStandardInput()
        } else {
            for text in addresses { explainer.explain(argument: text) }
        }
        try explainer.finish()
    }
}

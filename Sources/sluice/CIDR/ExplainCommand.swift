import ArgumentParser
import CIDRTrie

/// `sluice cidr explain`: which rule decides on an address.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which rule of a list decides on each address.",
        discussion: """
            Prints for each address, between tabs: the address, allow or deny, the deciding block \
            (- where none matches, which denies) and that rule's description. With --json, one \
            object a line.

            The list has one entry a line: a block, an address or a range such as \
            192.0.2.1-192.0.2.9, then its description if any. '!' before it denies; '#' starts a \
            comment. The longest matching prefix decides, wherever it stands.

            Exit codes: 0, 1 where an address was faulty, 64 wrong usage, 78 a faulty list.
            """
    )

    @Option(help: "The list of rules, text or compiled.", completion: .file())
    var rules: String

    @OptionGroup var feed: FeedOptions

    @Flag(help: "Print JSON, one object a line.")
    var json = false

    @Argument(help: "Addresses; where none is given, standard input's, one a line.")
    var addresses: [String] = []

    func run() throws {
        let trie = try RuleFiles.trie(rules, filter: feed.filter)
        var explainer = Explainer(trie: trie, isJSON: json)
        if addresses.isEmpty {
            try explainer.explainStandardInput()
        } else {
            for text in addresses { try explainer.explain(argument: text) }
        }
        try explainer.finish()
    }
}

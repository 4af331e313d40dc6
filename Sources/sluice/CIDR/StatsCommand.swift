import ArgumentParser
import CIDRTrie
import Control

/// `sluice cidr stats`: how large a list is, what it admits, and what looks wrong.
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show the size of lists, what they admit, and which rules are redundant.",
        discussion: "Exit codes: 0 success, 64 incorrect usage, 78 an invalid list."
    )

    @Argument(
        help: "The lists, text or compiled. Several are combined into one.",
        completion: .file()
    )
    var lists: [String]

    @OptionGroup var feed: FeedOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let files = try RuleFiles(lists, filter: feed.filter)
        let statistics = ListStatistics(
            of: try files.ruleSet(),
            places: files.place,
            at: .systemTime
        )
        if json {
            StandardOutput.print(json: try statistics.json())
        } else {
            StandardOutput.print(statistics.text)
        }
    }
}

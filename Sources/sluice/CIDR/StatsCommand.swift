import ArgumentParser
import CIDRTrie
import Control

/// `sluice cidr stats`: how large a list is, what it admits, what is odd about it.
struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show the size of lists, what they admit, and rules that change nothing.",
        discussion: "Exit codes: 0, 64 wrong usage, 78 a faulty list."
    )

    @Argument(help: "The lists, text or compiled; several count as one.", completion: .file())
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

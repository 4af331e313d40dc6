import ArgumentParser
import CIDRTrie
import Sockets
import Text

/// `sluice cidr compile`: a list in the form that answers, in a file.
struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Compile lists into one file that is loaded at once.",
        discussion: """
            A compiled list is checked when it is loaded, but neither parsed nor compiled again. \
            The other cidr commands take it wherever they take a list. It is of one machine's \
            byte order and one version of the format; keep its source.

            Exit codes: 0, 1 where the file cannot be written, 64 wrong usage, 78 a faulty list.
            """
    )

    @Argument(help: "The lists; two that contradict each other are faulty.", completion: .file())
    var lists: [String]

    @Option(help: "The file to write. It appears whole or not at all.", completion: .file())
    var output: String

    @OptionGroup var feed: FeedOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let rules = try RuleFiles(lists, filter: feed.filter).ruleSet()
        Progress.show("compiling \(rules.rules.count.of("rule"))")
        let trie = CompiledTrie(rules)
        let image = trie.image()
        do {
            try File.replace(output, with: image)
        } catch {
            StandardError.print("sluice: \(output): \(error)")
            throw ExitCode.failure
        }
        let report = CompileReport(
            file: output,
            rules: trie.rules.count,
            bytes: image.count,
            milliseconds: Int((clock.now - start) / .milliseconds(1))
        )
        if json {
            StandardOutput.print(json: try report.json())
        } else {
            StandardOutput.print(report.text)
        }
    }
}

/// What was compiled.
struct CompileReport: Codable {
    var file: String
    var rules: Int
    var bytes: Int
    var milliseconds: Int

    var text: String { "\(file): \(rules.of("rule")), \(bytes) bytes, in \(milliseconds) ms" }
}

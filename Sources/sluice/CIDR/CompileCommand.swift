import ArgumentParser
import CIDRTrie
import Sockets
import Text

/// `sluice cidr compile`: writes a list to a file in its compiled form.
struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Compile lists into one file that loads instantly.",
        discussion: """
            A compiled list is validated when it is loaded, but not parsed or compiled again. The \
            other cidr commands accept it wherever they accept a list. It depends on the machine's \
            byte order and the format version: keep the source.

            Exit codes: 0 success, 1 the file cannot be written, 64 incorrect usage, 78 an invalid \
            list.
            """
    )

    @Argument(
        help: "The lists. Rules that contradict each other are an error.",
        completion: .file()
    )
    var lists: [String]

    @Option(help: "The file to write; it is replaced atomically.", completion: .file())
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

import ArgumentParser
import CIDRTrie
import Foundation

@main
struct TrieBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure lookups in lists of CIDR blocks, and building and changing them.",
        discussion: """
            Lookups are of addresses inside the list's own blocks: a random block, then a random \
            address in it. Independent lookups do not wait for each other, dependent ones do; \
            before cold ones the caches are filled with something else. Figures are medians over \
            rounds, in which the structures take turns.
            """
    )

    @Argument(help: "Files of CIDR blocks, one per line, to measure beside the generated lists.")
    var files: [String] = []

    @Option(help: "Rounds of each measurement.")
    var rounds = 9

    @Flag(help: "Leave out the generated lists.")
    var onlyFiles = false

    @Flag(help: "Measure changes of lists in place of lookups.")
    var edits = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds must be at least 1") }
    }

    func run() throws {
        guard !edits else { return try runEdits() }
        var reports: [ListReport] = []
        for list in try (onlyFiles ? [] : SampleList.generated) + files.map(SampleList.init(file:))
        {
            FileHandle.standardError.write(Data("\(list.name)\n".utf8))
            reports.append(try ListReport(of: list, rounds: rounds))
        }
        print(json ? try ListReport.json(reports) : ListReport.table(reports))
    }

    private func runEdits() throws {
        let lists = try (onlyFiles ? [] : SampleList.edited) + files.map(SampleList.init(file:))
        let reports = try lists.map { list in
            FileHandle.standardError.write(Data("\(list.name)\n".utf8))
            return try EditReport(of: list, rounds: rounds)
        }
        print(json ? try ListReport.json(reports) : EditReport.table(reports))
    }
}

import ArgumentParser
import CIDRTrie
import Foundation

@main
struct TrieBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure lookups in lists of CIDR blocks, and what it takes to build them.",
        discussion: """
            Each list is asked about addresses inside its own blocks: a random block, then a \
            random address in it. Independent lookups do not wait for each other, dependent ones \
            do; for cold ones the caches are first filled with something else. Figures are \
            medians over rounds, in which the structures take turns.
            """
    )

    @Argument(help: "Files of CIDR blocks, one a line, to measure beside the generated lists.")
    var files: [String] = []

    @Option(help: "Rounds of each measurement.")
    var rounds = 9

    @Flag(help: "Leave the generated lists out.")
    var onlyFiles = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("there must be a round") }
    }

    func run() throws {
        var reports: [ListReport] = []
        for list in try (onlyFiles ? [] : SampleList.generated) + files.map(SampleList.init(file:))
        {
            FileHandle.standardError.write(Data("\(list.name)\n".utf8))
            reports.append(try ListReport(of: list, rounds: rounds))
        }
        print(json ? try ListReport.json(reports) : ListReport.table(reports))
    }
}

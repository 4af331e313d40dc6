import ArgumentParser
import FoundationEssentials
import LoadTesting
import Sockets

/// Which processes are watched, and how the result is shown.
struct ReportOptions: ParsableArguments {
    @Option(
        name: .customLong("pid"),
        help: ArgumentHelp(
            "A process whose CPU time and memory are reported, including its children; with --compare, "
                + "name=pid. May be repeated.",
            valueName: "[name=]pid"
        )
    )
    var processes: [ProcessArgument] = []

    @Flag(help: "Print JSON.")
    var json = false

    @Option(
        help: ArgumentHelp("Write a report with charts, as a single HTML page.", valueName: "file"),
        completion: .file()
    )
    var html: String?

    /// The processes that belong to the target of this name.
    ///
    /// - Throws: if there is no such process.
    func watched(for target: NamedTarget) throws -> [WatchedProcess] {
        try processes.filter { $0.name == nil || $0.name == target.name }.map { argument in
            guard let process = WatchedProcess(id: argument.id) else {
                throw ValidationError("--pid \(argument.id): no such process.")
            }
            return process
        }
    }

    /// - Throws: if a name is not a target's, or the page could not be written at the end.
    func check(against targets: [NamedTarget]) throws {
        if let html, let problem = Self.problem(ofPage: html) {
            throw ValidationError("--html \(html): \(problem).")
        }
        for case let name? in processes.map(\.name)
        where !targets.contains(where: { $0.name == name }) {
            let names = targets.map(\.name).joined(separator: ", ")
            throw ValidationError("--pid \(name)=…: unknown target (targets: \(names)).")
        }
    }

    /// Why no page can be written to `path`; `nil` if it can.
    private static func problem(ofPage path: String) -> String? {
        let files = FileManager.default
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        // `try?`: a file that does not exist has no attributes.
        if let attributes = try? files.attributesOfItem(atPath: target) {
            if attributes[.type] as? FileAttributeType == .typeDirectory {
                return "it is a directory"
            }
            return files.isWritableFile(atPath: path) ? nil : "the file is not writable"
        }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        if !files.fileExists(atPath: folder) { return "the directory \(folder) does not exist" }
        return files.isWritableFile(atPath: folder) ? nil : "the directory is not writable"
    }

    /// Prints the report on standard output and writes the page.
    ///
    /// - Throws: exit code 1 if the page cannot be written; standard error has the reason.
    func publish(_ report: BenchReport) throws {
        if json {
            StandardOutput.print(json: try report.json())
        } else {
            StandardOutput.print(report.text)
        }
        guard let html else { return }
        do {
            try File(creating: html).write(Array(HTMLReport(report).page.utf8))
        } catch {
            StandardError.print("sluice: \(html): \(error)")
            throw ExitCode.failure
        }
    }
}

/// `1234` or `haproxy=1234` on the command line.
struct ProcessArgument: ExpressibleByArgument {
    /// The target that it belongs to; `nil` for every target.
    let name: String?
    let id: Int32

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard let last = parts.last, let id = Int32(last), id > 0 else { return nil }
        self.id = id
        name = parts.count == 2 ? String(parts[0]) : nil
    }
}

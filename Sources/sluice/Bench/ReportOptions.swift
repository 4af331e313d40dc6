import ArgumentParser
import FoundationEssentials
import LoadTesting
import Sockets

/// What is watched, and how the outcome is shown.
struct ReportOptions: ParsableArguments {
    @Option(
        name: .customLong("pid"),
        help: ArgumentHelp(
            "A process whose CPU time and memory are reported, with its children; with --compare "
                + "as name=pid. May be repeated.",
            valueName: "[name=]pid"
        )
    )
    var processes: [ProcessArgument] = []

    @Flag(help: "Print JSON.")
    var json = false

    @Option(
        help: ArgumentHelp("Write a report with charts, as one HTML page.", valueName: "file"),
        completion: .file()
    )
    var html: String?

    /// The processes that belong to the target of this name.
    ///
    /// - Throws: if there is no such process.
    func watched(for target: NamedTarget) throws -> [WatchedProcess] {
        try processes.filter { $0.name == nil || $0.name == target.name }.map { argument in
            guard let process = WatchedProcess(id: argument.id) else {
                throw ValidationError("There is no process \(argument.id) (--pid).")
            }
            return process
        }
    }

    /// - Throws: if a name is not a target's, or the page could not be written at the end.
    func check(against targets: [NamedTarget]) throws {
        if let html, let fault = Self.fault(ofPage: html) {
            throw ValidationError("--html \(html): \(fault).")
        }
        for case let name? in processes.map(\.name)
        where !targets.contains(where: { $0.name == name }) {
            let names = targets.map(\.name).joined(separator: ", ")
            throw ValidationError("--pid \(name)=…: unknown target (targets: \(names)).")
        }
    }

    /// Why no page can be written to `path`; `nil` if it can.
    private static func fault(ofPage path: String) -> String? {
        let files = FileManager.default
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        // `try?`: what is not there yet has no attributes.
        if let attributes = try? files.attributesOfItem(atPath: target) {
            if attributes[.type] as? FileAttributeType == .typeDirectory {
                return "it is a folder"
            }
            return files.isWritableFile(atPath: path) ? nil : "the file is not writable"
        }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        if !files.fileExists(atPath: folder) { return "there is no folder \(folder)" }
        return files.isWritableFile(atPath: folder) ? nil : "the folder is not writable"
    }

    /// Shows the report on standard output and writes the page.
    ///
    /// - Throws: exit code 1 where the page can't be written; why stands on standard error.
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
    /// The target that it belongs to; `nil` for every one.
    let name: String?
    let id: Int32

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard let last = parts.last, let id = Int32(last), id > 0 else { return nil }
        self.id = id
        name = parts.count == 2 ? String(parts[0]) : nil
    }
}

import Foundation
import Glibc

/// A program that a test runs. It does not outlive this object, nor the test process.
final class ChildProcess: Sendable {
    let identifier: pid_t
    /// Holds the output's files.
    private let folder: TemporaryFolder
    private let standardOutput: String
    private let standardError: String
    private let process = Process()

    /// Starts a program, looked up in the usual folders, with its output in files of `folder`. What
    /// it keeps in temporary files is there too, and goes with the folder however the program ends.
    init(
        _ program: String,
        _ arguments: [String],
        folder: TemporaryFolder,
        environment: [String: String] = [:]
    ) throws {
        self.folder = folder
        let name = URL(fileURLWithPath: program).lastPathComponent
        standardOutput = "\(folder.path)/\(name).stdout"
        standardError = "\(folder.path)/\(name).stderr"
        process.executableURL = URL(fileURLWithPath: try Programs.path(of: program))
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.emptyFile(standardOutput)
        process.standardError = try Self.emptyFile(standardError)
        process.environment = ProcessInfo.processInfo.environment
            .merging(["TMPDIR": folder.path]) { $1 }.merging(environment) { $1 }
        process.terminationHandler = { Reaper.shared.forget($0.processIdentifier) }
        try SignalMask.withNothingBlocked { [process] in try process.run() }
        identifier = process.processIdentifier
        Reaper.shared.watch(identifier)
        // It may have been forgotten before it was watched.
        if !isRunning { Reaper.shared.forget(identifier) }
    }

    var isRunning: Bool { process.isRunning }
    var output: String { Self.contents(of: standardOutput) }
    var errorOutput: String { Self.contents(of: standardError) }

    func signal(_ number: Int32) {
        guard isRunning else { return }
        kill(identifier, number)
    }

    /// Waits for the end and returns the exit status, or 128 + the signal that ended it.
    func waitUntilExit(within limit: Duration = patience) throws -> Int32 {
        try wait(for: "the end of process \(identifier)", within: limit) { !isRunning }
        let status = process.terminationStatus
        return process.terminationReason == .exit ? status : 128 + status
    }

    /// Ends the process and its children: nothing of theirs is worth a graceful end.
    deinit {
        guard isRunning else { return }
        kill(-identifier, SIGKILL)
        kill(identifier, SIGKILL)
        // Nothing can be done for a process that outlives SIGKILL.
        _ = try? waitUntilExit(within: .seconds(5))
    }

    private static func emptyFile(_ path: String) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    private static func contents(of path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}

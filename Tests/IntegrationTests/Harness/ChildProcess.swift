import Foundation
import Glibc
import Synchronization

/// A program that a test runs. It does not outlive this object, nor the test process.
final class ChildProcess: Sendable {
    let identifier: pid_t
    /// Holds the output's files.
    private let folder: TemporaryFolder
    private let standardOutput: String
    private let standardError: String
    /// What waitpid(2) said; nil while the program runs.
    private let ending = Mutex<Int32?>(nil)

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
        identifier = try spawn(
            try Programs.path(of: program),
            arguments,
            environment: ProcessInfo.processInfo.environment
                .merging(["TMPDIR": folder.path]) { $1 }.merging(environment) { $1 },
            output: standardOutput,
            errorOutput: standardError
        )
        Reaper.shared.watch(identifier)
    }

    var isRunning: Bool { status == nil }
    var output: String { Self.contents(of: standardOutput) }
    var errorOutput: String { Self.contents(of: standardError) }

    func signal(_ number: Int32) {
        guard isRunning else { return }
        kill(identifier, number)
    }

    /// Waits for the end and returns the exit status, or 128 + the signal that ended it.
    func waitUntilExit(within limit: Duration = patience) throws -> Int32 {
        try wait(for: "the end of process \(identifier)", within: limit) { !isRunning }
        guard let status else { return 0 }
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }

    /// Ends the process and its children: nothing of theirs is worth a graceful end.
    deinit {
        guard isRunning else { return }
        kill(-identifier, SIGKILL)
        kill(identifier, SIGKILL)
        // Nothing can be done for a process that outlives SIGKILL.
        _ = try? waitUntilExit(within: .seconds(5))
    }

    /// Reaps the program if it has ended. Its number is nobody else's before.
    private var status: Int32? {
        ending.withLock { ending in
            if ending == nil {
                var status: Int32 = 0
                guard unsafe waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
                ending = status
                Reaper.shared.forget(identifier)
            }
            return ending
        }
    }

    private static func contents(of path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}

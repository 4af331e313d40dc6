import ArgumentParser
import FoundationEssentials
import Glibc
import Sockets
import Synchronization
import Text

/// The stream for a command's result, written in large chunks, on a terminal at once.
///
/// Nothing else in this module writes to it: text from feeds, access logs and foreign servers must
/// not control a terminal, and is escaped here. A result that cannot be written is a failure: it
/// ends the process, with the reason on standard error.
enum StandardOutput {
    private struct State {
        /// What was printed but not written yet.
        var bytes: [UInt8] = []
        let isTerminal = File.standardOutput.isTerminal
        /// What to do if what is printed now is lost.
        var remedy: String?
        var failureCode: Int32 = EXIT_FAILURE
    }

    /// Written when it holds at least this many bytes.
    private static let capacity = 1 << 16

    private static let state = Mutex(State())

    /// Prints text for people, one line or several.
    static func print(_ text: String, terminator: String = "\n") {
        append((LogText.visible(text, keepsLines: true) + terminator).utf8)
    }

    /// Prints JSON; escaping keeps its value.
    static func print(json: String, terminator: String = "\n") {
        append((LogText.visibleJSON(json) + terminator).utf8)
    }

    /// Erases the screen of a terminal and starts at its top (ECMA-48 §8.3.21, §8.3.39).
    static func clearScreen() { append("\u{1b}[H\u{1b}[2J".utf8) }

    /// Prints bytes as they are: foreign text must be escaped before (``/Core/LogText``).
    static func append(_ bytes: some Collection<UInt8>) {
        write {
            $0.isTerminal || $0.bytes.count >= capacity
        } after: {
            $0.bytes += bytes
        }
    }

    /// Hands everything that was printed to the reader.
    static func flush() { write { _ in true } }

    /// Prints something that is shown only once, and writes it at once.
    ///
    /// - Parameter remedy: what to do if it is lost; `nil` if that is no loss.
    static func printOnce(orElse remedy: String?, _ body: () -> Void) {
        flush()
        state.withLock { $0.remedy = remedy }
        body()
        flush()
        state.withLock { $0.remedy = nil }
    }

    /// Prints text at once. The process goes on if that fails.
    static func printIfPossible(_ text: String) {
        flush()
        // `try?`: the caller has no use for it.
        try? File.standardOutput.write(
            Array((LogText.visible(text, keepsLines: true) + "\n").utf8)
        )
    }

    /// The exit code if a result cannot be written; another than 1 if that is a verdict.
    static func fail(with code: ExitCode) {
        state.withLock { $0.failureCode = code.rawValue }
    }

    /// From now on, the end of the process writes what was printed, and checks that.
    static func flushAtExit() {
        ProcessSignals.ignoreFailedWrites()
        atexit {
            StandardOutput.flush()
            // Help and completions, which the argument parser prints.
            if fflush(nil) != 0 { StandardOutput.end(SystemError(code: errno)) }
        }
    }

    private static func write(
        if isDue: (State) -> Bool,
        after change: (inout State) -> Void = { _ in }
    ) {
        let failure: SystemError? = state.withLock { state in
            change(&state)
            guard isDue(state), !state.bytes.isEmpty else { return nil }
            defer { state.bytes.removeAll(keepingCapacity: true) }
            do throws(SystemError) {
                try File.standardOutput.write(state.bytes)
                return nil
            } catch {
                return error
            }
        }
        if let failure { end(failure) }
    }

    private static func end(_ error: SystemError) -> Never {
        let (remedy, code) = state.withLock { ($0.remedy, $0.failureCode) }
        // A reader that has seen enough, such as head, is no failure.
        if error.isConnectionReset, remedy == nil { ProcessSignals.endByBrokenPipe() }
        StandardError.print(
            "sluice: cannot write the output: \(error)" + (remedy.map { " (\($0))" } ?? "")
        )
        _exit(code)
    }
}

@available(
    *,
    unavailable,
    message: "use StandardOutput.print, which escapes terminal control characters"
)
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {}

/// The stream for everything that is not a command's result.
enum StandardError {
    /// Prints one line for people; characters that could control a terminal, or look like another
    /// line, are escaped.
    static func print(_ line: String) {
        write(raw: LogText.visible(line, keepsLines: false) + "\n")
    }

    /// Prints several lines, each of which is the program's own.
    static func print(lines: String) {
        write(raw: LogText.visible(lines, keepsLines: true) + "\n")
    }

    /// Writes text that may control a terminal, because the program itself intends to.
    static func write(raw text: String) {
        // `try?`: there is nowhere left to report it.
        try? File.standardError.write(Array(text.utf8))
    }
}

/// Shows on standard error what a command is doing, if that is a terminal: long lists take a moment.
enum Progress {
    private static let isWatched = File.standardError.isTerminal

    static func show(_ step: @autoclosure () -> String) {
        if isWatched { StandardError.print("sluice: \(step())") }
    }
}

extension Encodable {
    /// One JSON object, its keys in order so that it can be compared.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

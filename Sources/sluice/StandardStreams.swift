import FoundationEssentials
import Glibc
import Sockets
import Text

/// The stream for a command's result.
///
/// Nothing else in this module writes to it but ``OutputBuffer``: text from feeds, access logs and
/// foreign servers must not control a terminal, and is escaped here.
enum StandardOutput {
    /// Prints text for people, one line or several.
    static func print(_ text: String, terminator: String = "\n") {
        Swift.print(LogText.visible(text, keepsLines: true), terminator: terminator)
    }

    /// Erases the screen of a terminal and starts at its top (ECMA-48 §8.3.21, §8.3.39).
    static func clearScreen() { Swift.print("\u{1b}[H\u{1b}[2J", terminator: "") }

    /// Hands everything that was printed to the reader.
    static func flush() { fflush(nil) }

    /// Prints JSON; escaping keeps its value.
    static func print(json: String, terminator: String = "\n") {
        Swift.print(LogText.visibleJSON(json), terminator: terminator)
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

import Sockets
import Text

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

import Sockets
import Text

/// The stream for what is not a command's result.
enum StandardError {
    /// Prints one line for people; what could steer a terminal, or look like another line, is made
    /// visible.
    static func print(_ line: String) {
        write(raw: LogText.visible(line, keepsLines: false) + "\n")
    }

    /// Prints text of several lines, each of which is the program's own.
    static func print(lines: String) {
        write(raw: LogText.visible(lines, keepsLines: true) + "\n")
    }

    /// Writes text that may steer a terminal, because the program itself means to.
    static func write(raw text: String) {
        // `try?`: there is nobody left to tell.
        try? File.standardError.write(Array(text.utf8))
    }
}

import Sockets

/// The stream for what is not a command's result.
enum StandardError {
    static func print(_ text: String) {
        write(text + "\n")
    }

    static func write(_ text: String) {
        // `try?`: there is nobody left to tell.
        try? File.standardError.write(Array(text.utf8))
    }
}

import Sockets

/// Shows on standard error what a command is doing, if that is a terminal: long lists take a moment.
enum Progress {
    private static let isWatched = File.standardError.isTerminal

    static func show(_ step: @autoclosure () -> String) {
        if isWatched { StandardError.print("sluice: \(step())") }
    }
}

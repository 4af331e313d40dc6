import Sockets

/// Says on standard error what a command is at, where a person watches: long lists take a moment.
enum Progress {
    private static let isWatched = File.standardError.isTerminal

    static func show(_ step: @autoclosure () -> String) {
        if isWatched { StandardError.print("sluice: \(step())") }
    }
}

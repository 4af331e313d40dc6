import Foundation

/// Says on standard error what a command is at, where a person watches: long lists take a moment.
enum Progress {
    private static let isWatched = isatty(STDERR_FILENO) == 1

    static func show(_ step: @autoclosure () -> String) {
        if isWatched { StandardError.print("sluice: \(step())") }
    }
}

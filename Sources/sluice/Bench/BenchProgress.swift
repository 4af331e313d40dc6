import Foundation
import LoadTesting

/// One line on standard error that tells where a run stands, where a person watches.
struct BenchProgress {
    private static let isWatched = isatty(STDERR_FILENO) == 1
    private static let eraseLine = "\r\u{1b}[K"

    /// "round 2 of 5, direct: "; empty for a single run.
    let place: String
    let operations: String
    private var last = (completed: 0, elapsed: Duration.zero)

    init(place: String, operations: String) {
        self.place = place
        self.operations = operations
    }

    mutating func show(_ event: LoadRun.Event) {
        guard Self.isWatched, case .progress(let progress, let elapsed) = event else { return }
        let seconds = (elapsed - last.elapsed) / .seconds(1)
        let rate = seconds > 0 ? Double(progress.completed - last.completed) / seconds : 0
        last = (progress.completed, elapsed)
        write(
            "\(place)\(Int(elapsed / .seconds(1))) s, \(progress.openConnections) connections, "
                + "\(progress.completed) \(operations) (\(Int(rate))/s), \(progress.failed) failed"
        )
    }

    /// Leaves the line empty for what follows.
    func end() {
        if Self.isWatched { write("") }
    }

    private func write(_ line: String) {
        FileHandle.standardError.write(Data((Self.eraseLine + line).utf8))
    }
}

import LoadTesting
import Sockets
import Text

/// One line on standard error that tells where a run stands, where a person watches.
struct BenchProgress {
    private static let isWatched = File.standardError.isTerminal
    private static let eraseLine = "\r\u{1b}[K"

    /// "round 2 of 5, direct: "; empty for a single run.
    let place: String
    let operations: String
    private var isWarmingUp: Bool
    private var last = (completed: 0, elapsed: Duration.zero)

    /// Shows the place at once: a round may be over before there is more to tell.
    init(place: String, operations: String, warmsUp: Bool) {
        self.place = place
        self.operations = operations
        isWarmingUp = warmsUp
        write("\(place)\(phase)")
    }

    mutating func show(_ event: LoadRun.Event) {
        switch event {
        case .measuringBegan: isWarmingUp = false
        case .measuringEnded: break
        case .progress(let progress, let elapsed): show(progress, elapsed)
        }
    }

    private mutating func show(_ progress: RunProgress, _ elapsed: Duration) {
        let seconds = (elapsed - last.elapsed) / .seconds(1)
        let rate = seconds > 0 ? Double(progress.completed - last.completed) / seconds : 0
        last = (progress.completed, elapsed)
        write(
            "\(place)\(phase)\(Int(elapsed / .seconds(1))) s, "
                + "\(progress.openConnections) connections, "
                + "\(progress.completed) \(operations) (\(Int(rate))/s), \(progress.failed) failed"
        )
    }

    private var phase: String { isWarmingUp ? "warming up, " : "" }

    /// Leaves the line empty for what follows.
    func end() { write("") }

    private func write(_ line: String) {
        guard Self.isWatched else { return }
        StandardError.write(raw: Self.eraseLine + LogText.visible(line, keepsLines: false))
    }
}

import ArgumentParser
import Settings

/// A time between two requests: `2s`, `500ms`.
struct WatchInterval: ExpressibleByArgument, CustomStringConvertible {
    static let standard = WatchInterval(duration: .seconds(2))
    /// More frequent requests would be load.
    private static let shortest = Duration.milliseconds(100)

    let duration: Duration

    private init(duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = Duration(written: argument), duration >= Self.shortest else {
            return nil
        }
        self.duration = duration
    }

    var description: String { duration.configurationText }
}

/// Whether a command repeats what it shows.
struct WatchOptions: ParsableArguments {
    @Option(
        defaultAsFlag: WatchInterval.standard,
        help: ArgumentHelp("Show it again at this interval.", valueName: "interval")
    )
    var watch: WatchInterval?

    /// Runs `show` once, or again and again. Once it has succeeded, a gateway that is away for a
    /// while does not end it.
    func repeated(_ show: () async throws -> Void) async throws {
        try await show()
        guard let watch else { return }
        while true {
            StandardOutput.flush()
            try await Task.sleep(for: watch.duration)
            do {
                try await show()
            } catch let code as ExitCode where code == GatewayExit.unreachable {
                continue
            }
        }
    }
}

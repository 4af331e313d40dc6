package import Time

/// Time and chance, as arguments.
package struct ACMEClock: Sendable {
    package var now: @Sendable () -> UnixTime
    /// From 0 to 1.
    package var random: @Sendable () -> Double
    /// Throws if the task is cancelled.
    package var pause: @Sendable (Duration) async throws -> Void

    package init(
        now: @escaping @Sendable () -> UnixTime,
        random: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        pause: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.now = now
        self.random = random
        self.pause = pause
    }
}

/// How often an authority that needs time is asked.
package struct PollSchedule: Hashable, Sendable {
    package static let first = Duration.milliseconds(500)
    package static let longest = Duration.seconds(10)
    /// Authorities may ask for patience, up to this.
    package static let longestOnRequest = Duration.seconds(60)
    /// For all pauses together.
    package var limit = Duration.seconds(600)

    private var next = PollSchedule.first
    private var total = Duration.zero

    package init() {}

    /// The next pause; `nil` if it has taken too long.
    ///
    /// - Parameter wish: the authority's, by Retry-After.
    package mutating func pause(wish: Duration?) -> Duration? {
        guard total < limit else { return nil }
        var pause = next
        if let wish { pause = min(max(wish, Self.first), Self.longestOnRequest) }
        next = min(next * 2, Self.longest)
        total += pause
        return pause
    }
}

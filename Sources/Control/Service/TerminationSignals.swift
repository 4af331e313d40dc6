import Glibc
import UnixSignals

/// The signals that steer a gateway.
enum TerminationSignals {
    /// Handles signals until `body` has returned.
    ///
    /// - Parameters:
    ///   - reload: called at each SIGHUP.
    ///   - body: gets a function that waits for the first SIGTERM or SIGINT. The second one ends
    ///     the process at once.
    static func handle(
        reload: @escaping @Sendable () -> Void,
        during body:
            @escaping @Sendable (_ untilStopped: @escaping @Sendable () async -> Void) async throws
            -> Void
    ) async throws {
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let signals = await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint)
        try await withThrowingTaskGroup { group in
            group.addTask {
                var isStopping = false
                for await signal in signals {
                    if signal == .sighup {
                        reload()
                    } else if isStopping {
                        // The operator has asked twice.
                        _exit(EXIT_FAILURE)
                    } else {
                        isStopping = true
                        stop.finish()
                    }
                }
            }
            group.addTask { try await body { for await _ in stops {} } }
            // The signals never end by themselves.
            try await group.next()
            group.cancelAll()
        }
    }
}

import Synchronization

/// Clients that connect one after the other, until they are stopped.
final class Crowd: Sendable {
    struct Outcome {
        var admitted = 0
        var failures: [String] = []
    }

    private let outcome = Mutex(Outcome())
    private let isRunning = Atomic(true)
    private let active = Atomic(2)

    init(around endpoint: Endpoint) {
        for member in 1...2 {
            inThread { [self] in
                while isRunning.load(ordering: .relaxed) { visit(endpoint, as: member) }
                active.subtract(1, ordering: .releasing)
            }
        }
    }

    /// Clients that have been served so far.
    var admittedCount: Int { outcome.withLock { $0.admitted } }

    func stop() -> Outcome {
        isRunning.store(false, ordering: .relaxed)
        while active.load(ordering: .acquiring) > 0 { pause(.milliseconds(10)) }
        return outcome.withLock { $0 }
    }

    private func visit(_ endpoint: Endpoint, as member: Int) {
        do {
            let client = try Connection(to: endpoint, from: "127.0.0.\(member)")
            guard try client.exchange("let me in") else { throw HarnessError("a wrong echo") }
            outcome.withLock { $0.admitted += 1 }
        } catch {
            outcome.withLock { $0.failures.append("\(error)") }
        }
        pause(.milliseconds(5))
    }
}

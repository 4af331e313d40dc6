import Synchronization

/// How a reload ended.
struct ReloadResult: Hashable, Sendable {
    /// Why nothing was changed; `nil` if the configuration is active.
    var failure: String?
    /// Each with its place.
    var errors: [String] = []
    var warnings: [String] = []
}

/// Those who wait for a reload. Each waits for one that reads the files after its request, and gets
/// the result once.
final class ReloadWaiters: Sendable {
    typealias Waiter = @Sendable (ReloadResult) -> Void

    private struct State {
        /// For a reload that has not begun.
        var next: [Waiter] = []
        /// By the number of their reload.
        var running: [Int: [Waiter]] = [:]
        var lastNumber = 0
    }

    private let state = Mutex(State())

    func add(_ waiter: @escaping Waiter) {
        state.withLock { $0.next.append(waiter) }
    }

    /// A reload is about to read its files.
    ///
    /// - Returns: its number.
    func begin() -> Int {
        state.withLock { state in
            state.lastNumber += 1
            state.running[state.lastNumber] = state.next
            state.next = []
            return state.lastNumber
        }
    }

    /// A reload has ended. One that was abandoned may end again: that says nothing to anybody.
    func end(_ number: Int, _ result: ReloadResult) {
        let waiters = state.withLock { $0.running.removeValue(forKey: number) ?? [] }
        for waiter in waiters { waiter(result) }
    }

    /// No reload will come of the requests that wait for one.
    func endWaiting(_ result: ReloadResult) {
        let waiters = state.withLock { state in
            defer { state.next = [] }
            return state.next
        }
        for waiter in waiters { waiter(result) }
    }

    /// The reload that reads its files is abandoned.
    func endRunning(_ result: ReloadResult) {
        let numbers = state.withLock { $0.running.keys.sorted() }
        for number in numbers { end(number, result) }
    }
}

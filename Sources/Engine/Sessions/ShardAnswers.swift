/// Collects the answers of several shards to one request, for the task that waits for them.
///
/// Every shard answers once, even with nothing, and even if it is retiring.
final class ShardAnswers<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var missing: Int
        var waiter: CheckedContinuation<[Element], Never>?
    }

    private let state: Locked<State>

    init(from shardCount: Int) {
        state = Locked(State(missing: shardCount))
    }

    /// One shard's answer. Any thread may call it.
    func add(_ elements: [Element]) {
        let finished = state.withLock { state in
            state.elements += elements
            state.missing -= 1
            guard state.missing <= 0, let waiter = state.waiter else {
                return nil as (() -> Void)?
            }
            state.waiter = nil
            let all = state.elements
            return { waiter.resume(returning: all) }
        }
        finished?()
    }

    /// All answers, once every shard has given its own. Called once.
    func all() async -> [Element] {
        await withCheckedContinuation { continuation in
            let ready: [Element]? = state.withLock { state in
                if state.missing <= 0 { return state.elements }
                state.waiter = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}

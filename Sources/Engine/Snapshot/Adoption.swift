/// The way of a snapshot to the shards: who has published it can wait until all of them obey it.
package final class Adoption: Sendable {
    private struct State {
        var missing: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// The generation of the configuration that is adopted.
    package let generation: Int
    private let state: Locked<State>

    init(of generation: Int, by shardCount: Int) {
        self.generation = generation
        state = Locked(State(missing: shardCount))
    }

    /// Called once by each shard, also by one that retires.
    func shardHasAdopted() {
        let waiters = state.withLock { state in
            state.missing -= 1
            guard state.missing <= 0 else { return [] as [CheckedContinuation<Void, Never>] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once every shard decides on new connections by this snapshot or a later one.
    package func wait() async {
        await withCheckedContinuation { continuation in
            let isAdopted = state.withLock { state in
                guard state.missing > 0 else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isAdopted { continuation.resume() }
        }
    }
}

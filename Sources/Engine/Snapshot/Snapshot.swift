import Addresses
import CIDRTrie
import Operations
import Policy
import Sockets
import Traffic

/// All policy and routing, compiled and immutable.
///
/// The control plane creates a new one for each change and delivers it to every shard's mailbox. A
/// shard releases the old one when it switches to the new one, between two events: the last shard's
/// reference frees it.
final class Snapshot: Sendable {
    let generation: Int
    let limits: ConnectionLimits
    /// Per source and reason; 0 for no limit.
    let denialLinesPerMinute: Int
    let keepalive: KeepaliveOptions
    let listeners: [ListenerID: ListenerRoutes]
    let policy: Policy
    /// Decides about running sessions.
    let sessionPolicies: SessionPolicies

    init(
        generation: Int,
        limits: ConnectionLimits,
        denialLinesPerMinute: Int,
        keepalive: KeepaliveOptions,
        listeners: [ListenerID: ListenerRoutes],
        policy: Policy = Policy(),
        sessionPolicies: SessionPolicies
    ) {
        self.generation = generation
        self.limits = limits
        self.denialLinesPerMinute = denialLinesPerMinute
        self.keepalive = keepalive
        self.listeners = listeners
        self.policy = policy
        self.sessionPolicies = sessionPolicies
    }
}

extension Snapshot {
    /// Of connections that wait for a header, a handshake or a name, in each shard.
    var identifyingLimit: Int {
        limits.handshakesPerWorker == 0 ? .max : limits.handshakesPerWorker
    }
}

/// A weak reference to a snapshot held by shards.
struct WeakSnapshot: Sendable {
    private(set) weak var snapshot: Snapshot?

    init(_ snapshot: Snapshot) {
        self.snapshot = snapshot
    }
}

/// A snapshot's adoption by the shards: the publisher can wait until all of them obey it.
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

    /// Returns once every shard decides about new connections by this snapshot or a later one.
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

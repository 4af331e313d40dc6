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
    /// Of each source and reason; 0 for no limit.
    let denialLinesPerMinute: Int
    let keepalive: KeepaliveOptions
    let listeners: [ListenerID: ListenerRoutes]
    let policy: Policy
    /// By which running sessions are judged.
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

/// A weak reference to a snapshot held by shards.
struct WeakSnapshot: Sendable {
    private(set) weak var snapshot: Snapshot?

    init(_ snapshot: Snapshot) {
        self.snapshot = snapshot
    }
}

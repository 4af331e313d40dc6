import Addresses
import Operations
import Traffic

/// A service's backends, resolved. Immutable: a change of addresses makes a new pool, in which the
/// members that stay keep their health and their counts.
final class BackendPool: Sendable {
    /// Members that a connection has tried, by position.
    struct Tried {
        private var bits: UInt64 = 0

        func contains(_ position: Int) -> Bool { bits & Self.bit(position) != 0 }
        mutating func insert(_ position: Int) { bits |= Self.bit(position) }

        /// Beyond 64 members two share a bit: one that was not tried may be passed over.
        private static func bit(_ position: Int) -> UInt64 { 1 << UInt64(position & 63) }
    }

    /// A backend without an address that may be used, and why.
    struct Unresolved: Hashable, Sendable {
        let name: String
        /// As in ``BackendStatus/listener``.
        let listener: SocketAddress?
        let reason: String?
    }

    /// A backend, and its part of the pool's connections.
    struct Member {
        let backend: Backend
        let weight: Int
        let isBackup: Bool
    }

    let members: [Member]
    let unresolved: [Unresolved]
    /// Whether the first addresses of some name are still unknown.
    let awaitsNames: Bool

    init(members: [Member], unresolved: [Unresolved] = [], awaitsNames: Bool = false) {
        self.members = members
        self.unresolved = unresolved
        self.awaitsNames = awaitsNames
    }

    /// Whether nothing can be served yet, but may be in a moment.
    var isStarting: Bool { members.isEmpty && awaitsNames }

    /// The member that should get the next connection, and its position; `nil` if all were tried, or
    /// are to get none.
    ///
    /// - Parameter rotation: changes from connection to connection, so that equals share the load.
    func pick(excluding tried: Tried, rotation: UInt64, at now: Moment) -> (Int, Backend)? {
        if members.count == 1 {
            let only = members[0].backend
            return tried.contains(0) || !only.isActive ? nil : (0, only)
        }
        let position = BackendSelector.select(from: members.count, rotation: rotation) { position in
            let member = members[position]
            guard !tried.contains(position), member.backend.isActive else { return nil }
            return BackendSelector.Candidate(
                tier: BackendSelector.Tier(
                    isUsable: member.backend.isUsable(at: now),
                    isBackup: member.isBackup
                ),
                load: member.backend.activeConnections,
                weight: member.weight
            )
        }
        return position.map { ($0, members[$0].backend) }
    }

    /// The member that has this name or address, `host:port`; `nil` if none has.
    func position(of address: String) -> Int? {
        members.firstIndex {
            $0.backend.name == address || $0.backend.address.description == address
        }
    }

    /// Whether an operator keeps connections from every member.
    var isClosed: Bool {
        !members.isEmpty && members.allSatisfy { !$0.backend.isActive }
    }

    /// - Parameter shortcomings: what a backend lacks of what its clients are greeted with.
    func status(_ shortcomings: (Backend) -> [String]) -> [BackendStatus] {
        members.map { member in
            var status = member.backend.status
            status.shortcomings = shortcomings(member.backend)
            status.weight = member.weight
            status.isBackup = member.isBackup
            return status
        }
            + unresolved.map(\.status)
    }
}

extension BackendPool.Unresolved {
    var status: BackendStatus {
        var status = BackendStatus()
        status.name = name
        status.listener = listener?.description
        status.health = .unresolved
        status.lastFailure = reason
        return status
    }
}

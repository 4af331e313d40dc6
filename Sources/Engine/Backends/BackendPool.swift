import Core

/// A listener's backends, resolved. Immutable: a change of addresses makes a new pool, in which the
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
        let reason: String?
    }

    let members: [Backend]
    let unresolved: [Unresolved]
    /// Whether the first addresses of some name are still to come.
    let awaitsNames: Bool

    init(members: [Backend], unresolved: [Unresolved] = [], awaitsNames: Bool = false) {
        self.members = members
        self.unresolved = unresolved
        self.awaitsNames = awaitsNames
    }

    /// Whether nothing can be served yet, but may be in a moment.
    var isStarting: Bool { members.isEmpty && awaitsNames }

    /// The member that should get the next connection, and its position; `nil` if all were tried.
    /// One that is unhealthy is picked only if no healthy one is left.
    ///
    /// - Parameter rotation: changes from connection to connection, so that equals share the load.
    func pick(excluding tried: Tried, rotation: UInt64, at now: Moment) -> (Int, Backend)? {
        if members.count == 1 { return tried.contains(0) ? nil : (0, members[0]) }
        let position = BackendSelector.select(from: members.count, rotation: rotation) {
            members[$0].isUsable(at: now)
        } load: {
            tried.contains($0) ? nil : members[$0].activeConnections
        }
        return position.map { ($0, members[$0]) }
    }

    var status: [BackendStatus] {
        members.map(\.status)
            + unresolved.map { backend in
                var status = BackendStatus()
                status.name = backend.name
                status.health = .unresolved
                status.lastFailure = backend.reason
                return status
            }
    }
}

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

    let members: [Backend]
    /// Names without an address.
    let unresolved: [String]

    init(members: [Backend], unresolved: [String]) {
        self.members = members
        self.unresolved = unresolved
    }

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
            + unresolved.map { name in
                var status = BackendStatus()
                status.name = name
                status.health = .unresolved
                return status
            }
    }
}

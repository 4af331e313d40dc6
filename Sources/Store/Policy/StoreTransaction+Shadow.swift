package import Addresses
import GRDB
import Text
package import Time

/// Shadow mode: a listener admits, and records, whom no entry of the whitelist matches.
extension StoreTransaction {
    /// At most this long.
    package static let longestShadow = Duration.seconds(7 * 86_400)

    /// Puts a listener into shadow mode until a time, or ends it (`nil`).
    ///
    /// - Throws: `StoreRefusal` if that has passed already or is too far away.
    package mutating func setShadow(
        of listener: SocketAddress,
        until end: UnixTime?,
        of id: String
    ) throws {
        let before = try warehouse(id).shadows
        guard before[listener] != end else { return }
        if let end {
            let seconds = Self.longestShadow.components.seconds
            guard end > now, end.seconds - now.seconds <= seconds else {
                throw StoreRefusal.invalid(
                    field: "until",
                    reason: "expected a time within the next \(seconds / 86_400) days, found"
                        + " \(end.rfc3339)"
                )
            }
        }
        touch()
        var warehouse = try warehouse(id)
        warehouse.shadows[listener] = end
        // Those that have ended leave nothing behind.
        for (other, end) in warehouse.shadows where end <= now {
            warehouse.shadows[other] = nil
            if let database { try PolicyRows.removeShadow(of: other, of: id, in: database) }
        }
        policy.warehouses[id] = warehouse
        if let database {
            if let end {
                try PolicyRows.write(shadowOf: listener, until: end, of: id, to: database)
            } else {
                try PolicyRows.removeShadow(of: listener, of: id, in: database)
            }
        }
        try record(
            AuditedAct(
                end == nil ? "listener.enforce" : "listener.shadow",
                warehouse: id,
                target: "\(listener)",
                before: before[listener].map { ["until": .string($0.rfc3339)] },
                after: end.map { ["until": .string($0.rfc3339)] }
            )
        )
    }
}

import Policy
import Time

/// What has changed among the running sessions between two looks at them, for one reader.
package struct SessionChanges: Hashable, Sendable, Codable {
    /// What flows in a session.
    package struct Traffic: Hashable, Sendable, Codable {
        package var connection: UInt64
        package var bytesIn: UInt64
        package var bytesOut: UInt64

        package init(connection: UInt64, bytesIn: UInt64, bytesOut: UInt64) {
            self.connection = connection
            self.bytesIn = bytesIn
            self.bytesOut = bytesOut
        }
    }

    /// Open connections, including those not yet admitted.
    package var connections: Int
    /// Whether sessions are listed. Too many of them are only counted.
    package var complete: Bool
    /// Whether `opened` are all sessions that run, and not only those since the last event.
    package var snapshot: Bool
    package var opened: [Session]
    /// Their numbers.
    package var closed: [UInt64]
    /// Those whose bytes have changed.
    package var changed: [Traffic]

    /// - Parameters:
    ///   - before: the sessions of the previous look; `nil` if they are not known to the reader.
    ///   - now: the sessions that run; `nil` if there are too many.
    ///   - isVisible: whether the reader may see a warehouse, and wants to.
    package init(
        from before: [Session]?,
        to now: [Session]?,
        connections: Int,
        isVisible: (_ warehouse: String) -> Bool
    ) {
        self.connections = connections
        complete = now != nil
        snapshot = before == nil && now != nil
        (opened, closed, changed) = ([], [], [])
        guard let now else { return }
        var known: [UInt64: Session] = [:]
        for session in before ?? [] { known[session.connection] = session }
        for session in now {
            let old = known.removeValue(forKey: session.connection)
            guard isVisible(session.warehouse) else { continue }
            if let old {
                guard (old.bytesIn, old.bytesOut) != (session.bytesIn, session.bytesOut) else {
                    continue
                }
                changed.append(
                    Traffic(
                        connection: session.connection,
                        bytesIn: session.bytesIn,
                        bytesOut: session.bytesOut
                    )
                )
            } else {
                opened.append(session)
            }
        }
        closed = known.values.filter { isVisible($0.warehouse) }.map(\.connection).sorted()
    }

    /// Whether it has nothing to report but the number of connections.
    package var isEmpty: Bool {
        !snapshot && opened.isEmpty && closed.isEmpty && changed.isEmpty
    }
}

/// Connections that were denied between two looks at the gateway's records.
package struct DenialChange: Hashable, Sendable, Codable {
    package var denial: DenialRecord
    /// How many of the record's are new.
    package var added: Int

    private enum CodingKeys: CodingKey { case added }

    package init(denial: DenialRecord, added: Int) {
        self.denial = denial
        self.added = added
    }

    /// The record's own fields, and `added`.
    package init(from decoder: any Decoder) throws {
        denial = try DenialRecord(from: decoder)
        added = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .added)
    }

    package func encode(to encoder: any Encoder) throws {
        try denial.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(added, forKey: .added)
    }
}

/// How often each source was denied when it was last looked at.
package struct DenialCounts: Sendable {
    private var counts: [DenialRecord.Key: Int] = [:]

    package init(_ list: DenialList) {
        for denial in list.denials { counts[denial.key] = denial.count }
    }

    /// What `list` has more, the earliest first.
    package func changes(to list: DenialList) -> [DenialChange] {
        let changes = list.denials.compactMap { denial -> DenialChange? in
            let before = counts[denial.key] ?? 0
            // A record with less was forgotten in between, and began again.
            let added = denial.count >= before ? denial.count - before : denial.count
            return added > 0 ? DenialChange(denial: denial, added: added) : nil
        }
        return changes.sorted { $0.denial.listOrder < $1.denial.listOrder }
    }
}

/// The data of a `denials` event.
package struct DenialEvent: Hashable, Sendable, Codable {
    /// More are not shown, only counted.
    private static let shownLimit = 200

    package var denials: [DenialChange]
    /// Denied connections that are not shown.
    package var omitted: Int

    package init(_ changes: [DenialChange]) {
        denials = Array(changes.prefix(Self.shownLimit))
        omitted = changes.dropFirst(Self.shownLimit).reduce(0) { $0 + $1.added }
    }
}

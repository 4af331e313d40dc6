import Operations
import Policy
import Traffic

/// What happened at one listener on the way to one warehouse since the start. Updated a few times for
/// each connection, not on the way of the bytes.
final class ListenerCounters: Sendable {
    struct Totals {
        var active = 0
        var accepted: UInt64 = 0
        var admitted: UInt64 = 0
        var shadowed: UInt64 = 0
        var denied: [DenialReason: UInt64] = [:]
        var ends: [ConnectionEnd: UInt64] = [:]
        var bytesIn: UInt64 = 0
        var bytesOut: UInt64 = 0
    }

    private let totals = Locked(Totals())
    /// Apart from the totals, which every connection changes.
    private let http = Locked(HTTPCounts())

    /// - Parameter isAccepted: whether the client counts as accepted here: while its route is
    ///   unknown, only if it never takes one.
    func recordOpened(isAccepted: Bool) {
        totals.withLock { totals in
            totals.accepted &+= isAccepted ? 1 : 0
            totals.active += 1
        }
    }

    /// The client has taken a route, and is counted there.
    func recordLeft() {
        totals.withLock { $0.active -= 1 }
    }

    func recordAdmitted() {
        totals.withLock { $0.admitted &+= 1 }
    }

    func recordShadow() {
        totals.withLock { $0.shadowed &+= 1 }
    }

    func recordBytes(in bytesIn: UInt64, out bytesOut: UInt64) {
        totals.withLock { totals in
            totals.bytesIn &+= bytesIn
            totals.bytesOut &+= bytesOut
        }
    }

    /// - Parameter isAccepted: whether the client counts as accepted only now.
    func recordEnd(_ end: ConnectionEnd, denial: DenialReason?, isAccepted: Bool) {
        totals.withLock { totals in
            totals.active -= 1
            totals.accepted &+= isAccepted ? 1 : 0
            totals.ends[end, default: 0] &+= 1
            if let denial { totals.denied[denial, default: 0] &+= 1 }
        }
    }

    var current: Totals { totals.withLock { $0 } }
}

// MARK: - Requests

extension ListenerCounters {
    /// Adds an HTTP request that has ended. It costs a lock that is rarely waited for, and no
    /// allocation.
    ///
    /// - Parameters:
    ///   - bytesIn: from the client.
    ///   - milliseconds: from its first byte to its end.
    ///   - denial: why it was denied, if it was.
    func recordRequest(
        _ request: HTTPRequestRecord,
        bytesIn: UInt64,
        milliseconds: Int64,
        denial: DenialReason? = nil
    ) {
        http.withLock { counts in
            counts.record(request, bytesIn: bytesIn, milliseconds: milliseconds, denial: denial)
        }
    }

    var currentRequests: HTTPCounts { http.withLock { $0 } }
}

import Core

/// What happened on one listener since the start. Updated once or twice for each connection, not
/// on the way of the bytes.
final class ListenerCounters: Sendable {
    struct Totals {
        var active = 0
        var accepted: UInt64 = 0
        var admitted: UInt64 = 0
        var denied: [DenialReason: UInt64] = [:]
        var ends: [ConnectionEnd: UInt64] = [:]
        var bytesIn: UInt64 = 0
        var bytesOut: UInt64 = 0
    }

    private let totals = Locked(Totals())

    func noteAccepted() {
        totals.withLock { totals in
            totals.accepted &+= 1
            totals.active += 1
        }
    }

    func noteAdmitted() {
        totals.withLock { $0.admitted &+= 1 }
    }

    func noteBytes(in bytesIn: UInt64, out bytesOut: UInt64) {
        totals.withLock { totals in
            totals.bytesIn &+= bytesIn
            totals.bytesOut &+= bytesOut
        }
    }

    func noteEnd(_ end: ConnectionEnd, denial: DenialReason?) {
        totals.withLock { totals in
            totals.active -= 1
            totals.ends[end, default: 0] &+= 1
            if let denial { totals.denied[denial, default: 0] &+= 1 }
        }
    }

    var current: Totals { totals.withLock { $0 } }
}

import Operations
import Synchronization
import TLS
import Traffic

/// The TLS handshakes with clients, counted over all shards.
final class TLSTally: Sendable {
    private let full = Atomic<UInt64>(0)
    private let resumed = Atomic<UInt64>(0)
    private let tls12 = Atomic<UInt64>(0)
    private let started = Atomic<UInt64>(0)
    private let failures = Locked<[TLSFailureCause: UInt64]>([:])

    func recordStarted() {
        started.add(1, ordering: .relaxed)
    }

    func recordEstablished(_ session: TLSSession) {
        if session.isResumed {
            resumed.add(1, ordering: .relaxed)
        } else {
            full.add(1, ordering: .relaxed)
        }
        if session.version == .tls12 { tls12.add(1, ordering: .relaxed) }
    }

    func recordFailed(_ cause: TLSFailureCause) {
        failures.withLock { $0[cause, default: 0] += 1 }
    }

    var status: TLSStatus {
        var status = TLSStatus()
        status.started = started.load(ordering: .relaxed)
        status.full = full.load(ordering: .relaxed)
        status.resumed = resumed.load(ordering: .relaxed)
        status.tls12 = tls12.load(ordering: .relaxed)
        let failures = failures.withLock { $0 }
        status.failures = Dictionary(
            uniqueKeysWithValues: TLSFailureCause.allCases.map { ($0.rawValue, failures[$0] ?? 0) }
        )
        return status
    }
}

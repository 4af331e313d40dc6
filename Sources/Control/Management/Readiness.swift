import Core

/// Whether traffic should be sent to a gateway: one that accepts, and each of whose listeners has a
/// backend to serve with.
struct Readiness {
    /// Why not; empty where it should.
    let reasons: [String]

    init(_ status: GatewayStatus) {
        var reasons: [String] = []
        if status.phase == .draining { reasons.append("draining") }
        for listener in status.listeners
        where !listener.backends.contains(where: { $0.health == .healthy }) {
            reasons.append("listener \(listener.address) has no healthy backend")
        }
        self.reasons = reasons
    }
}

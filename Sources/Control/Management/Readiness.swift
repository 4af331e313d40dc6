import Operations
import Policy
import Settings

/// Whether traffic should be sent to a gateway: one that accepts connections, with an active
/// configuration.
///
/// A backend that is down does not make a gateway unready: the other gateways of a fleet have the
/// same backends, and one warehouse's outage must not take them all out of their load balancer.
struct Readiness {
    /// Why not; empty if it should.
    let reasons: [String]

    init(_ status: GatewayStatus) {
        if status.phase == .draining {
            reasons = ["draining"]
        } else if status.generation == 0 {
            reasons = ["starting: no active configuration"]
        } else {
            reasons = []
        }
    }

    /// Whether traffic to one warehouse should be sent to a gateway: in addition, each of its
    /// listeners has a healthy backend. Its own way to services elsewhere, an outbound link, does not
    /// count.
    ///
    /// Anyone may ask, so backends are not named.
    ///
    /// - Returns: `nil` if there is no such warehouse.
    init?(_ status: GatewayStatus, of warehouse: String) {
        let all = status.listeners.filter { $0.warehouse == warehouse }
        let listeners = all.filter { $0.link != .outbound }
        let gateway = Readiness(status).reasons
        guard !all.isEmpty || !gateway.isEmpty else { return nil }
        reasons =
            gateway
            + listeners.filter { !$0.hasHealthyBackend }.map { listener in
                let isUsed = listener.backends.allSatisfy { $0.mode == .active }
                return
                    "listener \(listener.address) has no healthy\(isUsed ? "" : ", active") backend"
            }
    }
}

extension ListenerStatus {
    fileprivate var hasHealthyBackend: Bool {
        backends.contains { $0.health == .healthy && $0.mode == .active }
    }
}

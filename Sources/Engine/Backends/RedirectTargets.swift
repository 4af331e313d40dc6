import Addresses
import Operations
import Traffic

/// Why a redirect is not followed.
package enum RedirectRefusal: Hashable, Sendable {
    /// The server is neither a backend of the service nor among its redirect targets.
    case notListed
    /// The server is reached by HTTPS, and the service has neither `redirects.tls` nor `backendTLS`.
    case needsTLS
}

/// The servers that redirects of a service's backends may lead to, resolved and judged: its own
/// backends, the configured targets and the learned ones. Immutable, as ``BackendPool`` is.
///
/// Names are compared with names, addresses with the addresses that names had when they were
/// judged. What matches is dialed there: nothing is resolved for a redirect.
struct RedirectTargets: Sendable {
    /// What is found for a server.
    enum Choice {
        case backend(Backend)
        /// It is a redirect target, but cannot be used now.
        case unavailable(reason: String)
        case refused(RedirectRefusal)
    }

    /// A backend or target as it is written, and its usable addresses.
    struct Entry {
        let place: BackendAddress
        let backends: [Backend]
        /// Why there is none.
        let reason: String?
    }

    /// Backends that are no members of the service's pool.
    let backends: [Backend]
    /// Targets without a usable address.
    let unresolved: [BackendPool.Unresolved]
    private let entries: [Key: [Backend]]
    private let reasons: [Key: String]

    /// A server, whatever it speaks.
    private struct Key: Hashable {
        let host: String
        let port: UInt16

        init(_ target: RedirectTarget) {
            host = target.host
            port = target.port
        }
    }

    /// Nothing is allowed.
    init() {
        self.init([])
    }

    /// - Parameter entries: of those for the same server, the first counts.
    init(_ entries: [Entry], listener: SocketAddress? = nil) {
        var known: [Key: [Backend]] = [:]
        var reasons: [Key: String] = [:]
        for entry in entries {
            let key = Key(RedirectTarget(entry.place))
            if entry.backends.isEmpty {
                reasons[key] = entry.reason ?? "has no address"
            } else if known[key] == nil {
                known[key] = entry.backends
            }
        }
        for backend in entries.flatMap(\.backends) {
            let place = BackendAddress(host: .ip(backend.address.ip), port: backend.address.port)
            let key = Key(RedirectTarget(place))
            if known[key] == nil { known[key] = [backend] }
        }
        self.entries = known
        self.reasons = reasons
        var seen: Set<BackendKey> = []
        backends = entries.flatMap(\.backends)
            .filter { $0.key.isRedirectTarget && seen.insert($0.key).inserted }
        // One that is listed and configured can be used as configured.
        unresolved = entries.filter { known[Key(RedirectTarget($0.place))] == nil }.map { entry in
            BackendPool.Unresolved(
                name: entry.place.description,
                listener: listener,
                reason: entry.reason
            )
        }
    }

    /// - Parameters:
    ///   - hasTLS: whether redirects to HTTPS are followed.
    ///   - now: the moment at which the backend must be usable, if there is a choice.
    func choice(for target: RedirectTarget, hasTLS: Bool, at now: Moment) -> Choice {
        let key = Key(target)
        guard let backends = entries[key] ?? entries[Key(target.unmapped)] else {
            return reasons[key].map { .unavailable(reason: $0) } ?? .refused(.notListed)
        }
        guard !target.usesTLS || hasTLS else { return .refused(.needsTLS) }
        let open = backends.filter(\.isActive)
        let usable = open.filter { $0.isUsable(at: now) }
        let best = (usable.isEmpty ? open : usable).min {
            $0.activeConnections < $1.activeConnections
        }
        return best.map { .backend($0) }
            ?? .unavailable(reason: "\(target) is in drain or maintenance mode")
    }
}

extension RedirectTargets {
    /// Those that are not backends of the service; `nil` for none.
    var status: [BackendStatus]? {
        let all = backends.map(\.status) + unresolved.map(\.status)
        return all.isEmpty
            ? nil
            : all.map { status in
                var status = status
                status.isRedirectTarget = true
                // Only connects show it: the last one counts.
                if status.health == .healthy, status.connections == 0 {
                    status.health = .notChecked
                }
                return status
            }
    }
}

extension RedirectTarget {
    /// The same server, with an address that is mapped into IPv6 turned into the IPv4 one.
    fileprivate var unmapped: RedirectTarget {
        guard let address else { return self }
        let place = BackendAddress(host: .ip(address.ip), port: port)
        return RedirectTarget(place, usesTLS: usesTLS)
    }
}

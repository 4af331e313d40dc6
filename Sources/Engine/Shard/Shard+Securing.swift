import Addresses
import Policy
import Settings
import Sockets
import TLS
import Traffic

/// TLS that ends at the gateway, on either side.
extension Shard {
    /// Begins the handshake with a client, which has sent `held` of it.
    func startTLS(withClientOf key: Key, held: [UInt8]) -> Lifecycle.Step? {
        guard let routes = snapshot.listeners[connections[key].listener], let server = routes.tls
        else {
            let detail = "the listener does not end TLS any longer"
            return connections[key].lifecycle.secureFailed(.client, detail: detail)
        }
        if let reason = foreseenDenial(of: key, at: routes) {
            return connections[key].lifecycle.foreseen(reason)
        }
        guard let connection = server.accept() else {
            return connections[key].lifecycle.close(.resourceExhausted)
        }
        secure(.client, of: key, by: connection, held: held)
        services.tls.recordStarted()
        return continueHandshake(with: .client, of: key)
    }

    /// Begins the handshake with the backend as soon as all before it was sent, or continues it.
    func secureBackend(of key: Key) -> Lifecycle.Step? {
        if !connections[key].tunnel.backend.isLayered {
            _ = connections[key].tunnel.sendPending(with: tools)
            guard !connections[key].tunnel.hasPending(from: .client) else { return nil }
            guard startTLS(withBackendOf: key) else {
                let detail = "the service has no TLS settings"
                return connections[key].lifecycle.secureFailed(.backend, detail: detail)
            }
        }
        return continueHandshake(with: .backend, of: key)
    }

    /// Begins the handshake with a backend that is connected.
    ///
    /// - Returns: whether there is one.
    func startTLS(withBackendOf key: Key) -> Bool {
        guard let backend = connections[key].backend,
            let connection = connections[key].dial?.startTLS(with: backend)
        else { return false }
        secure(.backend, of: key, by: connection)
        return true
    }

    private func secure(
        _ side: RelaySide,
        of key: Key,
        by connection: TLSConnection,
        held: [UInt8] = []
    ) {
        let layer = TLSLayer(
            connection,
            on: connections[key].tunnel[side].socket,
            buffers: tools.tls,
            held: held,
            endsBySocket: connections[key].profile.settings.protocol != .tcp
        )
        connections[key].tunnel[side].change(to: layer)
    }

    func continueHandshake(with side: RelaySide, of key: Key) -> Lifecycle.Step? {
        switch connections[key].tunnel[side].handshake() {
        case .inProgress:
            return nil
        case .established(let session):
            if side == .client {
                services.tls.recordEstablished(session)
                // Of a client that leaves then, such as one that refuses the certificate's name,
                // this is all that is known.
                connections[key].notes.tls = session
            }
            // An authority has seen what it wanted (RFC 8737 §3).
            if side == .client, session.applicationProtocol == TLSChallenges.applicationProtocol {
                return connections[key].lifecycle.close(.finished)
            }
            return connections[key].lifecycle.secured(side, session)
        case .failed(let reason):
            if side == .client { services.tls.recordFailed(TLSFailureCause(reason: reason)) }
            let detail = side == .client ? reason : backendDetail(reason, of: key)
            return connections[key].lifecycle.secureFailed(side, detail: detail)
        }
    }

    private func backendDetail(_ reason: String, of key: Key) -> String {
        let address = connections[key].backend.map { "\($0.address): " } ?? ""
        return "\(address)TLS: \(reason)"
    }

    /// Why a client will be denied whatever it says in its handshake, which is spared if nothing
    /// would be said to it.
    private func foreseenDenial(of key: Key, at routes: ListenerRoutes) -> DenialReason? {
        let settings = routes.profile.settings
        // Behind a load balancer the client is not known before its header is judged.
        guard settings.reject == .drop, settings.link == .public, !routes.all.isEmpty,
            routes.headerPolicy.expectation(from: connections[key].peer.ip) == .payload
        else { return nil }
        var reason: DenialReason?
        for route in routes.all {
            let verdict = route.policy.verdict(
                client: connections[key].peer.ip,
                endpoint: nil,
                at: now.unixTime
            )
            guard let denial = verdict.denial else { return nil }
            reason = denial
        }
        return reason
    }
}

/// How a service's backends are reached over TLS.
final class BackendTLS: Sendable {
    private let client: TLSClient
    /// Sent and verified instead of the backend's own name.
    private let serverName: String?
    private let verifies: Bool

    init(_ client: TLSClient, serverName: String?, verifies: Bool) {
        self.client = client
        self.serverName = serverName
        self.verifies = verifies
    }

    /// The name of a backend is sent in the ClientHello; an address is not one (RFC 6066 §3).
    func connect(to backend: Backend) -> TLSConnection? {
        connect(to: backend, name: backend.hostName, reportsOnly: false)
    }

    /// The name that a redirect has for the server, which is listed, is the one that its certificate must
    /// have. If the redirect has an address, it is the name that the address is listed by.
    func connect(to backend: Backend, namedBy redirect: RedirectTarget) -> TLSConnection? {
        let name = redirect.address == nil ? redirect.host : backend.hostName
        return connect(to: backend, name: name, reportsOnly: false)
    }

    /// For a health check, which tells nothing that a false backend must not know, and therefore
    /// completes the handshake with it: MySQL servers lock out those who often do not.
    func check(_ backend: Backend) -> TLSConnection? {
        connect(to: backend, name: backend.hostName, reportsOnly: true)
    }

    /// - Parameter name: `nil` for the address.
    private func connect(to backend: Backend, name: String?, reportsOnly: Bool) -> TLSConnection? {
        let name = serverName ?? name
        let verified = name ?? "\(backend.address.ip)"
        return client.connect(
            serverName: name,
            verifiedName: verifies ? verified : nil,
            reportsOnly: reportsOnly
        )
    }
}

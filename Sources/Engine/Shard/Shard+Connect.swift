import Addresses
import Core
import ProxyProtocol
import Sockets

/// From the verdict to a connected backend.
extension Shard {
    /// So old a connection to a backend must be before keepalive probes are asked for: many are
    /// closed before and never need the four system calls.
    private static let keepaliveDelay = Duration.seconds(1)

    /// Tries backends, the least loaded first, until a connect is under way or none is left. All are
    /// of the route by which the client was admitted, also after a change of configuration.
    func connect(_ key: Key) {
        var hasPorts = true
        while let backend = takeBackend(for: key) {
            switch start(backend, for: key) {
            case .connected:
                return connected(key)
            case .inProgress:
                return setDeadline(
                    of: key,
                    after: connections[key].profile.settings.timeouts.connect
                )
            case .failed(let error) where error.isExhaustion:
                // Not the backend's fault, and another one would fare no better.
                leave(backend, for: key, reason: error.description)
                return finish(key, .resourceExhausted)
            case .failed(let error) where backend.isOurShortage(error):
                // Not the backend's fault either, but towards another one ports may be free.
                hasPorts = false
                leave(backend, for: key, reason: error.description)
                services.report(
                    .noSourcePort(backend: backend.address, reason: error.description)
                )
            case .failed(let error):
                giveUp(backend, for: key, reason: error.description)
            }
        }
        reject(key, hasPorts ? .noBackend : .noSourcePort)
    }

    private func takeBackend(for key: Key) -> Backend? {
        guard case .connecting(var dial) = connections[key].phase,
            let (index, backend) = dial.pool.pick(
                excluding: dial.tried,
                rotation: connections[key].id >> 8,
                at: now
            )
        else { return nil }
        dial.tried.insert(index)
        connections[key].phase = .connecting(dial)
        return backend
    }

    private func start(_ backend: Backend, for key: Key) -> ConnectOutcome {
        backend.take()
        connections[key].backend = backend
        let first = Int(connections[key].id >> 8 & 0xffff)
        var outcome = open(backend, attempt: first, for: key)
        for attempt in 1..<backend.sourceCount {
            // The ports of one source address may have run out; those of another have not.
            guard case .failed(let error) = outcome, error.isAddressNotAvailable else { break }
            connections[key].tunnel.dropBackend()
            outcome = open(backend, attempt: first + attempt, for: key)
        }
        return outcome
    }

    private func open(_ backend: Backend, attempt: Int, for key: Key) -> ConnectOutcome {
        do {
            let socket = try backend.openSocket(attempt: attempt)
            let speaksFirst = speaksFirst(key)
            connections[key].tunnel.backend = Side(
                socket,
                segments: .fresh(delaysAcknowledgements: speaksFirst)
            )
            if let name = services.congestion.name(for: backend.address.ip) {
                try socket.setCongestionControl(name)
            }
            if let size = services.bufferPolicy.backendReceive {
                try socket.setReceiveBuffer(size)
            }
            if speaksFirst { try socket.delayHandshakeAcknowledgement() }
            let outcome = socket.connect(to: backend.address)
            if case .failed = outcome { return outcome }
            try epoll.add(socket, token: EventToken.backend(key).rawValue)
            return outcome
        } catch {
            return .failed(error)
        }
    }

    /// Whether the backend hears from us before it has anything to say: our PROXY header, or a
    /// request.
    private func speaksFirst(_ key: Key) -> Bool {
        let settings = connections[key].profile.settings
        return settings.protocol == .http || settings.sendProxyProtocol != .off
    }

    /// The backend's socket became writable, or failed: then it has an error too (epoll_ctl(2)).
    func connectProgressed(_ event: ReadinessEvent, for key: Key) {
        guard connections[key].tunnel.backend.isWritable else { return }
        if event.isError, let error = connections[key].tunnel.backend.socket.takeError() {
            connectFailed(for: key, reason: error.description)
        } else {
            connected(key)
        }
    }

    /// Gives this backend up and tries the next.
    func connectFailed(for key: Key, reason: String) {
        if let backend = connections[key].backend { giveUp(backend, for: key, reason: reason) }
        connect(key)
    }

    private func giveUp(_ backend: Backend, for key: Key, reason: String) {
        leave(backend, for: key, reason: reason)
        backend.noteConnectFailure(reason, at: now)
    }

    private func leave(_ backend: Backend, for key: Key, reason: String) {
        backend.release()
        connections[key].backend = nil
        connections[key].detail = "\(backend.address): \(reason)"
        connections[key].tunnel.dropBackend()
    }

    private func connected(_ key: Key) {
        guard let backend = connections[key].backend,
            case .connecting(let dial) = connections[key].phase
        else { return }
        backend.noteConnected(at: now)
        let header: [UInt8]
        do {
            header = try proxyHeader(for: connections[key], dial.introduction)
        } catch {
            connections[key].detail = error.description
            return reject(key, .badProxyHeader)
        }
        connections[key].isBackendConnected = true
        connections[key].tunnel.open(sending: header)
        enter(.relaying, key)
        connections[key].detail = ""
        let idle = connections[key].profile.settings.timeouts.idle
        connections[key].watch = .soon
        setDeadline(of: key, after: min(idle, Self.keepaliveDelay))
        advance(key, limit: tools.eventByteCount)
    }

    /// What this connection's backend is told of its client, in bytes.
    private func proxyHeader(
        for connection: Connection,
        _ introduction: Introduction?
    ) throws(ProxyHeaderEncodingError) -> [UInt8] {
        let settings = connection.profile.settings.sendProxyProtocol
        guard settings != .off else { return [] }
        return try OutgoingHeader(
            client: connection.client,
            destination: introduction?.destination ?? localAddress(of: connection),
            received: introduction?.headers ?? []
        ).bytes(for: settings)
    }

    /// The address that the client connected to, where no load balancer says another.
    private func localAddress(of connection: Connection) -> SocketAddress {
        // A socket whose client has gone has no address; the listener's is near enough.
        let local = try? connection.tunnel.client.socket.localAddress()
        return local ?? connection.profile.settings.address
    }
}

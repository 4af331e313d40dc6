import Addresses
import Policy
import ProxyProtocol
import Settings
import Sockets
import Time
import Traffic

/// From the verdict to a connected backend.
extension Shard {
    /// Dials for a client that was admitted. All backends are of the route by which it was admitted,
    /// also after a change of configuration.
    func dial(_ target: DialTarget, for key: Key) -> Lifecycle.DialOutcome {
        switch target {
        case .service:
            if case .direct(let server, _) = connections[key].dial?.request?.way {
                return dial(server, for: key)
            }
            if connections[key].isBackendConnected { return reuseBackend(of: key) }
            connections[key].dial?.tryOthers()
            return dialNext(for: key)
        case .another(let reason?):
            giveUpBackend(of: key, reason: reason)
            connections[key].dial?.tryOthers()
            return dialNext(for: key)
        case .another(nil):
            leaveBackend(of: key)
            connections[key].dial?.tryOthers()
            return dialNext(for: key)
        case .anew:
            leaveBackend(of: key)
            connections[key].dial?.tryAll()
            return dialNext(for: key)
        case .address(let address):
            leaveBackend(of: key)
            guard let position = connections[key].dial?.pool.position(of: address) else {
                return .failed(.noBackend, detail: "\(address) is not a backend of this service")
            }
            connections[key].dial?.tryOnly(position)
            return dialNext(for: key)
        case .redirected(let target):
            return dial(target, for: key)
        }
    }

    /// Dials the server that a redirect leads to, and no other in its place.
    private func dial(_ target: RedirectTarget, for key: Key) -> Lifecycle.DialOutcome {
        guard let dial = connections[key].dial else { return .failed(.noBackend) }
        let sender = connections[key].backend
        leaveBackend(of: key)
        switch dial.redirects.choice(for: target, hasTLS: dial.followsToTLS, at: now) {
        case .backend(let backend):
            dial.tryOnly(backend, of: target)
            return dialNext(for: key)
        case .unavailable(let reason):
            return .failed(.noBackend, detail: "redirect target \(target): \(reason)")
        case .refused(let refusal):
            let service = connections[key].profile.destination?.service
            if let service, let sender {
                services.redirectRefusals.add(
                    refusal,
                    of: target,
                    by: sender.title,
                    of: service,
                    at: now
                )
            }
            return .failed(.redirectRefused, detail: refusal.detail(of: target, service))
        }
    }

    /// Tries backends, the least loaded first, until a connect is under way or none is left.
    func dialNext(for key: Key) -> Lifecycle.DialOutcome {
        guard let dial = connections[key].dial else { return .failed(.noBackend) }
        while let backend = dial.next(rotation: connections[key].id >> 8, at: now) {
            switch start(backend, for: key) {
            case .connected:
                return connected(key)
            case .inProgress:
                return .underWay
            case .failed(let error) where error.isExhaustion:
                // Not caused by the backend, and another one would fare no better.
                leaveBackend(of: key, reason: error.description)
                return .exhausted
            case .failed(let error) where backend.isOurShortage(error):
                // Not caused by the backend either, but toward another one there may be free ports.
                dial.hasPorts = false
                leaveBackend(of: key, reason: error.description)
                services.report(
                    .noSourcePort(backend: backend.address, reason: error.description)
                )
            case .failed(let error):
                giveUpBackend(of: key, reason: error.description)
            }
        }
        // Why it failed is among the connection's notes.
        guard !dial.isTargeted else { return .failed(.noBackend) }
        if dial.pool.isClosed {
            return .failed(.noBackend, detail: "all backends are in drain or maintenance mode")
        }
        return .failed(dial.hasPorts ? .noBackend : .noSourcePort)
    }

    private func start(_ backend: Backend, for key: Key) -> ConnectOutcome {
        backend.take()
        connections[key].backend = backend
        let isRedirected = connections[key].dial?.isRedirected == true
        connections[key].notes.requests?
            .beginHop(to: backend.name, isRedirected: isRedirected, at: now)
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
                Transport(socket, by: connections[key].dial?.carrier),
                segments: .fresh(delaysAcknowledgements: speaksFirst)
            )
            if let name = services.congestion.name(for: backend.address.ip) {
                try socket.setCongestionControl(name)
            }
            connections[key].stall.settings.subtract([.backendProbes, .backendBounds])
            if services.bufferPolicy.boundsBeforeConnect { boundBackend(of: key) }
            if speaksFirst { try socket.delayHandshakeAcknowledgement() }
            let outcome = socket.connect(to: backend.address)
            if case .failed = outcome { return outcome }
            try epoll.add(socket, token: EventToken.backend(key).rawValue)
            return outcome
        } catch {
            return .failed(error)
        }
    }

    /// Whether the gateway sends the first bytes to the backend: our PROXY header, or a request.
    private func speaksFirst(_ key: Key) -> Bool {
        let profile = connections[key].profile
        return profile.settings.protocol.firstSpeaker == .client || profile.sendsProxyHeader
    }

    /// The backend's socket became writable, or failed: then it has an error too (epoll_ctl(2)).
    ///
    /// - Returns: `nil` while the connect is under way.
    func connectProgressed(_ event: ReadinessEvent, for key: Key) -> Lifecycle.DialOutcome? {
        if connections[key].dial?.isSecuring == true { return handshakeProgressed(for: key) }
        guard connections[key].tunnel.backend.isWritable else { return nil }
        if event.isError, let error = connections[key].tunnel.backend.socket.takeError() {
            giveUpBackend(of: key, reason: error.description)
            return dialNext(for: key)
        }
        return connected(key)
    }

    /// This backend did not accept the connection: others are preferred for a while.
    func giveUpBackend(of key: Key, reason: String?) {
        guard let backend = connections[key].backend else { return }
        let reason = reason ?? "connection lost"
        backend.recordConnectFailure(reason, at: now)
        let dial = connections[key].dial
        let isOnly = dial?.pool.members.count == 1 || dial?.isTargeted == true
        let next = isOnly ? "" : "; \(backend.nextTry(at: now))"
        leaveBackend(of: key, reason: reason + next)
    }

    private func leaveBackend(of key: Key, reason: String) {
        guard let backend = connections[key].backend else { return }
        leaveBackend(of: key)
        connections[key].notes.detail = "\(backend.address): \(reason)"
    }

    /// Closes the backend's side, for another one may take its place.
    func leaveBackend(of key: Key) {
        connections[key].backend?.release()
        connections[key].backend = nil
        connections[key].isBackendConnected = false
        connections[key].isRelaying = false
        connections[key].dial?.isSecuring = false
        connections[key].tunnel.replaceBackend(with: tools)
        // Pending events of this one must not be taken for events of the next.
        epoll.disregard(token: EventToken.backend(key).rawValue)
    }

    /// A backend is connected: our PROXY header, if it wants one, goes before anything else.
    private func connected(_ key: Key) -> Lifecycle.DialOutcome {
        connections[key].backend?.recordConnected(at: now)
        connections[key].tunnel.backend.isWritable = true
        if connections[key].backend?.receivesProxyHeader == true {
            do {
                let header = try proxyHeader(for: connections[key])
                connections[key].tunnel.enqueue(header, for: .backend, isCounted: false)
            } catch {
                return .failed(.badProxyHeader, detail: error.description)
            }
        }
        guard let dial = connections[key].dial, dial.securesAtOnce else { return speak(key) }
        // The header goes before TLS. A new socket takes it at once.
        _ = connections[key].tunnel.sendPending(with: tools)
        guard startTLS(withBackendOf: key) else { return .exhausted }
        dial.isSecuring = true
        return handshakeProgressed(for: key) ?? .underWay
    }

    /// - Returns: `nil` while the handshake is under way.
    private func handshakeProgressed(for key: Key) -> Lifecycle.DialOutcome? {
        switch connections[key].tunnel.backend.handshake() {
        case .inProgress:
            return nil
        case .established:
            connections[key].dial?.isSecuring = false
            return speak(key)
        case .failed(let reason):
            giveUpBackend(of: key, reason: "TLS: \(reason)")
            return dialNext(for: key)
        }
    }

    /// The connection is as the backend's protocol begins.
    private func speak(_ key: Key) -> Lifecycle.DialOutcome {
        connections[key].isBackendConnected = true
        connections[key].notes.detail = ""
        return connectedOutcome(of: key)
    }

    /// The backend of the last request gets this one too.
    private func reuseBackend(of key: Key) -> Lifecycle.DialOutcome {
        if let backend = connections[key].backend {
            connections[key].notes.requests?.beginHop(to: backend.name, at: now)
        }
        return connectedOutcome(of: key, isReused: true)
    }

    private func connectedOutcome(of key: Key, isReused: Bool = false) -> Lifecycle.DialOutcome {
        if let task = task(of: key, isReused: isReused) { return .connectedFor(task.dialogue) }
        if let dialogue = connections[key].dial?.dialogue { return .connectedFor(dialogue) }
        connections[key].dial = nil
        return .connected
    }

    /// The request that the backend is to get; `nil` if requests are not read.
    private func task(of key: Key, isReused: Bool) -> HTTPTask? {
        guard let plan = connections[key].dial?.request, let rules = connections[key].profile.http
        else { return nil }
        return HTTPTask(
            plan,
            of: client(of: key, under: rules),
            backend: connections[key].backend?.key.name,
            reusesBackend: isReused,
            service: connections[key].profile.serviceName,
            seconds: now.unixTime.seconds
        )
    }

    private func client(of key: Key, under rules: HTTPRules) -> HTTPClient {
        let requests = connections[key].notes.requests
        if let client = requests?.client, client.isClient(under: rules) { return client }
        let client = HTTPClient(
            connections[key].client.address.ip.unmapped.description,
            isSecure: connections[key].notes.tls != nil,
            under: rules
        )
        requests?.client = client
        return client
    }

    /// The bytes that inform this connection's backend about its client.
    private func proxyHeader(for connection: Connection) throws(ProxyHeaderEncodingError)
        -> [UInt8]
    {
        guard let destination = connection.profile.destination,
            destination.sendProxyProtocol != .off
        else { return [] }
        return try OutgoingHeader(
            client: connection.client.address,
            destination: connection.dial?.destination ?? localAddress(of: connection),
            received: connection.dial?.headers ?? [],
            tls: connection.notes.tls
        ).bytes(for: destination.sendProxyProtocol)
    }

    /// The address that the client connected to, unless a load balancer names another.
    private func localAddress(of connection: Connection) -> SocketAddress {
        // A socket whose client has gone has no address; the listener's is near enough.
        let local = try? connection.tunnel.client.socket.localAddress()
        return local ?? connection.profile.settings.address
    }
}

extension RedirectRefusal {
    fileprivate func detail(of target: RedirectTarget, _ service: Service.ID?) -> String {
        switch self {
        case .notListed:
            "\(target) is not among the redirect targets of \(service?.description ?? "the service")"
        case .needsTLS:
            "redirect target \(target) is reached by HTTPS, and there is no redirects.tls"
        }
    }
}

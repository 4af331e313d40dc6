import Addresses
import Core
import ProxyProtocol
import Sockets

/// From accept to the client's identity: whose bytes come first, and what they say.
extension Shard {
    /// Gives a new client a slot, and finds out who it is.
    func begin(_ socket: Socket, from peer: SocketAddress, at listener: ListenerID) {
        guard let route = snapshot.routes[listener] else {
            socket.close()
            return port.releaseConnection()
        }
        route.profile.counters.noteAccepted()
        var connection = Connection(
            id: makeConnectionNumber(),
            listener: listener,
            profile: route.profile,
            socket: socket,
            peer: peer,
            at: now
        )
        connection.endpoint = route.embeddedEndpoint
        if let denial = silencedDenial(of: peer, by: route) {
            return dismiss(socket, of: connection, for: denial)
        }
        let key = connections.insert(connection)
        services.descriptors.take()
        guard watch(socket, token: .client(key)) else {
            return finish(key, .resourceExhausted)
        }
        guard services.budget.take(limit: snapshot.limits.connections) else {
            return reject(key, .connectionLimit)
        }
        connections[key].isCountedInBudget = true
        identify(key, by: route)
    }

    /// - Returns: whether events will come for the socket.
    func watch(_ socket: Socket, token: EventToken) -> Bool {
        do {
            try epoll.add(socket, token: token.rawValue)
            return true
        } catch {
            services.report(.acceptPaused(reason: error.description))
            return false
        }
    }

    private func identify(_ key: Key, by route: Route) {
        switch route.headerPolicy.expectation(from: connections[key].peer.ip) {
        case .payload:
            if route.guardsAgainstForgedHeaders {
                connections[key].tunnel.guardAgainstForgedHeader()
            }
            admit(key, by: route)
        case .header, .headerOrPayload:
            let limit = route.headerPolicy.settings.maximumByteCount
            connections[key].preface = Preface(headerByteLimit: limit)
            setDeadline(of: key, after: route.headerPolicy.settings.timeout)
        case .refusal:
            reject(key, .untrustedProxySource)
        }
    }

    /// Reads on, until the header is complete or cannot become one.
    func readHeader(for key: Key) {
        while connections[key].phase == .readingHeader, connections[key].tunnel.client.isReadable {
            let side = connections[key].tunnel.client
            switch side.socket.read(into: tools.scratch) {
            case .bytes(let count):
                connections[key].tunnel.client.noteRead(count, of: tools.scratch.byteCount)
                receiveHeader(tools.scratch.copy(0..<count), for: key)
            case .wouldBlock:
                connections[key].tunnel.client.isReadable = false
            case .endOfStream, .failed:
                return leftBeforeHeader(key)
            }
            guard connections.contains(key) else { return }
        }
    }

    private func receiveHeader(_ bytes: [UInt8], for key: Key) {
        guard let preface = connections[key].preface else { return }
        do {
            if case .complete(let headers, let payload) = try preface.receive(bytes),
                !payload.isEmpty || !awaitsEndpoint(key, behind: headers)
            {
                identified(key, by: headers, payload: payload)
            }
        } catch .notAProxyHeader
            where isHeaderOptional(for: key) && preface.receiver.headers.isEmpty
        {
            identified(key, by: [], payload: preface.receivedBytes)
        } catch {
            connections[key].detail = error.description
            reject(key, .badProxyHeader)
        }
    }

    /// Whether the headers so far name no endpoint, and the next one still may: a proxy writes its
    /// own header as soon as it connects, and the load balancer's, which comes through it, follows
    /// in a segment of its own.
    ///
    /// Only on a private link, which admits nobody without an endpoint: there is nothing to lose.
    private func awaitsEndpoint(_ key: Key, behind headers: [ProxyHeader]) -> Bool {
        let connection = connections[key]
        guard connection.profile.settings.link == .private, connection.endpoint == nil,
            let policy = snapshot.routes[connection.listener]?.headerPolicy
        else { return false }
        return effectiveClient(peer: connection.peer, headers: headers, isTrusted: policy.isTrusted)
            .isAnnouncedFurther(isTrusted: policy.isTrusted)
    }

    private func isHeaderOptional(for key: Key) -> Bool {
        connections[key].profile.settings.acceptProxyProtocol.mode == .optional
    }

    /// The first bytes are read: the client's identity is known, and what is left is its payload.
    private func identified(_ key: Key, by headers: [ProxyHeader], payload: [UInt8]) {
        guard let route = snapshot.routes[connections[key].listener] else {
            return finish(key, .clientLeft)
        }
        timers.cancel(Int(key.index))
        if payload.isEmpty {
            connections[key].tunnel.guardAgainstForgedHeader()
        } else {
            connections[key].tunnel.hold(payload)
        }
        let client = effectiveClient(
            peer: connections[key].peer,
            headers: headers,
            isTrusted: route.headerPolicy.isTrusted
        )
        connections[key].client = client.address
        connections[key].preface?.destination = client.destination
        connections[key].preface?.believedHeaders = client.believedHeaders
        guard noteEndpoint(of: client.believedHeaders.last, for: key) else { return }
        if client.believedHeaders.last?.origin == .local {
            admitLocal(key, by: route)
        } else {
            admit(key, by: route)
        }
    }

    /// - Returns: false where the header's identity is malformed, and the connection refused.
    private func noteEndpoint(of header: ProxyHeader?, for key: Key) -> Bool {
        guard connections[key].profile.settings.link == .private else { return true }
        do {
            if connections[key].endpoint == nil {
                connections[key].endpoint = try header?.privateLinkIdentity()
                    .map(EndpointName.init)
            }
            return true
        } catch {
            connections[key].detail = error.description
            reject(key, .badProxyHeader)
            return false
        }
    }

    /// A peer that connects and leaves without a word is a probe, not an attack.
    private func leftBeforeHeader(_ key: Key) {
        finish(key, connections[key].preface?.isSilent == false ? .clientLeft : .probe)
    }

    /// No more bytes came in time: what there is must do.
    func headerDeadlinePassed(for key: Key) {
        guard let preface = connections[key].preface else { return finish(key, .clientLeft) }
        if case .complete(let headers, let payload) = preface.receiver.finish() {
            identified(key, by: headers, payload: payload)
        } else if isHeaderOptional(for: key), preface.receiver.headers.isEmpty {
            identified(key, by: [], payload: preface.receivedBytes)
        } else {
            if preface.isSilent { reportSilence(of: key) }
            reject(key, .proxyHeaderTimeout)
        }
    }

    private func reportSilence(of key: Key) {
        connections[key].detail = "the trusted source sent nothing at all"
        services.report(
            .silentLoadBalancer(
                listener: connections[key].profile.settings.address,
                peer: connections[key].peer
            )
        )
    }
}

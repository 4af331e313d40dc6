import Addresses
import Core
import ProxyProtocol
import Sockets

/// From accept to the client's identity: whose bytes come first, and what they say.
extension Shard {
    /// Finds out who a new client is, and admits it or turns it away.
    func begin(_ socket: Socket, from peer: SocketAddress, at listener: ListenerID) {
        guard let route = snapshot.routes[listener] else {
            socket.close()
            services.descriptors.release(Int(DescriptorBudget.perConnection))
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
        switch route.headerPolicy.expectation(from: peer.ip) {
        case .payload:
            if let denial = admission(of: &connection, by: route) {
                turnAway(connection, denial)
            } else if let key = insert(connection) {
                admitted(key, by: route)
            }
        case .header, .headerOrPayload:
            if let key = insert(connection) { awaitHeader(key, by: route) }
        case .refusal:
            turnAway(connection, .untrustedProxySource)
        }
    }

    /// Gives a connection its slot and its events.
    ///
    /// - Returns: `nil` where the system had no room for it: then it has ended.
    func insert(_ connection: consuming Connection) -> Key? {
        let socket = connection.tunnel.client.socket
        let key = connections.insert(connection)
        do {
            try epoll.add(socket, token: EventToken.client(key).rawValue)
            return key
        } catch {
            services.report(.acceptPaused(reason: error.description))
            finish(key, .resourceExhausted)
            return nil
        }
    }

    private func awaitHeader(_ key: Key, by route: Route) {
        let preface = Preface(
            from: connections[key].peer,
            policy: route.headerPolicy,
            needsEndpoint: needsEndpoint(connections[key])
        )
        enter(.readingHeader(HeaderReading(preface)), key)
        setDeadline(of: key, after: route.headerPolicy.settings.timeout)
    }

    private func needsEndpoint(_ connection: Connection) -> Bool {
        connection.profile.settings.link == .private && connection.endpoint == nil
    }

    /// Reads on, until the header is complete or cannot become one.
    func readHeader(for key: Key) {
        while case .readingHeader(let reading) = connections[key].phase,
            connections[key].tunnel.client.isReadable
        {
            switch connections[key].tunnel.client.socket.read(into: tools.scratch) {
            case .bytes(let count):
                connections[key].tunnel.client.noteRead(count, of: tools.scratch.byteCount)
                perform(reading.preface.receive(tools.scratch.copy(0..<count)), for: key)
            case .wouldBlock:
                connections[key].tunnel.client.isReadable = false
            case .endOfStream:
                perform(reading.preface.endOfStream(), for: key)
            case .failed:
                perform(.left(isProbe: reading.preface.isSilent), for: key)
            }
            guard connections.contains(key) else { return }
        }
    }

    /// No more bytes came in time: what there is must do.
    func headerDeadlinePassed(for key: Key, _ reading: HeaderReading) {
        let step = reading.preface.deadlinePassed()
        if case .refused = step, reading.preface.isSilent { reportSilence(of: key) }
        perform(step, for: key)
    }

    private func perform(_ step: Preface.Step, for key: Key) {
        switch step {
        case .wait:
            break
        case .identified(let headers, let payload):
            identified(key, by: headers, payload: payload)
        case .refused(let reason, let detail):
            if !detail.isEmpty { connections[key].detail = detail }
            reject(key, reason)
        case .left(let isProbe):
            // A peer that connects and leaves without a word is a probe, not an attack.
            finish(key, isProbe ? .probe : .clientLeft)
        }
    }

    /// The first bytes are read: what they say is weighed by the policy of now, and what is left of
    /// them is the client's payload.
    private func identified(_ key: Key, by headers: [ProxyHeader], payload: [UInt8]) {
        guard let route = snapshot.routes[connections[key].listener] else {
            return finish(key, .clientLeft)
        }
        timers.cancel(Int(key.index))
        connections[key].profile = route.profile
        switch route.headerPolicy.identity(of: connections[key].peer, headers: headers) {
        case .refused(let reason):
            reject(key, reason)
        case .client(let client, let isForging):
            guard takeIdentity(of: client, for: key) else { return }
            guard connections[key].tunnel.take(payload), !isForging else {
                let denial = verdict(on: connections[key], by: route).denial
                return reject(key, denial ?? .unexpectedProxyHeader)
            }
            admit(key, by: route, Introduction(client))
        }
    }

    /// - Returns: false where the headers name no endpoint that can be, and the connection is refused.
    private func takeIdentity(of client: EffectiveClient, for key: Key) -> Bool {
        connections[key].client = client.address
        connections[key].isIntroduced = !client.believedHeaders.isEmpty
        connections[key].intermediaries = client.intermediaries
        do {
            connections[key].endpoint = try connections[key].profile.settings.endpoint(of: client)
            return true
        } catch {
            connections[key].detail = error.description
            reject(key, .badProxyHeader)
            return false
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

extension EffectiveClient {
    /// Who wrote the believed headers after the first one.
    fileprivate var intermediaries: [IPAddress] {
        believedHeaders.dropLast().compactMap { header in
            guard case .proxied(let source, _) = header.origin else { return nil }
            return source.ip.unmapped
        }
    }
}

import Addresses
import Core
import Sockets

/// Turning a client away, in its own words where the listener wants that.
extension Shard {
    /// How long a refused client may take to read what it was told.
    private static let lingerTime = Duration.seconds(2)
    private static let loginTime = Duration.seconds(5)

    /// Denies a client, which gives back all that it was counted in, and says why.
    func reject(_ key: Key, _ reason: DenialReason) {
        connections[key].denial = reason
        connections[key].end = .denied
        let isAnswered = noteDenial(reason, of: &connections[key])
        releaseBackend(of: key)
        giveBack(&connections[key].holdings, keepingDescriptors: 1)
        guard isAnswered else { return finish(key, .denied) }
        answer(key, reason)
    }

    /// Says why, as the listener wants it, and ends the connection.
    func answer(_ key: Key, _ reason: DenialReason) {
        switch connections[key].profile.settings.reject {
        case .drop: finish(key, .denied)
        case .error: sayRejection(key, reason)
        case .errorAfterGreeting: greet(key, reason)
        }
    }

    private func sayRejection(_ key: Key, _ reason: DenialReason) {
        let bytes = Rejection.bytes(
            for: connections[key].profile.settings.protocol,
            reason: reason,
            client: connections[key].client.ip
        )
        say(bytes, to: key)
        linger(key)
    }

    /// Writes a few bytes to the client. A new socket's buffer takes them; one that does not has
    /// a client that is not reading.
    private func say(_ bytes: [UInt8], to key: Key) {
        guard !bytes.isEmpty else { return }
        _ = connections[key].tunnel.client.socket.write(bytes)
    }

    /// Sends FIN, and waits until the client has closed too: closing with unread bytes would send
    /// a reset, which can overtake what was said (RFC 9112 §9.6).
    func linger(_ key: Key) {
        enter(.lingering, key)
        connections[key].tunnel.client.socket.shutdownWrite()
        setDeadline(of: key, after: Self.lingerTime)
        discard(for: key)
    }

    /// Reads what nobody wants, for one turn at most, until the client closes.
    func discard(for key: Key) {
        for _ in 0..<RelayTools.turnLimit {
            guard connections[key].tunnel.client.isReadable else { return }
            let side = connections[key].tunnel.client
            switch side.socket.read(into: tools.scratch) {
            case .bytes: continue
            case .wouldBlock: connections[key].tunnel.client.isReadable = false
            case .endOfStream, .failed: return finish(key, connections[key].end)
            }
        }
        finish(key, connections[key].end)
    }
}

// MARK: - MySQL: greet first

extension Shard {
    private func greet(_ key: Key, _ reason: DenialReason) {
        let rejection = GreetingRejection(
            reason: reason,
            client: connections[key].client.ip,
            connectionID: UInt32(truncatingIfNeeded: connections[key].id),
            scramble: MySQLScramble((0..<20).map { _ in UInt8.random(in: 1...127) })
        )
        enter(.greeting(Greeting(rejection)), key)
        say(rejection.greeting, to: key)
        setDeadline(of: key, after: Self.loginTime)
        readLogin(for: key)
    }

    /// Waits for the login packet, whose sequence number the error must follow.
    func readLogin(for key: Key) {
        while connections[key].tunnel.client.isReadable {
            switch connections[key].tunnel.client.socket.read(into: tools.scratch) {
            case .bytes(let count):
                guard receiveLogin(tools.scratch.copy(0..<count), for: key) else { return }
            case .wouldBlock:
                connections[key].tunnel.client.isReadable = false
            case .endOfStream, .failed:
                return finish(key, connections[key].end)
            }
        }
    }

    /// - Returns: whether more is to be read.
    private func receiveLogin(_ bytes: [UInt8], for key: Key) -> Bool {
        guard case .greeting(let greeting) = connections[key].phase else { return false }
        switch greeting.rejection.receive(bytes) {
        case .wait:
            return true
        case .finish(let reply):
            say(reply, to: key)
            linger(key)
        case .abort:
            finish(key, connections[key].end)
        }
        return false
    }
}

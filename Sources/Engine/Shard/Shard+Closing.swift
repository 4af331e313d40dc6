import Core
import Sockets

/// The end of a connection: its sockets, its counts, its line in the access log.
extension Shard {
    /// Closes both sides in the ordinary way, and forgets the connection.
    func finish(_ key: Key, _ end: ConnectionEnd) {
        forget(key, end) { $0.close() }
    }

    /// Passes a reset on: closes the side that did not fail with RST too.
    func abort(_ key: Key, _ end: ConnectionEnd) {
        forget(key, end) { $0.closeWithReset() }
    }

    func closeAll(_ end: ConnectionEnd) {
        for key in connections.keys { finish(key, end) }
    }

    private func forget(_ key: Key, _ end: ConnectionEnd, close: (Socket) -> Void) {
        reportBytes(of: key)
        timers.cancel(Int(key.index))
        guard var connection = connections.remove(key) else { return }
        connection.tunnel.close(with: tools)
        if connection.tunnel.backend.socket.isOpen { close(connection.tunnel.backend.socket) }
        close(connection.tunnel.client.socket)
        leaveRoom(connection.phase)
        port.releaseConnection()
        if let hold = connection.hold {
            services.buffers.add(-hold.byteCount, to: connection.bufferSource)
        }
        giveBack(&connection.holdings)
        connection.backend?.release()
        let denial = end == .revoked ? nil : connection.denial
        connection.profile.counters.noteEnd(end, denial: denial)
        if connection.isLogged { records.append(record(of: connection, end)) }
    }

    /// Closes the backend's side alone, when the client is still to be told something.
    func releaseBackend(of key: Key) {
        connections[key].backend?.release()
        connections[key].backend = nil
        connections[key].isBackendConnected = false
        connections[key].tunnel.dropBackend()
    }

    /// What is known of this one; of a header that is missing or in the wrong place, what to do.
    private func detail(of connection: Connection) -> String {
        guard connection.detail.isEmpty, let denial = connection.denial else {
            return connection.detail
        }
        switch denial {
        case .untrustedProxySource, .badProxyHeader, .proxyHeaderTimeout, .unexpectedProxyHeader,
            .noEndpoint, .unknownEndpoint:
            return denial.advice
        default: return ""
        }
    }

    func record(of connection: Connection, _ end: ConnectionEnd) -> AccessRecord {
        var record = AccessRecord(peer: connection.peer)
        record.acceptedAtMicroseconds = connection.acceptedAt.realtimeMicroseconds
        record.connection = connection.id
        record.warehouse = connection.profile.warehouse.id
        record.listener = connection.profile.name
        record.link = connection.profile.settings.link
        record.client = connection.client
        record.endpoint = connection.endpoint
        record.verdict = connection.denial == nil || end == .revoked ? .allow : .deny
        record.rule = connection.rule
        record.reason = connection.denial
        record.backend = connection.isBackendConnected ? connection.backend?.address : nil
        record.bytesIn = connection.tunnel.toBackend.byteCount
        record.bytesOut = connection.tunnel.toClient.byteCount
        record.durationMicroseconds =
            (now.nanoseconds - connection.acceptedAt.nanoseconds) / 1_000
        record.end = end
        record.detail = detail(of: connection)
        record.unlogged = UInt64(connection.unlogged)
        return record
    }
}

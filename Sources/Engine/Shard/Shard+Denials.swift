import Addresses
import Core
import Sockets

/// Denials are written down, and what costs most is spared those who do not give up.
extension Shard {
    /// Records a denial.
    ///
    /// - Returns: whether the client is told.
    func noteDenial(_ reason: DenialReason, of connection: inout Connection) -> Bool {
        let network = connection.endpoint.map { endpoint in
            snapshot.routes[connection.listener]?.endpoints[endpoint]?.network ?? .max
        }
        let treatment = denials.note(
            Denial(
                reason,
                of: SourceKey(connection.client.ip, in: network ?? 0),
                to: connection.profile.warehouse.id,
                at: connection.profile.name,
                through: connection.endpoint,
                by: connection.rule,
                detail: connection.detail
            ),
            linesInMinute: snapshot.denialLinesPerMinute,
            at: now.unixTime,
            milliseconds: now.milliseconds
        )
        connection.isLogged = treatment.isLogged
        connection.unlogged = treatment.unlogged
        if !treatment.isLogged { services.unloggedDenials.add() }
        if reason == .unknownEndpoint { noteUnknownEndpoint(of: connection) }
        reportLimit(reason, of: connection)
        return treatment.isAnswered
    }

    private func noteUnknownEndpoint(of connection: Connection) {
        guard let endpoint = connection.endpoint else { return }
        services.seenEndpoints.withLock { seen in
            seen.note(
                endpoint,
                of: connection.profile.warehouse.id,
                client: connection.client.ip,
                at: now.unixTime
            )
        }
    }

    /// An operator should learn which key a busy client runs into; once a second is enough.
    private func reportLimit(_ reason: DenialReason, of connection: Connection) {
        guard reason.isLimit, now.milliseconds - limitReportedAt >= 1_000 else { return }
        limitReportedAt = now.milliseconds
        services.report(
            .limitReached(
                reason,
                listener: connection.profile.settings.address,
                client: connection.client.ip
            )
        )
    }

    /// Denies a client that has no slot yet. One that does not give up is closed without a slot, an
    /// event or a word.
    func turnAway(_ denied: Connection, _ reason: DenialReason) {
        var connection = denied
        connection.denial = reason
        connection.end = .denied
        let isAnswered = noteDenial(reason, of: &connection)
        guard isAnswered, connection.profile.settings.reject != .drop else {
            let socket = connection.tunnel.client.socket
            if isAnswered { socket.close() } else { socket.closeWithReset() }
            return dismissed(&connection)
        }
        guard let key = insert(connection) else { return }
        giveBack(&connections[key].holdings, keepingDescriptors: 1)
        answer(key, reason)
    }

    private func dismissed(_ connection: inout Connection) {
        port.releaseConnection()
        giveBack(&connection.holdings)
        connection.profile.counters.noteEnd(.denied, denial: connection.denial)
        if connection.isLogged { records.append(record(of: connection, .denied)) }
    }
}

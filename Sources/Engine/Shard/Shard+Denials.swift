import Addresses
import Core
import Sockets

/// Denials are written down, and what costs most is spared those who do not give up.
extension Shard {
    /// Takes note of a denial.
    ///
    /// - Returns: whether the client is told.
    func noteDenial(_ reason: DenialReason, of key: Key) -> Bool {
        let connection = connections[key]
        let network = connection.endpoint.map { endpoint in
            snapshot.routes[connection.listener]?.endpoints[endpoint]?.network ?? .max
        }
        let treatment = note(
            reason,
            of: SourceKey(connection.client.ip, in: network ?? 0),
            through: connection.endpoint,
            to: connection.profile.warehouse.id
        )
        connections[key].isLogged = treatment.isLogged
        connections[key].unlogged = treatment.unlogged
        if reason == .unknownEndpoint { noteUnknownEndpoint(of: connection) }
        return treatment.isAnswered
    }

    private func note(
        _ reason: DenialReason,
        of source: SourceKey,
        through endpoint: EndpointName?,
        to warehouse: String
    ) -> DenialTable.Treatment {
        denials.note(
            reason,
            of: source,
            through: endpoint,
            to: warehouse,
            linesInMinute: snapshot.denialLinesPerMinute,
            at: now.unixTime,
            milliseconds: now.milliseconds
        )
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
}

// MARK: - Sources that do not give up

extension Shard {
    /// Why a client is denied that has been denied so often that nobody listens to it any more;
    /// `nil` for all others. The policy in force is asked each time, so that a source passes from
    /// the moment at which it may.
    func silencedDenial(of peer: SocketAddress, by route: Route) -> DenialReason? {
        guard denials.count > 0, case .payload = route.headerPolicy.expectation(from: peer.ip),
            route.profile.settings.link != .private,
            let reason = route.policy.verdict(client: peer.ip, endpoint: nil, at: now.unixTime)
                .denial,
            denials.isSilenced(
                reason,
                of: SourceKey(peer.ip),
                to: route.profile.warehouse.id,
                at: now.unixTime
            )
        else { return nil }
        return reason
    }

    /// Closes a silenced client's connection without a slot, an event or a word.
    func dismiss(_ socket: Socket, of connection: Connection, for reason: DenialReason) {
        let treatment = note(
            reason,
            of: SourceKey(connection.peer.ip),
            through: nil,
            to: connection.profile.warehouse.id
        )
        connection.profile.counters.noteEnd(.denied, denial: reason)
        socket.closeWithReset()
        port.releaseConnection()
        guard treatment.isLogged else { return }
        var connection = connection
        connection.denial = reason
        connection.unlogged = treatment.unlogged
        records.append(record(of: connection, .denied))
    }
}

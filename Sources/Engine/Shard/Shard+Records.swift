import Addresses
import Operations
import Policy
import Settings
import Sockets
import TLS
import Traffic

/// What is recorded about connections, and the messages for denied ones.
extension Shard {
    /// Records a denial.
    ///
    /// - Returns: how the client is denied. One that keeps retrying gets no more errors.
    func refusal(of key: Key, _ reason: DenialReason, _ detail: String) -> Lifecycle.Refusal {
        connections[key].notes.denial = reason
        if !detail.isEmpty { connections[key].notes.detail = detail }
        let isAnswered = recordDenial(of: key, reason)
        let connection = connections[key]
        guard isAnswered else { return .silence(byReset: true) }
        // Without TLS there is no way to tell the client.
        guard reason != .badTLSHandshake, reason != .tlsHandshakeTimeout else {
            return .silence(byReset: false)
        }
        return connection.profile.settings.protocol.refusal(
            connection.profile.settings.reject,
            for: reason,
            client: connection.client.address.ip,
            connectionID: UInt32(truncatingIfNeeded: connection.id),
            nextSequence: connection.lifecycle.nextSequence,
            passesTLSThrough: connection.notes.passedHello != nil
        )
    }

    /// The connection gives way to others that wait as it does.
    func recordEviction(of key: Key) {
        let phase = connections[key].lifecycle.phase
        guard phase.isBeforeVerdict else { return }
        let settings = connections[key].profile.settings
        let (reason, awaited): (DenialReason, String) =
            if phase == .securing || settings.tls != nil {
                (.tlsHandshakeTimeout, "TLS")
            } else if settings.acceptProxyProtocol.mode == .off, settings.readsRequests {
                (.connectionLimit, "a request")
            } else {
                (.proxyHeaderTimeout, "a PROXY header")
            }
        connections[key].notes.detail = "too many connections are waiting for \(awaited)"
        connections[key].notes.denial = reason
        _ = recordDenial(of: key, reason)
    }

    /// Records a client that is admitted by shadow mode alone.
    func recordShadow(of key: Key, _ reason: DenialReason) {
        connections[key].notes.shadow = reason
        let connection = connections[key]
        connection.profile.counters.recordShadow()
        denials.recordShadow(
            Denial(
                reason,
                of: connection.client.source,
                to: connection.profile.warehouse,
                at: connection.profile.name
            ),
            at: now.unixTime
        )
    }

    private func recordDenial(of key: Key, _ reason: DenialReason) -> Bool {
        let connection = connections[key]
        let treatment = denials.record(
            Denial(
                reason,
                of: connection.client.source,
                to: connection.profile.warehouse,
                at: connection.profile.name,
                through: connection.client.endpoint,
                by: connection.notes.rule,
                detail: connection.notes.detail
            ),
            linesInMinute: snapshot.denialLinesPerMinute,
            at: now.unixTime,
            milliseconds: now.milliseconds
        )
        connections[key].notes.isLogged = treatment.isLogged
        connections[key].notes.unlogged = treatment.unlogged
        if !treatment.isLogged { services.unloggedDenials.add() }
        report(reason, of: connection)
        return treatment.isAnswered
    }

    /// What an operator should know in addition to the record.
    private func report(_ reason: DenialReason, of connection: Connection) {
        switch reason {
        case .unknownEndpoint: recordUnknownEndpoint(of: connection)
        case .proxyHeaderTimeout where !connection.lifecycle.hasReceived:
            services.report(
                .silentLoadBalancer(
                    listener: connection.profile.settings.address,
                    peer: connection.peer
                )
            )
        case .tlsHandshakeTimeout: services.tls.recordFailed(.timeout)
        case _ where reason.isLimit: reportLimit(reason, of: connection)
        default: break
        }
    }

    private func recordUnknownEndpoint(of connection: Connection) {
        guard let endpoint = connection.client.endpoint else { return }
        let warehouse = connection.profile.warehouse
        services.seenEndpoints.withLock { seen in
            seen.record(
                endpoint,
                of: warehouse.isEmpty ? nil : warehouse,
                client: connection.client.address.ip,
                at: now.unixTime
            )
        }
    }

    /// Which key a busy client runs into; once a second is enough.
    private func reportLimit(_ reason: DenialReason, of connection: Connection) {
        guard now.milliseconds - limitReportedAt >= 1_000 else { return }
        limitReportedAt = now.milliseconds
        services.report(
            .limitReached(
                reason,
                listener: connection.profile.settings.address,
                client: connection.client.address.ip
            )
        )
    }
}

// MARK: - Requests

extension Shard {
    /// Writes down one request of a connection that is kept for more.
    ///
    /// - Parameter step: what ends it.
    func recordRequest(
        _ request: consuming HTTPRequestRecord,
        of key: Key,
        before step: borrowing Lifecycle.Step
    ) {
        reportBytes(of: key)
        connections[key].dial?.endRequest()
        let requests = requestNotes(of: key)
        requests.count += 1
        defer { requests.end() }
        request.hops = requests.hops(at: now)
        let hasAsked = !request.hops.isEmpty
        var denial: (reason: DenialReason, detail: String)?
        if case .deny(let reason, let detail) = step.action {
            denial = (reason, detail.isEmpty ? connections[key].notes.detail : detail)
            let client = connections[key].client.address.ip
            request.status = HTTPRejection(reason: reason, client: client).statusCode
        }
        let bytesIn = connections[key].tunnel.toBackend.byteCount - requests.bytesIn
        let bytesOut = connections[key].tunnel.toClient.byteCount - requests.bytesOut
        requests.bytesIn += bytesIn
        requests.bytesOut += bytesOut
        let microseconds = (now.nanoseconds - requests.beganAt.nanoseconds) / 1_000
        connections[key].profile.counters.recordRequest(
            request,
            bytesIn: bytesIn,
            milliseconds: microseconds / 1_000,
            denial: denial?.reason
        )
        guard !services.accessLog.isOff else {
            // So that the next request's need no new memory.
            request.hops = []
            return
        }
        var end = denial == nil ? ConnectionEnd.finished : .denied
        if case .end(let reason, _) = step.action { end = reason }
        if let decided = connections[key].lifecycle.decidedEnd { end = decided }
        var record = record(of: connections[key], end)
        record.request = AccessRecord.Request(number: requests.count, http: request)
        record.requestCount = 0
        record.acceptedAtMicroseconds = requests.beganAt.realtimeMicroseconds
        record.durationMicroseconds = microseconds
        record.bytesIn = bytesIn
        record.bytesOut = bytesOut
        if let denial {
            record.verdict = .deny
            record.reason = denial.reason
            record.detail = denial.detail
            // A kept connection's backend was not asked.
            if !hasAsked { record.backend = nil }
        }
        records.append(record)
    }

    private func requestNotes(of key: Key) -> RequestNotes {
        if let notes = connections[key].notes.requests { return notes }
        let notes = RequestNotes(beganAt: connections[key].acceptedAt)
        connections[key].notes.requests = notes
        return notes
    }
}

// MARK: - The end

extension Shard {
    /// Closes what is open, writes the record, and releases everything.
    func finish(_ key: Key, _ end: ConnectionEnd, byReset: Bool, giving holdings: Holdings) {
        reportBytes(of: key)
        timers.cancel(Int(key.index))
        endHold(of: key)
        guard var connection = connections.remove(key) else { return }
        connection.tunnel.close(with: tools)
        for side in [connection.tunnel.backend, connection.tunnel.client] where side.isOpen {
            side.close(byReset: byReset)
        }
        leaveDirectory(connection)
        releaseCounts(of: connection)
        connection.backend?.release()
        releaseCounts(holdings)
        let denial = end == .revoked ? nil : connection.notes.denial
        connection.profile.counters.recordEnd(
            end,
            denial: denial,
            isAccepted: connection.profile.destination == nil
        )
        if connection.notes.isLogged { records.append(record(of: connection, end)) }
    }

    private func record(of connection: Connection, _ end: ConnectionEnd) -> AccessRecord {
        var record = AccessRecord(peer: connection.peer)
        record.acceptedAtMicroseconds = connection.acceptedAt.realtimeMicroseconds
        record.connection = connection.id
        record.warehouse = connection.profile.warehouse
        record.listener = connection.profile.name
        record.protocol = connection.profile.settings.protocol
        record.link = connection.profile.settings.link
        record.client = connection.client.address
        record.endpoint = connection.client.endpoint
        record.verdict = connection.notes.denial == nil || end == .revoked ? .allow : .deny
        record.rule = connection.notes.rule
        record.reason = connection.notes.denial
        record.shadow = connection.notes.shadow
        record.backend = backend(of: connection)
        record.bytesIn = connection.tunnel.toBackend.byteCount
        record.bytesOut = connection.tunnel.toClient.byteCount
        record.durationMicroseconds =
            (now.nanoseconds - connection.acceptedAt.nanoseconds) / 1_000
        record.end = end
        record.tls = connection.notes.tls
        record.passedName = connection.notes.passedHello?.serverName
        record.detail = detail(of: connection.notes, record)
        record.unlogged = UInt64(connection.notes.unlogged)
        record.requestCount = connection.notes.requests?.count ?? 0
        return record
    }

    /// The backend that was connected; of a client that was denied after that, none.
    private func backend(of connection: Connection) -> SocketAddress? {
        if connection.isBackendConnected { return connection.backend?.address }
        let wasServed = connection.notes.denial == nil || connection.notes.requests != nil
        return wasServed ? connection.notes.lastBackend : nil
    }

    /// What is known about this one; for a missing or misplaced header, the remedy.
    private func detail(of notes: RecordNotes, _ record: AccessRecord) -> String {
        guard notes.detail.isEmpty else { return notes.detail }
        guard let denial = notes.denial else {
            return record.isOfSilentHTTPClient ? ForeignProtocol.silenceAtHTTPPort : ""
        }
        switch denial {
        case .untrustedProxySource, .badProxyHeader, .proxyHeaderTimeout, .unexpectedProxyHeader,
            .noEndpoint, .unknownEndpoint:
            return denial.advice
        case .noRoute: return "the client names no warehouse"
        default: return ""
        }
    }
}

extension AccessRecord {
    /// Whether an HTTP server and its client have waited for each other. A probe leaves sooner.
    fileprivate var isOfSilentHTTPClient: Bool {
        self.protocol == .http && backend != nil && requestCount == 0
            && bytesIn == 0 && bytesOut == 0 && durationMicroseconds >= 1_000_000
    }
}

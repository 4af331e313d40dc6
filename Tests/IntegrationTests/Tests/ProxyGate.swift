import Testing

/// A gateway that reads PROXY headers, in front of a backend of which nothing is dialled unless a
/// client was admitted.
struct ProxyGate {
    let backend: Acceptor
    let listener: ListenerFile
    let sluice: SluiceProcess

    /// - Parameters:
    ///   - accept: the mode, and further keys of `proxyProtocol`. Trusted is 127.0.0.2 alone.
    ///   - whitelist: admits 192.0.2.0/24, 2001:db8::/32 and all loopback addresses by default.
    init(
        accept: String,
        protocol: String = "tcp",
        send: String = "off",
        whitelist: String = """
        { mode: specific, entries: [ { cidr: 192.0.2.0/24 }, { cidr: 2001:db8::/32 },
            { cidr: 127.0.0.0/8 } ] }
        """,
        logLevel: String = "info"
    ) throws {
        backend = try Acceptor()
        listener = try ListenerFile(
            `protocol`,
            to: backend.endpoint,
            settings: [
                "proxyProtocol: { accept: \(accept), trusted: [ 127.0.0.2/32 ] }",
                "sendProxyProtocol: \(send)",
                "reject: drop",
            ]
        )
        sluice = try Route(listener, whitelist: whitelist, logLevel: logLevel).sluice
    }

    /// A connection from the trusted load balancer.
    func balancer() throws -> Connection {
        try Connection(to: listener.listen, from: "127.0.0.2")
    }

    /// A connection from somewhere else.
    func stranger() throws -> Connection {
        try Connection(to: listener.listen, from: "127.0.0.99")
    }

    /// Sends `pieces` one by one, and expects a session that begins with `payload` and carries on
    /// in both directions. Returns its access-log line.
    func expectSession(
        from client: Connection,
        sending pieces: [[UInt8]],
        payload: String = "payload"
    ) throws -> AccessLine {
        for piece in pieces { try client.send(piece) }
        let session = try backend.accept()
        let arrived = try session.receiveText(byteCount: payload.utf8.count)
        #expect(arrived == payload)
        try session.send("answer")
        #expect(try client.receiveText(byteCount: 6) == "answer")
        let peer = client.local?.description
        session.close()
        #expect(try client.receiveToEnd().bytes.isEmpty)
        client.close()
        return try sluice.accessLine { $0.peer == peer }
    }

    /// Sends `bytes`, and expects a refusal: no byte from the gateway and none to a backend.
    func expectRefusal(
        of client: Connection,
        sending bytes: [UInt8],
        reason: String
    ) throws {
        let peer = client.local?.description
        // A gateway that has refused already may reset what is still being sent.
        try? client.send(bytes)
        #expect(try client.receiveToEnd().bytes.isEmpty)
        let line = try sluice.accessLine { $0.peer == peer }
        #expect(line.verdict == "deny", "\(line)")
        #expect(line.reason == reason, "\(line)")
        #expect(line.end == "denied", "\(line)")
        try expectNothingArrived()
    }

    /// Nothing was dialled; or what was dialled before the client spoke got no byte of it.
    private func expectNothingArrived() throws {
        while backend.isDialled(within: .milliseconds(100)) {
            #expect(try backend.accept().receiveToEnd().bytes.isEmpty)
        }
    }
}

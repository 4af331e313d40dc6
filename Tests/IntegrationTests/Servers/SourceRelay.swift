/// Gives a source address to a client that cannot choose its own: it listens, and relays to
/// `target` from `source`. It may have a word of its own to say first, as a load balancer has.
final class SourceRelay: Sendable {
    private let server: ThreadedServer

    /// - Parameter preface: what is sent to `target` before a client's bytes, in these pieces.
    init(
        at listen: Endpoint? = nil,
        from source: String,
        to target: Endpoint,
        preface: @escaping @Sendable (_ client: Endpoint) -> [[UInt8]] = { _ in [] }
    ) throws {
        server = try ThreadedServer(at: listen) { client in
            let onward = try Connection(to: target, from: source)
            onward.set(deadline: .seconds(3600))
            for piece in client.peer.map(preface) ?? [] {
                try onward.send(piece)
                // So that a piece is read before the next one comes.
                pause(.milliseconds(1))
            }
            inThread { Self.copy(from: client, to: onward) }
            Self.copy(from: onward, to: client)
        }
    }

    var endpoint: Endpoint { server.endpoint }

    private static func copy(from source: Connection, to destination: Connection) {
        // An end of whatever kind in one direction ends that direction.
        while let received = try? source.receive(), case .bytes(let bytes) = received {
            guard (try? destination.send(bytes)) != nil else { return }
        }
        destination.finishSending()
    }
}

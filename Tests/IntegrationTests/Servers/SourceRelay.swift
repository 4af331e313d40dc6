/// Gives a source address to a client that cannot choose its own: it listens, and relays to
/// `target` from `source`.
final class SourceRelay: Sendable {
    private let server: ThreadedServer

    init(from source: String, to target: Endpoint) throws {
        server = try ThreadedServer { client in
            let onward = try Connection(to: target, from: source)
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

import Foundation
import Glibc
import Synchronization

/// A backend that serves each connection on a thread of its own.
final class ThreadedServer: Sendable {
    typealias Serve = @Sendable (Connection) throws -> Void

    let endpoint: Endpoint
    private let acceptor: Acceptor
    private let connectionCount = Atomic(0)

    init(at endpoint: Endpoint? = nil, serve: @escaping Serve) throws {
        let acceptor = try Acceptor(at: try endpoint ?? .free())
        self.acceptor = acceptor
        self.endpoint = acceptor.endpoint
        let count: @Sendable () -> Void = { [weak self] in
            self?.connectionCount.add(1, ordering: .relaxed)
        }
        inThread { Self.run(acceptor, count, serve) }
    }

    deinit {
        acceptor.close()
    }

    /// Connections so far.
    var accepted: Int { connectionCount.load(ordering: .relaxed) }

    func stop() {
        acceptor.close()
    }

    private static func run(_ acceptor: Acceptor, _ count: () -> Void, _ serve: @escaping Serve) {
        // Ends with the acceptor.
        while let connection = try? acceptor.accept(within: .seconds(3600)) {
            count()
            // However long a client is silent: it is the test that ends a session.
            connection.set(deadline: .seconds(3600))
            // A client that leaves in the middle is the business of the test, not the server's.
            inThread { try? serve(connection) }
        }
    }
}

extension ThreadedServer {
    /// Sends back what comes, up to and including the end.
    static func echo(at endpoint: Endpoint? = nil) throws -> ThreadedServer {
        try ThreadedServer(at: endpoint) { connection in
            while case .bytes(let bytes) = try connection.receive() { try connection.send(bytes) }
            connection.finishSending()
        }
    }

    /// Says its name to whoever connects, and then echoes.
    static func named(_ name: String, at endpoint: Endpoint? = nil) throws -> ThreadedServer {
        try ThreadedServer(at: endpoint) { connection in
            try connection.send(name)
            while case .bytes(let bytes) = try connection.receive() { try connection.send(bytes) }
        }
    }
}

/// Starts a thread with a small stack: tests start hundreds.
func inThread(_ work: @escaping @Sendable () -> Void) {
    let thread = Thread(block: work)
    thread.stackSize = 256 << 10
    thread.start()
}

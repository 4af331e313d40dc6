import Addresses
import Sockets
import Testing

/// A client and the socket that a listener accepted for it, over loopback.
final class LoopbackPair {
    /// No system takes so long for a step over loopback.
    static let patienceMilliseconds: Int32 = 60_000
    static let loopback = IPAddress.v4(IPv4Address(127, 0, 0, 1))
    static let keepalive = KeepaliveOptions(idleSeconds: 60, intervalSeconds: 10, count: 3)

    let listener: ListeningSocket
    let client: Socket
    let server: Socket
    /// The client's address, as the listener saw it.
    let peer: SocketAddress

    init() throws {
        listener = try Self.listener()
        client = try Self.connect(to: listener.address)
        (server, peer) = try Self.accept(from: listener)
    }

    deinit {
        client.close()
        server.close()
    }

    static func listener(
        on ip: IPAddress = loopback,
        takesIPv4: Bool = false
    ) throws -> ListeningSocket {
        try ListeningSocket(
            on: SocketAddress(ip, port: 0),
            takesIPv4: takesIPv4,
            keepalive: keepalive
        )
    }

    /// Connects, and waits until that is settled.
    static func connect(to address: SocketAddress) throws -> Socket {
        let socket = try Socket.tcp(for: address)
        if case .failed(let error) = socket.connect(to: address) { throw error }
        #expect(socket.waitUntilReady(toWrite: true, milliseconds: patienceMilliseconds))
        if let error = socket.takeError() { throw error }
        return socket
    }

    /// Takes the next client that there is; a handshake over loopback may take a moment.
    static func accept(from listener: ListeningSocket) throws -> (Socket, peer: SocketAddress) {
        let epoll = try Epoll(wakeToken: 1, timerToken: 2)
        try epoll.add(listener, token: 3)
        _ = try epoll.wait(milliseconds: patienceMilliseconds)
        guard case .accepted(let socket, let peer) = listener.accept() else {
            throw SystemError(code: 0)
        }
        return (socket, peer)
    }

    /// Waits until `socket` has something to read, and reads once.
    static func read(_ socket: Socket, into buffer: ScratchBuffer) -> ReadOutcome {
        #expect(socket.waitUntilReady(toWrite: false, milliseconds: patienceMilliseconds))
        return socket.read(into: buffer)
    }
}

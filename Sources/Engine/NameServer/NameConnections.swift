import Addresses
import NameService
import Settings
import Sockets

/// The name server's TCP connections (RFC 7766): as many queries one after another as a client likes,
/// answered in order.
///
/// Belongs to the server's thread. Tokens are odd numbers.
final class NameConnections {
    private let epoll: Epoll
    private let scratch = ScratchBuffer(byteCount: 16 << 10)
    private var listeners: [UInt64: ListeningSocket] = [:]
    /// Those that are not watched until the next sweep, because descriptors have run out.
    private var resting: [UInt64: ListeningSocket] = [:]
    private var connections: [UInt64: NameConnection] = [:]
    private var bySource: [IPAddress: Int] = [:]
    private var nextToken = NameServerExchange.timerToken + 2
    /// Those with something to read or to write.
    private var ready: Set<UInt64> = []
    private var lastSweep: Int64 = 0

    init(_ epoll: Epoll) {
        self.epoll = epoll
    }

    /// Whether there is something to look after from time to time.
    var needsSweeps: Bool { !connections.isEmpty || !resting.isEmpty }
    /// Whether there is work that no event will announce.
    var isBusy: Bool { !ready.isEmpty }

    func add(_ listener: ListeningSocket) throws(SystemError) {
        let token = takeToken()
        try epoll.add(listener, token: token)
        listeners[token] = listener
    }

    func remove(_ listener: ListeningSocket) {
        epoll.remove(listener)
        listeners = listeners.filter { $0.value !== listener }
        resting = resting.filter { $0.value !== listener }
    }

    /// Ends all of them.
    func closeAll() {
        for token in connections.keys { close(token) }
    }

    func handle(_ event: ReadinessEvent) {
        ready.insert(event.token)
    }

    /// One turn of each connection that has work.
    func work(
        _ responder: DNSResponder,
        _ limits: NameServiceLimits,
        at now: Int64,
        _ counters: inout NameServiceCounters
    ) {
        let turn = ready
        ready = []
        for token in turn {
            if let listener = listeners[token] {
                if !accept(listener, limits, at: now, &counters) { rest(listener, token) }
            } else if let connection = connections[token] {
                switch connection.turn(scratch, responder, at: now, &counters) {
                case .wait: break
                case .again: ready.insert(token)
                case .close: close(token)
                }
            }
        }
        if now - lastSweep >= 1_000 {
            lastSweep = now
            closeIdle(limits, at: now)
            wake()
        }
    }

    /// A client that cannot be accepted would be an event again and again.
    private func rest(_ listener: ListeningSocket, _ token: UInt64) {
        epoll.remove(listener)
        resting[token] = listener
    }

    private func wake() {
        for (token, listener) in resting {
            // `try?`: without memory now, it is tried again.
            if (try? epoll.add(listener, token: token)) != nil { resting[token] = nil }
        }
    }

    private func takeToken() -> UInt64 {
        defer { nextToken += 2 }
        return nextToken
    }
}

// MARK: - Their number

extension NameConnections {
    /// As many clients are accepted before others get their turn.
    private static let acceptLimit = 64

    /// - Returns: whether there are descriptors left.
    private func accept(
        _ listener: ListeningSocket,
        _ limits: NameServiceLimits,
        at now: Int64,
        _ counters: inout NameServiceCounters
    ) -> Bool {
        for _ in 0..<Self.acceptLimit {
            let (socket, peer): (Socket, SocketAddress)
            switch listener.accept() {
            case .accepted(let client, let address): (socket, peer) = (client, address)
            case .wouldBlock: return true
            case .clientLost: continue
            case .exhausted, .failed: return false
            }
            let source = peer.ip.source
            guard bySource[source, default: 0] < limits.connectionsPerSource else {
                socket.close()
                counters.refusedConnections += 1
                continue
            }
            // Whoever has been quiet for longest has the least to lose.
            if connections.count >= limits.connections, let oldest { close(oldest) }
            open(socket, peer, source, at: now, &counters)
        }
        return true
    }

    private func open(
        _ socket: Socket,
        _ peer: SocketAddress,
        _ source: IPAddress,
        at now: Int64,
        _ counters: inout NameServiceCounters
    ) {
        let token = takeToken()
        do throws(SystemError) {
            try epoll.add(socket, token: token)
        } catch {
            return socket.close()
        }
        connections[token] = NameConnection(socket, peer: peer.ip, source: source, at: now)
        bySource[source, default: 0] += 1
        counters.connections += 1
        ready.insert(token)
    }

    private var oldest: UInt64? { connections.min { $0.value.lastQuery < $1.value.lastQuery }?.key }

    private func close(_ token: UInt64) {
        guard let connection = connections.removeValue(forKey: token) else { return }
        ready.remove(token)
        connection.socket.close()
        let left = (bySource[connection.source] ?? 1) - 1
        bySource[connection.source] = left > 0 ? left : nil
    }

    private func closeIdle(_ limits: NameServiceLimits, at now: Int64) {
        let (seconds, attoseconds) = limits.idle.components
        let idle = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        for (token, connection) in connections where now - connection.lastQuery > idle {
            close(token)
        }
    }
}

extension IPAddress {
    /// What connections are counted for: an IPv4 address or an IPv6 /64.
    fileprivate var source: IPAddress {
        switch self {
        case .v4: self
        case .v6(let v6): .v6(IPv6Address(high: v6.high, low: 0))
        }
    }
}

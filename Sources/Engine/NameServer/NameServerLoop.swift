import Addresses
import NameService
import Settings
import Sockets

/// The name server's thread: waits for queries and answers them.
///
/// Everything in it belongs to this thread.
final class NameServerLoop {
    /// Datagrams of one socket that are answered before others get their turn.
    private static let batchLimit = 8
    private static let firstToken: UInt64 = 2

    private let exchange: NameServerExchange
    private var responder: DNSResponder
    private var limits: NameServiceLimits
    private var limiter: ResponseLimiter
    private var revision = -1
    private var isStopped = false
    private var sockets: [UInt64: NameServerSockets] = [:]
    private var nextToken = firstToken
    private let batch: DatagramBatch
    private let connections: NameConnections

    init(_ exchange: NameServerExchange) throws(SystemError) {
        guard let orders = exchange.orders(after: revision) else {
            preconditionFailure("there are orders from the start")
        }
        self.exchange = exchange
        responder = orders.responder
        limits = orders.limits
        limiter = ResponseLimiter(orders.limits)
        batch = try DatagramBatch(
            capacity: 32,
            byteCount: DNSResponder.queryLimit,
            answerByteCount: DNSResponder.payloadSize
        )
        connections = NameConnections(exchange.epoll)
        sockets = [:]
        adopt(orders)
    }

    /// Returns once it is told to stop.
    func run() {
        defer { connections.closeAll() }
        while !isStopped {
            let pause = connections.isBusy ? 0 : connections.needsSweeps ? 1_000 : -1
            // The set is ours, and its descriptor is open: there is nothing that could fail.
            guard let count = try? exchange.epoll.wait(milliseconds: Int32(pause)) else { return }
            let now = Clock.monotonicNanoseconds() / 1_000_000
            var counters = NameServiceCounters()
            for index in 0..<count {
                handle(exchange.epoll.event(at: index), at: now, &counters)
            }
            connections.work(responder, limits, at: now, &counters)
            if !counters.isEmpty { exchange.count(counters) }
            if let orders = exchange.orders(after: revision) { adopt(orders) }
        }
    }

    private func handle(
        _ event: ReadinessEvent,
        at now: Int64,
        _ counters: inout NameServiceCounters
    ) {
        switch event.token {
        case NameServerExchange.wakeToken:
            exchange.epoll.clearSignal()
        case let token where token & 1 == 1:
            connections.handle(event)
        case let token:
            guard let own = sockets[token] else { return }
            answerDatagrams(of: own.datagrams, at: now, &counters)
        }
    }

    // MARK: - Orders

    private func adopt(_ orders: NameServerExchange.Orders) {
        revision = orders.revision
        isStopped = orders.isStopped
        responder = orders.responder
        if orders.limits != limits {
            limits = orders.limits
            limiter = ResponseLimiter(limits)
        }
        if let wanted = orders.sockets { watch(wanted) }
    }

    private func watch(_ wanted: [NameServerSockets]) {
        let addresses = Set(wanted.map(\.datagrams.address))
        for (token, own) in sockets where !addresses.contains(own.datagrams.address) {
            exchange.epoll.remove(own.datagrams)
            connections.remove(own.connections)
            sockets[token] = nil
        }
        let known = Set(sockets.values.map(\.datagrams.address))
        for new in wanted where !known.contains(new.datagrams.address) { add(new) }
    }

    private func add(_ new: NameServerSockets) {
        let token = nextToken
        nextToken += 2
        do throws(SystemError) {
            try exchange.epoll.add(new.datagrams, token: token)
            try connections.add(new.connections)
            sockets[token] = new
        } catch {
            // Out of kernel memory: the sockets are closed again, and clients see that.
            exchange.epoll.remove(new.datagrams)
        }
    }

    // MARK: - UDP

    private func answerDatagrams(
        of socket: DatagramSocket,
        at now: Int64,
        _ counters: inout NameServiceCounters
    ) {
        for _ in 0..<Self.batchLimit {
            // An error is that of an answer to somebody who was not there (ICMP, udp(7)).
            do { try batch.receive(from: socket) } catch { continue }
            guard batch.count > 0 else { return }
            for index in 0..<batch.count { answer(index, at: now, &counters) }
            counters.unsent += UInt64(batch.send(over: socket))
        }
    }

    private func answer(_ index: Int, at now: Int64, _ counters: inout NameServiceCounters) {
        let (reply, client) = batch.withDatagram(at: index) { bytes, peer in
            (responder.reply(to: bytes, from: peer.ip, over: .udp), peer.ip)
        }
        guard let reply else {
            counters.ignored += 1
            return
        }
        counters.count(reply, over: .udp)
        switch limits.isExempt(client) ? .send : limiter.decide(client, reply.kind, at: now) {
        case .send:
            batch.answer(index, with: reply.bytes)
        case .truncate:
            counters.slipped += 1
            batch.answer(index, with: reply.slip)
        case .drop:
            counters.limited += 1
        }
    }
}

extension ResponseLimiter {
    fileprivate init(_ limits: NameServiceLimits) {
        self.init(rate: limits.responses, slip: limits.slip, seed: .random(in: .min ... .max))
    }
}

extension NameServiceLimits {
    fileprivate func isExempt(_ client: IPAddress) -> Bool {
        exempt.contains { $0.contains(client) }
    }
}

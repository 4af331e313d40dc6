import NameService
import Settings
import Sockets

/// What the server's thread and all others have in common.
final class NameServerExchange: Sendable {
    /// What the thread has to do next.
    struct Orders {
        var responder: DNSResponder
        var limits: NameServiceLimits
        /// `nil` if they stay as they are.
        var sockets: [NameServerSockets]?
        var isStopped = false
        /// Grows with each change.
        var revision = 0
    }

    static let wakeToken: UInt64 = 0
    static let timerToken: UInt64 = 1

    let epoll: Epoll
    private let orders: Locked<Orders>
    private let counts = Locked(NameServiceCounters())

    init(_ responder: DNSResponder, limits: NameServiceLimits) throws(SystemError) {
        epoll = try Epoll(wakeToken: Self.wakeToken, timerToken: Self.timerToken)
        orders = Locked(Orders(responder: responder, limits: limits))
    }

    var counters: NameServiceCounters { counts.withLock { $0 } }

    func count(_ new: NameServiceCounters) {
        counts.withLock { $0.add(new) }
    }

    // MARK: - Orders

    /// What has changed since `revision`; `nil` if nothing has.
    func orders(after revision: Int) -> Orders? {
        orders.withLock { orders in
            guard orders.revision != revision else { return nil }
            defer { orders.sockets = nil }
            return orders
        }
    }

    func set(_ responder: DNSResponder, _ limits: NameServiceLimits) {
        change {
            $0.responder = responder
            $0.limits = limits
        }
    }

    func set(_ sockets: [NameServerSockets]) {
        change { $0.sockets = sockets }
    }

    func stop() {
        change {
            $0.sockets = []
            $0.isStopped = true
        }
    }

    /// There is no thread: its sockets must not stay open.
    func fail() {
        orders.withLock { $0.sockets = nil }
    }

    private func change(_ body: (inout Orders) -> Void) {
        orders.withLock { orders in
            body(&orders)
            orders.revision += 1
        }
        epoll.signal()
    }
}

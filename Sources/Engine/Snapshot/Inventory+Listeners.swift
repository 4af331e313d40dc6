import Addresses
import Settings
import Sockets

// MARK: - Listening sockets

extension Inventory {
    /// Binds the addresses that the configuration needs and that have no socket yet, alongside
    /// existing ones.
    ///
    /// What a socket is bound with (its address, its interface, whether it accepts IPv4 too) cannot
    /// change while it listens. A listener that needs something else gets a new socket; the old one
    /// is among those that ``removeListeners(notIn:replacedBy:)`` releases.
    mutating func bindNewListeners(of topology: Topology)
        throws(GatewayError) -> [(address: SocketAddress, open: OpenListener)]
    {
        var added: [(address: SocketAddress, open: OpenListener)] = []
        for listener in topology.listeners {
            let takesIPv4 = topology.takesIPv4(listener)
            let running = listeners[listener.address]
            if let running, running.socket.serves(listener, takesIPv4: takesIPv4) { continue }
            let socket = try bind(
                listener,
                takesIPv4: takesIPv4,
                in: topology,
                beside: added.map(\.open.socket)
            )
            added.append((listener.address, open(socket)))
        }
        return added
    }

    private mutating func open(_ socket: ListeningSocket) -> OpenListener {
        nextListenerNumber += 1
        return OpenListener(id: ListenerID(rawValue: nextListenerNumber), socket: socket)
    }

    private func bind(
        _ listener: Listener,
        takesIPv4: Bool,
        in topology: Topology,
        beside added: [ListeningSocket]
    ) throws(GatewayError) -> ListeningSocket {
        // One that the last shard has not released yet is reused.
        if let socket = leaving[listener.address]?.socket,
            socket.serves(listener, takesIPv4: takesIPv4)
        {
            return socket
        }
        let neighbours = sockets(on: listener.address.port) + added
        do {
            return try sharing(neighbours) { () throws(SystemError) in
                try ListeningSocket(
                    on: listener.address,
                    interface: listener.interface,
                    takesIPv4: takesIPv4,
                    sharesPort: !neighbours.isEmpty,
                    congestionControl: congestion.name(for: listener.address.ip),
                    receiveBuffer: bufferPolicy.acceptedClient,
                    unsentLimit: bufferPolicy.unsent,
                    keepalive: KeepaliveOptions(topology.keepalive)
                )
            }
        } catch {
            throw .cannotListen(
                listener.address,
                ListenFailure(error, interface: listener.interface)
            )
        }
    }

    /// All sockets of ours on a port, those included that shards may still hold.
    private func sockets(on port: UInt16) -> [ListeningSocket] {
        let running = listeners.values.map(\.socket)
        let all = running + leaving.values.compactMap(\.socket)
        return all.filter { port != 0 && $0.address.port == port }
    }

    /// Allows a socket to be bound to an address that overlaps one of ours. The port is shared for
    /// that moment only, and only with processes of the same user that request it: a second gateway
    /// does not.
    private func sharing(
        _ neighbours: [ListeningSocket],
        bind: () throws(SystemError) -> ListeningSocket
    ) throws(SystemError) -> ListeningSocket {
        // `try?`: of a socket that is open this fails never; if it did, binding would.
        for socket in neighbours { try? socket.sharePort(true) }
        defer { for socket in neighbours { try? socket.sharePort(false) } }
        let socket = try bind()
        if !neighbours.isEmpty { try? socket.sharePort(false) }
        return socket
    }

    /// Releases the sockets that the configuration no longer has, or that `added` replaces.
    mutating func removeListeners(
        notIn topology: Topology,
        replacedBy added: [(address: SocketAddress, open: OpenListener)]
    ) -> [ListenerID] {
        let kept = Set(topology.listeners.map(\.address))
        let replaced = Set(added.map(\.address))
        leaving = leaving.filter { $0.value.socket != nil }
        var removed: [ListenerID] = []
        for (address, listener) in listeners
        where !kept.contains(address) || replaced.contains(address) {
            removed.append(listener.id)
            leaving[address] = WeakListeningSocket(listener.socket)
            listeners[address] = nil
        }
        return removed
    }

    func setKeepalive() {
        for listener in listeners.values {
            // A listening socket accepts these options; one that did not would keep the old ones.
            try? listener.socket.setKeepalive(KeepaliveOptions(topology.keepalive))
        }
    }
}

extension Topology {
    /// `[::]` accepts IPv4 clients too, unless there is an IPv4 listener on that port.
    fileprivate func takesIPv4(_ listener: Listener) -> Bool {
        guard listener.address.ip.family == .v6 else { return false }
        return !listeners.contains { other in
            other.address.port == listener.address.port && other.address.ip.family == .v4
        }
    }
}

extension ListeningSocket {
    /// Whether the socket is bound as `listener` needs it.
    fileprivate func serves(_ listener: Listener, takesIPv4: Bool) -> Bool {
        interface == listener.interface && self.takesIPv4 == takesIPv4
    }
}

/// A weak reference to a listening socket.
struct WeakListeningSocket: Sendable {
    private(set) weak var socket: ListeningSocket?

    init(_ socket: ListeningSocket) {
        self.socket = socket
    }
}

extension KeepaliveOptions {
    /// In the whole seconds that the system counts in, each at least one.
    init(_ settings: Keepalive) {
        self.init(
            idleSeconds: Self.seconds(settings.idle),
            intervalSeconds: Self.seconds(settings.interval),
            count: Int32(clamping: max(1, settings.count))
        )
    }

    private static func seconds(_ duration: Duration) -> Int32 {
        Int32(clamping: max(1, duration.components.seconds))
    }
}

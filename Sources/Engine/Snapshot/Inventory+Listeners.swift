import Addresses
import Core
import Sockets

// MARK: - Listening sockets

extension Inventory {
    mutating func bindNewListeners(of configuration: GatewayConfiguration)
        throws(GatewayError) -> [(address: SocketAddress, open: OpenListener)]
    {
        var added: [(address: SocketAddress, open: OpenListener)] = []
        for listener in configuration.listeners {
            if let running = listeners[listener.address] {
                try running.socket.checkInterface(of: listener)
            } else {
                let socket = try bind(listener, in: configuration)
                added.append((listener.address, open(socket)))
            }
        }
        return added
    }

    private mutating func open(_ socket: ListeningSocket) -> OpenListener {
        nextListenerNumber += 1
        return OpenListener(
            id: ListenerID(rawValue: nextListenerNumber),
            socket: socket,
            counters: ListenerCounters()
        )
    }

    /// `[::]` takes IPv4 clients too, unless an IPv4 listener of that port stands beside it.
    private func bind(_ listener: Listener, in configuration: GatewayConfiguration)
        throws(GatewayError) -> ListeningSocket
    {
        let address = listener.address
        // Its address is taken until the last shard lets go of it: it is used again.
        if let socket = leaving[address]?.socket {
            try socket.checkInterface(of: listener)
            return socket
        }
        let hasIPv4Neighbour = configuration.listeners.contains { listener in
            listener.address.port == address.port && listener.address.ip.family == .v4
        }
        do {
            return try ListeningSocket(
                on: address,
                interface: listener.interface,
                takesIPv4: !hasIPv4Neighbour,
                congestionControl: congestion.name(for: address.ip),
                keepalive: KeepaliveOptions(configuration.keepalive)
            )
        } catch {
            throw .cannotListen(address, reason: error.description)
        }
    }

    mutating func removeListeners(notIn configuration: GatewayConfiguration)
        -> [ListenerID]
    {
        let kept = Set(configuration.listeners.map(\.address))
        let removed = listeners.filter { !kept.contains($0.key) }
        leaving = leaving.filter { $0.value.socket != nil }
        for (address, listener) in removed {
            listeners[address] = nil
            leaving[address] = WeakListeningSocket(listener.socket)
        }
        return removed.values.map(\.id)
    }

    func setKeepalive() {
        for listener in listeners.values {
            // A listening socket takes these options; one that did not would keep the old ones.
            try? listener.socket.setKeepalive(KeepaliveOptions(configuration.keepalive))
        }
    }
}

extension ListeningSocket {
    /// A socket cannot move to another interface, nor can a second one have its address.
    fileprivate func checkInterface(of listener: Listener) throws(GatewayError) {
        guard interface != listener.interface else { return }
        throw .cannotListen(
            listener.address,
            reason: "its interface cannot change while it listens; restart the gateway"
        )
    }
}

package import Addresses
package import NameService
package import Settings
package import Sockets

/// Answers DNS queries over UDP and TCP about the gateway's names, on a thread of its own that gives way
/// to the data plane.
///
/// ```swift
/// let server = try NameServer(responder, limits: settings.limits)
/// try server.listen(on: settings.listen)
/// server.update(newResponder, limits: settings.limits)   // from the next query on
/// ```
package final class NameServer: Sendable {
    private let exchange: NameServerExchange
    private let sockets = Locked<[SocketAddress: NameServerSockets]>([:])

    /// Starts the thread, which listens nowhere yet.
    package init(_ responder: DNSResponder, limits: NameServiceLimits) throws(ListenError) {
        do throws(SystemError) {
            let exchange = try NameServerExchange(responder, limits: limits)
            try DetachedThread.start {
                DetachedThread.giveWay(niceness: 5)
                // Without memory for its buffers, there is no server; its sockets are then closed.
                guard let loop = try? NameServerLoop(exchange) else { return exchange.fail() }
                loop.run()
            }
            self.exchange = exchange
        } catch {
            throw ListenError(address: nil, failure: ListenFailure(error))
        }
    }

    deinit {
        exchange.stop()
    }

    /// The addresses that it listens on, with their actual ports.
    package var addresses: [SocketAddress] {
        sockets.withLock { $0.values.map(\.datagrams.address).sorted { "\($0)" < "\($1)" } }
    }

    package var counters: NameServiceCounters { exchange.counters }

    /// Answers by these from now on.
    package func update(_ responder: DNSResponder, limits: NameServiceLimits) {
        exchange.set(responder, limits)
    }

    /// Listens on these addresses and no others, over UDP and TCP.
    ///
    /// - Throws: if one is not available. Then nothing has changed.
    package func listen(on addresses: [SocketAddress]) throws(ListenError) {
        var wanted: [SocketAddress: NameServerSockets] = [:]
        let current = sockets.withLock { $0 }
        for address in addresses {
            let sockets =
                if let own = current[address] { own } else { try NameServerSockets(on: address) }
            wanted[address] = sockets
        }
        sockets.withLock { $0 = wanted }
        exchange.set(Array(wanted.values))
    }

    /// Stops; what was received is no longer answered.
    package func stop() {
        sockets.withLock { $0 = [:] }
        exchange.stop()
    }
}

extension NameServer {
    /// Why a name server cannot listen.
    package struct ListenError: Error, Hashable, Sendable, CustomStringConvertible {
        /// `nil` if there is no thread or descriptor for the server itself.
        package var address: SocketAddress?
        package var failure: ListenFailure

        init(address: SocketAddress?, failure: ListenFailure) {
            self.address = address
            self.failure = failure
        }

        package var description: String {
            guard let address else { return "cannot start the name server: \(failure)" }
            return "cannot listen on \(address) for DNS: \(failure)"
        }
    }
}

/// One address, over both protocols.
struct NameServerSockets: Sendable {
    let datagrams: DatagramSocket
    let connections: ListeningSocket

    init(on address: SocketAddress) throws(NameServer.ListenError) {
        do throws(SystemError) {
            datagrams = try DatagramSocket(on: address)
            connections = try ListeningSocket(
                on: datagrams.address,
                backlog: 256,
                keepalive: KeepaliveOptions(idleSeconds: 60, intervalSeconds: 10, count: 3)
            )
        } catch {
            throw NameServer.ListenError(
                address: address,
                failure: ListenFailure(error, usesDatagrams: true)
            )
        }
    }
}

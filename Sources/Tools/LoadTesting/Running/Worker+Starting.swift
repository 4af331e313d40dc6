import Addresses
import ProxyProtocol
import Sockets
import Text
import Time

/// Opening connections and beginning operations.
extension Worker {
    /// Begins every due operation that has a connection, and opens missing connections.
    func start() {
        if life == .persistent { while mayOpen, now < pacer.end { open(operationBegan: nil) } }
        while let key = nextFree() {
            guard let beginning = pacer.take(at: now) else {
                free.append(key)
                return
            }
            begin(key, countingFrom: beginning)
        }
        while mayOpenForOperation, let beginning = pacer.take(at: now) {
            operationCount += 1
            open(operationBegan: beginning)
        }
    }

    /// Whether a new connection may be opened for an operation now.
    var mayOpenForOperation: Bool { life != .persistent && mayOpen }

    private var mayOpen: Bool {
        vacantSeats > 0 && connectingCount < Self.connectingLimit
            && (control.hasPassedTrial || isFirst && !hasTried)
    }

    /// The connection that has been free for longest.
    private func nextFree() -> Key? {
        while let key = free.popFirst() {
            if connections.contains(key), connections[key].stage == .ready { return key }
        }
        return nil
    }

    /// Begins an operation on a ready connection.
    func begin(_ key: Key, countingFrom beginning: Int64) {
        operationCount += 1
        connections[key].operationBegan = beginning
        operate(key)
    }

    /// Runs a connection's operation, which is already counted.
    func operate(_ key: Key) {
        connections[key].stage = .operating
        connections[key].operationCount += 1
        connections[key].deadline = deadline()
        apply(connections[key].talk.begin(), to: key)
    }

    /// Begins to connect.
    func open(operationBegan: Int64?) {
        vacantSeats -= 1
        hasTried = true
        let openedAt = Clock.monotonicNanoseconds()
        do throws(SystemError) {
            let socket = try connect()
            let connection = Connection(
                socket: socket,
                openedAt: openedAt,
                talk: prototype,
                header: header(),
                operationBegan: operationBegan,
                deadline: deadline()
            )
            try watch(connection)
        } catch {
            restingSeats += 1
            let failure = Failure(connecting: error)
            if let operationBegan {
                operationCount -= 1
                countOperation(failure, began: operationBegan)
            } else {
                countConnection(failure, at: openedAt)
            }
            judge(failure, hadBeenReady: false)
        }
    }

    private func connect() throws(SystemError) -> Socket {
        let socket = try Socket.tcp(for: target)
        do throws(SystemError) {
            try socket.setNoDelay()
            if case .failed(let error) = socket.connect(to: target) { throw error }
        } catch {
            socket.close()
            throw error
        }
        return socket
    }

    /// The socket becomes writable when it is connected or has failed.
    private func watch(_ connection: Connection<Talk>) throws(SystemError) {
        let key = connections.insert(connection)
        do throws(SystemError) {
            try epoll.add(connection.socket, token: WorkerToken(key).rawValue)
            connectingCount += 1
        } catch {
            _ = connections.remove(key)
            connection.socket.close()
            throw error
        }
    }

    private func header() -> Outgoing {
        guard let clients = plan.clients else { return .none }
        let client = clients.client(ofConnection: connectionNumbers.take())
        let header = ProxyHeader(source: client, destination: target)
        // `try?`: only TLVs and UNIX paths can be too long, and there are none.
        return Outgoing((try? header.encoded()) ?? [])
    }

    func deadline() -> Int64 { now + plan.timeout.nanoseconds }
}

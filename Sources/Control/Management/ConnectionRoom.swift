import Addresses
import Credentials
import NIOCore
import Synchronization

/// The channels that share a bounded number of places; one that must make room is closed.
final class ConnectionRoom: Sendable {
    typealias Activity = ConnectionPlaces<ObjectIdentifier>.Activity

    private struct State {
        var places: ConnectionPlaces<ObjectIdentifier>
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    private let state: Mutex<State>

    /// - Parameter limit: channels at the same time. A few more may be closing.
    init(limit: Int) {
        state = Mutex(State(places: ConnectionPlaces(limit: limit)))
    }

    /// Gives a channel a place until it leaves or closes.
    func enter(_ channel: any Channel, _ activity: Activity = .idle) {
        let id = ObjectIdentifier(channel)
        // `try?`: the system writes addresses that can be read. The local socket has none.
        let source = channel.remoteAddress?.ipAddress.flatMap { try? IPAddress(parsing: $0) }?
            .loginSource
        let leaving = state.withLock { state in
            let leaving = state.places.enter(id, from: source, activity)
            state.channels[id] = channel
            return leaving.flatMap { state.channels.removeValue(forKey: $0) }
        }
        leaving?.abort()
        channel.closeFuture.whenComplete { [weak self] _ in self?.leave(id) }
    }

    /// Closes the client that would lose its place for a new one.
    ///
    /// - Returns: whether there is one.
    func evict() -> Bool {
        let leaving = state.withLock { state in
            state.places.evict().flatMap { state.channels.removeValue(forKey: $0) }
        }
        leaving?.abort()
        return leaving != nil
    }

    func change(_ channel: any Channel, _ activity: Activity) {
        state.withLock { $0.places.change(ObjectIdentifier(channel), activity) }
    }

    func leave(_ channel: any Channel) {
        leave(ObjectIdentifier(channel))
    }

    private func leave(_ id: ObjectIdentifier) {
        state.withLock { state in
            state.places.leave(id)
            state.channels[id] = nil
        }
    }
}

internal import Sockets

/// One connection of a worker.
struct Connection<Talk: Conversation> {
    enum Stage {
        case connecting
        /// It stands; the PROXY header has not gone out wholly.
        case introducing
        /// The conversation has begun and is not ready for operations yet.
        case preparing
        /// No operation is running.
        case ready
        case operating
        /// Its operation succeeds at the deadline, if nothing happens before.
        case holding
    }

    let socket: Socket
    let openedAt: Int64
    var talk: Talk
    var stage = Stage.connecting
    /// A PROXY header that goes before everything else.
    var header: Outgoing
    var outgoing = Outgoing.none
    /// From where the latency of the operation counts; `nil` for none, running or waiting for the
    /// connection to be ready.
    var operationBegan: Int64?
    var operationCount = 0
    /// Whether the peer has sent all that it will send: no answer comes to what is asked now.
    var peerHasEnded = false
    /// When it is given up or, if it is held, has proved itself, in nanoseconds of the monotonic
    /// clock.
    var deadline: Int64
    /// From when on it is held; `nil` for not at all.
    var heldSince: Int64?
    /// Whether another connection may be opened only when this one has ended.
    var hasSeat = true

    /// Whether it has been ready for an operation.
    var hasBeenReady: Bool {
        switch stage {
        case .connecting, .introducing, .preparing: false
        case .ready, .operating, .holding: true
        }
    }
}

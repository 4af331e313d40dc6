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
    /// When it is given up, in nanoseconds of the monotonic clock.
    var deadline: Int64
}

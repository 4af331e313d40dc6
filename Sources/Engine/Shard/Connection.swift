import Addresses
import CIDRTrie
import Core
import ProxyProtocol
import Sockets

/// A connection's slot in its shard: from accept to the line in the access log.
struct Connection {
    enum Phase {
        /// Waits for the PROXY header of a trusted source.
        case readingHeader
        /// Admitted; waits for a backend.
        case connecting
        case relaying
        /// Refused: greets a MySQL client first, so that it shows the error in full.
        case greeting
        /// Everything was said; waits for the client to close, so that no reset overtakes it.
        case lingering
    }

    /// Unique within this run.
    let id: UInt64
    let listener: ListenerID
    let profile: ListenerProfile
    let acceptedAt: Moment
    let peer: SocketAddress
    var client: SocketAddress
    var phase = Phase.readingHeader
    var tunnel: Tunnel
    /// Only between accept and the relay, and only where a PROXY header is expected.
    var preface: Preface?
    /// Only while a refused MySQL client is greeted.
    var greeting: Greeting?
    /// Which of the pool's members were tried.
    var triedBackends = BackendPool.Tried()
    var backend: Backend?
    var isBackendConnected = false
    /// Whether keepalive probes watch the backend.
    var isBackendProbed = false
    /// The source's entry in the limiter, once it was counted there.
    var source: SourceKey?
    var isCountedInBudget = false
    var isCountedInWarehouse = false
    /// Where it is counted among its endpoint's connections.
    var endpointBudget: ConnectionBudget?
    /// Whether the connection waits in the shard's run queue.
    var isQueued = false
    /// Monotonic milliseconds of the last event.
    var activeAt: Int64
    /// Of the flows' byte counts, what the listener's counters have already.
    var reportedBytesIn: UInt64 = 0
    var reportedBytesOut: UInt64 = 0
    var rule: CIDRBlock?
    var endpoint: EndpointName?
    var denial: DenialReason?
    /// Whether it gets a line in the access log, and how many of its kind have had none.
    var isLogged = true
    var unlogged = 0
    var detail = ""
    /// How the connection ends, once that is decided though not yet done.
    var end = ConnectionEnd.finished

    init(
        id: UInt64,
        listener: ListenerID,
        profile: ListenerProfile,
        socket: Socket,
        peer: SocketAddress,
        at now: Moment
    ) {
        self.id = id
        self.listener = listener
        self.profile = profile
        self.peer = peer
        client = peer
        tunnel = Tunnel(client: socket)
        acceptedAt = now
        activeAt = now.milliseconds
    }
}

extension Connection {
    /// Whether its client has passed: what runs, and what a change of policy may end.
    var isAdmitted: Bool {
        switch phase {
        case .connecting, .relaying: true
        case .readingHeader, .greeting, .lingering: false
        }
    }
}

/// A PROXY header on its way in; boxed, for it is gone once bytes flow.
final class Preface {
    private(set) var receiver: ProxyHeaderReceiver
    /// All bytes so far; bounded by the receiver's limit and one read.
    private(set) var receivedBytes: [UInt8] = []
    /// The headers whose word counts, outermost first.
    var believedHeaders: [ProxyHeader] = []
    /// Where the client wanted to go, as the innermost of them says.
    var destination: SocketAddress?

    init(headerByteLimit: Int) {
        receiver = ProxyHeaderReceiver(byteLimit: headerByteLimit)
    }

    func receive(_ bytes: [UInt8]) throws(ProxyHeaderError) -> ProxyHeaderReceiver.Progress {
        receivedBytes += bytes
        return try receiver.receive(bytes)
    }

    /// Whether the peer has not sent a single byte.
    var isSilent: Bool { receivedBytes.isEmpty }
}

/// A refused MySQL client's handshake; boxed, for few connections have one.
final class Greeting {
    var rejection: GreetingRejection

    init(_ rejection: GreetingRejection) {
        self.rejection = rejection
    }
}

/// A moment on both of the system's clocks.
struct Moment {
    /// Never jumps; for deadlines and durations.
    var nanoseconds: Int64
    /// For people: since 1970, UTC.
    var realtimeMicroseconds: Int64

    static func now() -> Moment {
        Moment(
            nanoseconds: Clock.monotonicNanoseconds(),
            realtimeMicroseconds: Clock.realtimeMicroseconds()
        )
    }

    var milliseconds: Int64 { nanoseconds / 1_000_000 }
    /// Of the wall clock's second, how much has passed.
    var millisecondsOfSecond: Int64 { realtimeMicroseconds / 1_000 % 1_000 }
    var unixTime: UnixTime { UnixTime(seconds: realtimeMicroseconds / 1_000_000) }
}

import Addresses
import CIDRTrie
import Core
import ProxyProtocol
import Sockets

/// A connection's slot in its shard: from accept to the line in the access log.
struct Connection {
    enum Phase {
        /// Nothing is decided yet.
        case accepted
        /// Waits for the PROXY header of a source that is trusted to send one.
        case readingHeader(HeaderReading)
        /// Admitted; waits for a backend.
        case connecting(Dial)
        case relaying
        /// Refused: greets a MySQL client first, so that it shows the error in full.
        case greeting(Greeting)
        /// Everything was said; waits for the client to close, so that no reset overtakes it.
        case lingering
    }

    /// What the timer of a relayed connection was set for, the most urgent last.
    enum Watch: UInt8, Comparable {
        /// Nothing but the idle time.
        case none
        /// Bytes have moved.
        case later
        /// Bytes wait for a peer that takes no more.
        case soon

        static func < (a: Watch, b: Watch) -> Bool { a.rawValue < b.rawValue }
    }

    /// Unique within this run.
    let id: UInt64
    let listener: ListenerID
    var isBackendConnected = false
    /// Whether keepalive probes watch the backend.
    var isBackendProbed = false
    /// Whether the peer's PROXY header is believed.
    var isIntroduced = false
    /// Whether the connection waits in the shard's run queue.
    var isQueued = false
    /// How soon its timer comes to look for bytes that a peer does not take.
    var watch = Watch.none
    /// The listener's as it was when the client was identified.
    var profile: ListenerProfile
    let acceptedAt: Moment
    let peer: SocketAddress
    var client: SocketAddress
    var phase = Phase.accepted
    var tunnel: Tunnel
    var backend: Backend?
    /// Who wrote the headers after the peer's.
    var intermediaries: [IPAddress] = []
    /// Only while bytes wait that a look has found.
    var hold: Hold?
    /// Monotonic milliseconds of the last event.
    var activeAt: Int64
    var holdings: Holdings
    /// Of the flows' byte counts, what the listener's counters have already.
    var reportedBytesIn: UInt64 = 0
    var reportedBytesOut: UInt64 = 0
    var rule: CIDRBlock?
    var endpoint: EndpointName?
    var denial: DenialReason?
    /// How the connection ends, once that is decided though not yet done.
    var end = ConnectionEnd.finished
    /// Whether it gets a line in the access log, and how many of its kind have had none.
    var isLogged = true
    var unlogged = 0
    var detail = ""

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
        tunnel = Tunnel(
            client: socket,
            isGuarded: !profile.settings.passesClientHeaders,
            awaitsGreeting: profile.settings.protocol == .mysql
        )
        acceptedAt = now
        activeAt = now.milliseconds
        // Those that were set aside at accept.
        holdings = Holdings(descriptorCount: DescriptorBudget.perConnection)
    }
}

extension Connection {
    /// Whether its client has passed: what runs, and what a change of policy may end.
    var isAdmitted: Bool {
        switch phase {
        case .connecting, .relaying: true
        case .accepted, .readingHeader, .greeting, .lingering: false
        }
    }

    /// By what it is judged while it runs.
    var identity: SessionIdentity {
        SessionIdentity(
            warehouse: profile.warehouse.id,
            listener: profile.name,
            link: profile.settings.link,
            peer: peer.ip,
            client: client.ip,
            endpoint: endpoint,
            isIntroduced: isIntroduced,
            intermediaries: intermediaries
        )
    }
}

/// A PROXY header on its way in; boxed, for few connections have one.
final class HeaderReading {
    var preface: Preface

    init(_ preface: Preface) {
        self.preface = preface
    }
}

/// The search for a backend, inside the route by which the client was admitted.
struct Dial {
    let pool: BackendPool
    /// Which of the pool's members were tried.
    var tried = BackendPool.Tried()
    /// What the client's load balancers said of it.
    let introduction: Introduction?
}

/// What the believed PROXY headers say, for the backend; boxed, for few connections have one.
final class Introduction {
    /// Where the client wanted to go.
    let destination: SocketAddress?
    /// The headers, the one that was sent first in front.
    let headers: [ProxyHeader]

    init(_ client: EffectiveClient) {
        destination = client.destination
        headers = client.believedHeaders
    }
}

/// What a connection is counted in. It is given back once, by the shard.
struct Holdings {
    /// The source's entry in the limiter.
    var source: SourceKey?
    /// Whether it is counted among the gateway's connections.
    var isInBudget = false
    /// Of the process' descriptors, how many are set aside for it.
    var descriptorCount: UInt8 = 0
    /// Where it is counted among its endpoint's connections.
    var endpoint: ConnectionBudget?
    /// Where it is counted among its warehouse's connections.
    var warehouse: WarehouseGauge?
}

/// A refused MySQL client's handshake; boxed, for few connections have one.
final class Greeting {
    var rejection: GreetingRejection

    init(_ rejection: GreetingRejection) {
        self.rejection = rejection
    }
}

/// What a connection's peers have not taken; boxed, for few connections have one.
final class Hold {
    var watch = StallWatch()
    /// What was counted for its source.
    var byteCount = 0
    /// The sides that the kernel was told to wait for.
    var patience: Set<RelaySide> = []
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

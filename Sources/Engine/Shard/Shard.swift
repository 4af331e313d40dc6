import Addresses
import CIDRTrie
import Dispatch
import Operations
import Policy
import Settings
import Sockets
import Time
import Traffic

/// One worker of the data plane: connections that live and die on one serial queue.
///
/// It has an epoll set and **one** Dispatch source on that set's descriptor. When the source fires,
/// ``drive()`` takes over: it waits in `epoll_wait` itself, batch after batch, until nothing has
/// arrived for the linger time, and only then returns to Dispatch. So a busy shard pays no trip
/// through Dispatch, and an idle one costs nothing (docs/architecture.md).
///
/// Everything here is accessed on `queue` only, except for ``port``.
final class Shard: @unchecked Sendable {
    // @unchecked: see above; the Dispatch queue is the isolation.

    typealias Key = SlotTable<Connection>.Key

    let port: ShardPort
    let services: ShardServices
    let connections = SlotTable<Connection>()
    let tools: RelayTools
    var timers = TimerWheel()
    var snapshot: Snapshot
    var listeners: [ListenerID: ListeningSocket] = [:]
    var now = Moment.now()
    /// Connections whose turn was over before they were done.
    var runQueue = TurnQueue<Key>()
    /// Whose turn it is, and how many bytes of it are left.
    var turn: (key: Key, rest: Int)?
    /// How often a connection may be read from before others have their turn.
    var readsLeft = 0
    /// Records that the access log does not have yet.
    var records: [AccessRecord] = []
    /// When they were last handed over, in monotonic nanoseconds.
    private var recordsHandedOverAt: Int64 = 0
    /// Accepting rests until then, in monotonic milliseconds; `nil` when it does not.
    var acceptResumesAt: Int64?
    /// Since when it does because other shards are to make room, in monotonic milliseconds.
    var roomAwaitedSince: Int64?
    /// Whether an operator was told that it does.
    var isAcceptPaused = false
    /// Listeners that epoll has rejected.
    var unwatched: Set<ListenerID> = []
    /// When it is checked again, in monotonic milliseconds.
    var watchRetriesAt: Int64?
    /// Connections that wait for a PROXY header, a handshake or a name.
    var identifying: WaitingRoom<Key>
    /// Connections that are being denied.
    var refused = WaitingRoom<Key>(limit: Shard.refusedLimit)
    /// When a limit was last reported, in monotonic milliseconds.
    var limitReportedAt = Int64.min / 2
    /// The first of them is under way.
    var sweeps: [SessionSweep] = []
    /// When the first rule that admits a session expires; `nil` if none does.
    var nextExpiry: UnixTime?
    var denials: DenialTable
    var hits = EntryHitTable()
    /// Of the connections that began here.
    var lastConnectionNumber: UInt64 = 0

    private let queue: DispatchQueue
    private var source: (any DispatchSourceRead)?
    private var isRetired = false
    private let lingerNanoseconds: Int64

    init(
        port: ShardPort,
        settings: EngineSettings,
        services: ShardServices,
        snapshot: Snapshot
    ) {
        self.port = port
        self.services = services
        self.snapshot = snapshot
        identifying = WaitingRoom(limit: snapshot.identifyingLimit)
        tools = RelayTools(
            scratchByteCount: settings.scratchByteCount,
            pipeByteCount: settings.pipeByteCount,
            descriptors: services.descriptors,
            workerCount: services.ports.count,
            kernelTLS: services.kernelTLS
        )
        lingerNanoseconds = settings.linger.nanoseconds
        denials = DenialTable(
            sharingLinesAmong: services.ports.count,
            at: now.milliseconds
        )
        queue = DispatchQueue(label: "sluice.shard.\(port.number)")
    }

    var epoll: Epoll { port.epoll }

    /// Begins to handle events. Called once.
    func start() {
        let source = DispatchSource.makeReadSource(
            fileDescriptor: epoll.descriptor,
            queue: queue
        )
        source.setEventHandler { [self] in drive() }
        // The cancel handler, empty, keeps the shard and so the descriptor until Dispatch is done.
        source.setCancelHandler { [self] in _ = epoll.descriptor }
        self.source = source
        source.activate()
    }

    /// Stops handling events; the shard is freed when Dispatch has released it.
    func retire() {
        source?.cancel()
        source = nil
        isRetired = true
    }
}

// MARK: - The wheel

extension Shard {
    /// Clients taken from one listener before other events get their turn.
    private static let acceptBatch = 16

    /// Handles events until none has arrived for the linger time.
    private func drive() {
        now = Moment.now()
        var quietSince = now.nanoseconds
        repeat {
            let count = waitAndHandle(since: quietSince)
            takeTurns()
            continueSweeps()
            expireTimers()
            if areRecordsDue { handOverRecords() }
            if count > 0 {
                quietSince = now.nanoseconds
                port.gauges.addWakeup()
            }
        } while !isQuiet(since: quietSince)
        handOverRecords()
        epoll.setTimer(milliseconds: nextDeadline.map { $0 - now.milliseconds })
        if isRetired { port.recordRetired() }
    }

    private func isQuiet(since start: Int64) -> Bool {
        isRetired || hasNoWork && now.nanoseconds - start >= lingerNanoseconds
    }

    private func expireTimers() {
        resumeAccepting()
        retryWatching()
        reviewExpired()
        guard let deadline = timers.nextDeadline, deadline <= now.milliseconds else { return }
        for index in timers.advance(to: now.milliseconds) {
            if let key = connections.key(at: UInt32(index)) { deadlinePassed(for: key) }
        }
    }

    /// The next moment at which something is due, in monotonic milliseconds.
    private var nextDeadline: Int64? {
        // Two by two: of more, min(_:_:) would make an array each time.
        let pauses = min(acceptResumesAt ?? .max, watchRetriesAt ?? .max)
        let first = min(min(timers.nextDeadline ?? .max, nextReview ?? .max), pauses)
        return first == .max ? nil : first
    }

    private var hasNoWork: Bool { turn == nil && runQueue.isEmpty && sweeps.isEmpty }

    private func waitAndHandle(since quietSince: Int64) -> Int {
        let count: Int
        do {
            count = try epoll.wait(milliseconds: waitMilliseconds(since: quietSince))
        } catch {
            // Only a closed or invalid descriptor can fail here (epoll_wait(2)).
            preconditionFailure("epoll_wait: \(error)")
        }
        now = Moment.now()
        for index in 0..<count { handle(epoll.event(at: index)) }
        return count
    }

    /// The rest of the linger, or less if a deadline comes first or work waits.
    private func waitMilliseconds(since quietSince: Int64) -> Int32 {
        guard hasNoWork else { return 0 }
        let rest = lingerNanoseconds - (now.nanoseconds - quietSince)
        var milliseconds = max(0, (rest + 999_999) / 1_000_000)
        if let deadline = nextDeadline {
            milliseconds = min(milliseconds, max(0, deadline - now.milliseconds))
        }
        return Int32(clamping: milliseconds)
    }

    private func handle(_ event: ReadinessEvent) {
        switch EventToken(rawValue: event.token).kind {
        case .client(let key): handle(event, from: .client, of: key)
        case .backend(let key): handle(event, from: .backend, of: key)
        case .listener(let id): acceptClients(of: id)
        case .wake: readMailbox()
        case .timer: epoll.setTimer(milliseconds: nil)
        }
    }

    func acceptClients(of id: ListenerID) {
        for _ in 0..<Self.acceptBatch {
            // Clients that other shards have handed over hold descriptors; some may have to go.
            if !hasRoom() { readMailbox() }
            guard acceptClient(of: id) else { return }
        }
    }

    /// Each hand-over may wake the writer, which costs more than a line: a busy shard hands over
    /// many at once.
    private var areRecordsDue: Bool {
        records.count >= 256 || now.nanoseconds - recordsHandedOverAt >= lingerNanoseconds
    }

    private func handOverRecords() {
        recordsHandedOverAt = now.nanoseconds
        guard !records.isEmpty else { return }
        services.accessLog.write(records)
        records.removeAll(keepingCapacity: true)
    }
}

// MARK: - Messages

extension Shard {
    /// Not while a message is handled: later ones would overtake the rest of it.
    func readMailbox() {
        for message in port.takeMessages() { handle(message) }
    }

    private func handle(_ message: ShardMessage) {
        switch message {
        case .accepted(let socket, let peer, let listener):
            begin(socket, from: peer, at: listener)
        case .install(let snapshot, let adoption):
            install(snapshot)
            adoption.shardHasAdopted()
        case .listen(let id, let socket):
            listen(on: socket, as: id)
        case .stopListening(let id):
            stopListening(id)
        case .sweep(let sweep):
            schedule(sweep)
        case .perform(let errand):
            errand(self)
        case .closeAll(let end):
            closeAll(end)
        case .retire:
            // A client that another shard handed over during the drain may have arrived since.
            closeAll(.drained)
            abandonSweeps()
            retire()
        }
    }
}

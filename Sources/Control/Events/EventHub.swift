import Glibc
import NIOCore
import Operations
import Settings
import Store
import Synchronization
import Text
import Time

/// The streams of events: looks at the gateway while somebody listens, and only then, and sends each
/// client what has changed of what it may see.
///
/// Nothing is added to the path of connections or bytes: it compares what `/v1/status`, `/v1/sessions`
/// and `/v1/denials` show with what they showed a second before.
final class EventHub: Sendable {
    /// How often it looks whether a stream must end; each second time, at what there is to send.
    static let interval = Duration.milliseconds(500)
    static let heartbeat = Duration.seconds(15)
    /// A client that takes nothing for so long is gone.
    static let stallLimit = Duration.seconds(60)
    /// For the last event of a stream that is revoked: on a busy machine it takes a while to be
    /// written.
    static let revocationPatience = Duration.seconds(5)
    /// The same if the gateway is stopping, which must not wait for clients that do not read.
    static let stopPatience = Duration.milliseconds(500)
    /// More sessions are not listed, only counted.
    static let sessionLimit = 1_000
    /// With more connections than this, sessions are not even looked at.
    static let connectionLimit = 5_000

    private struct State {
        var places = StreamPlaces()
        var streams: [ObjectIdentifier: EventStream] = [:]
        var loop: Task<Void, Never>?
        var status = ControlPlaneStatus.Streams()
    }

    private let gateway: any ManagedGateway
    private let store: @Sendable () -> PolicyStore?
    /// Adds what the gateway itself does not know to its status.
    private let completing: @Sendable (GatewayStatus) -> GatewayStatus
    private let state: Mutex<State>
    private let pages = PageQueue()

    init(
        _ gateway: any ManagedGateway,
        store: @escaping @Sendable () -> PolicyStore?,
        completing: @escaping @Sendable (GatewayStatus) -> GatewayStatus = { $0 },
        places: StreamPlaces = StreamPlaces()
    ) {
        self.gateway = gateway
        self.completing = completing
        self.store = store
        state = Mutex(State(places: places))
    }

    /// Opens a stream, which ends with its channel.
    func open(_ subscription: EventStream.Subscription, on channel: any Channel)
        throws(StreamPlaces.Refusal) -> EventStream
    {
        var subscription = subscription
        let newest = store()?.auditNumber ?? 0
        subscription.lastChange = min(subscription.lastChange ?? newest, newest)
        let stream = EventStream(subscription, on: channel)
        let principal = subscription.principal
        let result = state.withLock { state in
            Result { () throws(StreamPlaces.Refusal) in
                do throws(StreamPlaces.Refusal) {
                    try state.places.enter(principal.id, hasOwnPlaces: principal.isLocal)
                } catch {
                    state.status.refused += 1
                    throw error
                }
                state.streams[ObjectIdentifier(stream)] = stream
                if state.loop == nil { state.loop = Task { await run() } }
            }
        }
        try result.get()
        // A peer that is gone without a word gets heartbeats, which do not fill any buffer. The local
        // socket does not know the option, and needs none.
        _ = channel.setOption(
            ChannelOptions.tcpOption(NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT)),
            value: ChannelOptions.Types.SocketOption.Value(Self.stallLimit.milliseconds)
        )
        channel.closeFuture.whenComplete { [weak self] _ in self?.remove(stream) }
        stream.sendChanges()
        return stream
    }

    private func remove(_ stream: EventStream) {
        stream.end(.gone)
        state.withLock { state in
            guard state.streams.removeValue(forKey: ObjectIdentifier(stream)) != nil else { return }
            let principal = stream.subscription.principal
            state.places.leave(principal.id, hasOwnPlaces: principal.isLocal)
            guard state.streams.isEmpty else { return }
            state.loop?.cancel()
            state.loop = nil
        }
    }

    /// Ends all streams, and accepts no further ones.
    func close() {
        let streams = state.withLock { state in
            state.places.close()
            return Array(state.streams.values)
        }
        for stream in streams {
            end(stream, "the gateway is stopping", patience: Self.stopPatience)
        }
    }

    /// Looks at once for streams that must end, and for changes: an act was recorded.
    func actsRecorded() {
        for stream in streams {
            check(stream)
            if stream.subscription.kinds.contains(.changes) { stream.sendChanges() }
        }
    }

    /// Sends what has changed among the notices.
    func noticesChanged(_ changes: [NoticeChange]) {
        for (subscription, streams) in Self.scopes(streams, .notices) {
            for change in changes where subscription.covers(warehouse: change.notice.warehouse) {
                send(change, .notices, if: true, to: streams)
            }
        }
    }

    var streams: [EventStream] { state.withLock { Array($0.streams.values) } }

    var status: ControlPlaneStatus.Streams {
        state.withLock { state in
            var status = state.status
            status.open = state.streams.count
            return status
        }
    }
}

// MARK: - Streams that end

extension EventHub {
    /// Ends a stream whose key or login is no longer what it was.
    private func check(_ stream: EventStream, at now: UnixTime = .systemTime) {
        let principal = stream.subscription.principal
        guard stream.ending == nil, principal.isOfStore else { return }
        guard let store = store() else { return end(stream, "the store cannot be used") }
        let settings = gateway.topology.management.accounts
        let revocation = principal.revocation(in: store, settings, at: now)
        if let revocation { end(stream, revocation) }
    }

    /// A client that reads gets the reason; one that does not is closed all the same.
    private func end(
        _ stream: EventStream,
        _ reason: String,
        patience: Duration = revocationPatience
    ) {
        stream.end(.reason(reason))
        stream.close(after: patience)
    }
}

// MARK: - Looking

extension EventHub {
    /// What the last look has seen, as far as somebody wants it.
    private struct Seen {
        var sessions: [Session]?
        var connections: [String?: Int] = [:]
        var denials: DenialCounts?
    }

    /// Runs until the last stream is closed.
    private func run() async {
        var seen = Seen()
        var isLook = true
        while !Task.isCancelled {
            checkAll()
            if isLook { await look(&seen) }
            isLook.toggle()
            // `try?`: it throws if the task is cancelled.
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func checkAll() {
        let now = ContinuousClock.now
        for stream in streams {
            check(stream)
            stream.beat(after: Self.heartbeat, at: now)
            if stream.isStalled(for: Self.stallLimit, at: now) {
                stream.channel.close(promise: nil)
            }
        }
    }

    private func look(_ seen: inout Seen) async {
        let streams = streams
        let kinds = streams.reduce(into: Set()) { $0.formUnion($1.subscription.kinds) }
        if kinds.contains(.changes) {
            for stream in streams where stream.subscription.kinds.contains(.changes) {
                stream.sendChanges()
            }
        }
        if !kinds.isDisjoint(with: [.status, .sessions]) {
            // `try?`: nothing of it throws.
            guard
                let status = try? await pages.build({ [gateway, completing] in
                    completing(gateway.status())
                })
            else { return }
            if kinds.contains(.status) { await sendStatus(status, to: streams) }
            await lookAtSessions(status, &seen, isWanted: kinds.contains(.sessions), streams)
        } else {
            seen.sessions = nil
        }
        guard kinds.contains(.denials) else {
            seen.denials = nil
            return
        }
        await lookAtDenials(&seen, streams)
    }

    /// The streams of a kind, by what they may see.
    private static func scopes(_ streams: [EventStream], _ kind: EventKind)
        -> [(subscription: EventStream.Subscription, streams: [EventStream])]
    {
        struct Scope: Hashable {
            let warehouses: Set<String>?
            let warehouse: String?
        }
        let wanting = streams.filter { $0.subscription.kinds.contains(kind) }
        let groups = Dictionary(grouping: wanting) { stream in
            Scope(
                warehouses: stream.subscription.principal.warehouses,
                warehouse: stream.subscription.warehouse
            )
        }
        return groups.values.compactMap { streams in
            streams.first.map { ($0.subscription, streams) }
        }
    }

    private func sendStatus(_ status: GatewayStatus, to streams: [EventStream]) async {
        for (subscription, streams) in Self.scopes(streams, .status) {
            var own = status.visible(to: subscription.principal)
            if let warehouse = subscription.warehouse {
                own.listeners.removeAll { $0.warehouse != warehouse }
            }
            let hash = own.hashWithoutWakeups
            let behind = streams.filter { $0.needsStatus(hash) }
            guard !behind.isEmpty else { continue }
            // `try?`: a status can always be encoded.
            guard let data = try? await pages.build({ [own] in try JSONText.of(own) }) else {
                continue
            }
            let event = StreamEvent(EventKind.status.rawValue, data: data)
            for stream in behind {
                stream.sendStatus(event, hash: hash)
                record(.status, isSent: true)
            }
        }
    }

    private func lookAtSessions(
        _ status: GatewayStatus,
        _ seen: inout Seen,
        isWanted: Bool,
        _ streams: [EventStream]
    ) async {
        guard isWanted else {
            seen.sessions = nil
            return
        }
        var now: [Session]?
        if status.activeConnections <= Self.connectionLimit {
            let list = await gateway.sessions(matching: SessionFilter(), limit: Self.sessionLimit)
            if list.total == list.sessions.count { now = list.sessions }
        }
        var connections: [String?: Int] = [:]
        for listener in status.listeners {
            connections[listener.warehouse, default: 0] += listener.activeConnections
        }
        for (subscription, streams) in Self.scopes(streams, .sessions) {
            func sum(_ connections: [String?: Int]) -> Int {
                connections.filter { subscription.covers(warehouse: $0.key) }.values.reduce(0, +)
            }
            let open = sum(connections)
            func changes(from before: [Session]?) -> SessionChanges {
                SessionChanges(from: before, to: now, connections: open) {
                    subscription.covers(warehouse: $0)
                }
            }
            // Only what the client may see makes an event: its time would tell of the rest.
            let news = changes(from: seen.sessions)
            let isNews =
                !news.isEmpty || open != sum(seen.connections)
                || now == nil && seen.sessions != nil
            let newcomers = streams.filter(\.needsSnapshot)
            send(news, .sessions, if: isNews, to: streams.filter { !$0.needsSnapshot })
            if !newcomers.isEmpty { send(changes(from: nil), .sessions, if: true, to: newcomers) }
        }
        (seen.sessions, seen.connections) = (now, connections)
    }

    private func lookAtDenials(_ seen: inout Seen, _ streams: [EventStream]) async {
        let list = await gateway.denials()
        // `nil`: somebody begins to listen now, to what comes from now on.
        let changes = seen.denials?.changes(to: list) ?? []
        seen.denials = DenialCounts(list)
        guard !changes.isEmpty else { return }
        for (subscription, streams) in Self.scopes(streams, .denials) {
            let own = changes.filter { subscription.covers(warehouse: $0.denial.warehouse) }
            send(DenialEvent(own), .denials, if: !own.isEmpty, to: streams)
        }
    }

    private func send(
        _ data: some Encodable,
        _ kind: EventKind,
        if isNews: Bool,
        to streams: [EventStream]
    ) {
        // `try?`: these values can always be encoded.
        guard isNews, !streams.isEmpty, let text = try? JSONText.of(data) else { return }
        let event = StreamEvent(kind.rawValue, data: text)
        for stream in streams { record(kind, isSent: stream.send(event, of: kind)) }
    }

    func record(_ kind: EventKind, isSent: Bool) {
        state.withLock { state in
            if isSent {
                state.status.sent[kind, default: 0] += 1
            } else {
                state.status.lost[kind, default: 0] += 1
            }
        }
    }
}

extension GatewayStatus {
    /// Equal for statuses that differ only in wakeups, which looking at the gateway causes.
    fileprivate var hashWithoutWakeups: Int {
        var status = self
        for index in status.shards.indices { status.shards[index].wakeups = 0 }
        return status.hashValue
    }
}

extension Principal {
    /// Whether it is a user of this machine.
    var isLocal: Bool { if case .local = identity { true } else { false } }
}

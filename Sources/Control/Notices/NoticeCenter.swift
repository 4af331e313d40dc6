import Operations
import Settings
import Store
import Synchronization
import Time

/// What people hear of: looks at the gateway every few seconds, keeps what stands, and passes on what
/// has changed to webhooks and to streams of events.
final class NoticeCenter: Sendable {
    static let interval = Duration.seconds(5)

    private struct State {
        var board = NoticeBoard()
        var senders: [String: WebhookSender] = [:]
        var isClosed = false
    }

    private let gateway: any ManagedGateway
    private let writer: PolicyWriter
    private let exchange: WebhookExchange
    private let collector: NoticeCollector
    private let clock: NoticeClock
    private let changed: @Sendable ([NoticeChange]) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - certificateExpiry: of the management address's certificate; `nil` without one.
    ///   - names: how they resolve; `nil` if that is not the gateway's business.
    ///   - managedCertificates: those that the gateway obtains by ACME.
    ///   - certificateFilesFailure: why changed certificate files cannot be used.
    ///   - changed: is told of all changes.
    init(
        _ gateway: any ManagedGateway,
        _ writer: PolicyWriter,
        exchange: WebhookExchange = WebhookExchange(),
        clock: NoticeClock = NoticeClock(),
        certificateExpiry: @escaping @Sendable () -> UnixTime? = { nil },
        names: @escaping @Sendable () -> NameServiceStatus? = { nil },
        managedCertificates: @escaping @Sendable () -> [ManagedCertificate] = { [] },
        certificateFilesFailure: @escaping @Sendable () -> String? = { nil },
        changed: @escaping @Sendable ([NoticeChange]) -> Void = { _ in }
    ) {
        self.gateway = gateway
        self.writer = writer
        self.exchange = exchange
        self.clock = clock
        self.changed = changed
        collector = NoticeCollector(
            gateway,
            writer,
            certificateExpiry: certificateExpiry,
            names: names,
            managedCertificates: managedCertificates,
            certificateFilesFailure: certificateFilesFailure
        )
    }

    var list: NoticeList { state.withLock { $0.board.list } }

    /// Looks until the task is cancelled, and then sends nothing more.
    func run() async {
        while !Task.isCancelled {
            look()
            // `try?`: it throws if the task is cancelled.
            try? await Task.sleep(for: Self.interval)
        }
        let senders = state.withLock { state in
            state.isClosed = true
            return Array(state.senders.values)
        }
        for sender in senders { sender.close() }
    }

    /// Looks once. Only one task may call it at a time.
    func look() {
        let (now, elapsed) = (UnixTime.systemTime, clock.elapsed)
        let conditions = collector.facts(at: now, elapsed: elapsed).conditions(at: now)
        let changes = state.withLock { state in
            state.board.look(conditions, at: now, elapsed: elapsed)
        }
        removeSenders()
        guard !changes.isEmpty else { return }
        deliver(changes)
        changed(changes)
    }

    private func deliver(_ changes: [NoticeChange]) {
        guard let webhooks = writer.store?.webhooks else { return }
        for webhook in webhooks.values where webhook.isEnabled {
            let wanted = changes.filter {
                webhook.wants(kind: $0.notice.kind.rawValue, of: $0.notice.warehouse)
            }
            guard !wanted.isEmpty else { continue }
            let sender = sender(of: webhook.id)
            for change in wanted { sender.add(change) }
        }
    }
}

// MARK: - Webhooks

extension NoticeCenter {
    private func sender(of id: String) -> WebhookSender {
        state.withLock { state in
            if let sender = state.senders[id] { return sender }
            let (gateway, writer) = (gateway, writer)
            let sender = WebhookSender(
                exchange,
                clock,
                policy: { ReceiverPolicy(allowed: gateway.topology.management.notices.allowed) },
                webhook: { writer.store?.webhooks[id] }
            )
            if state.isClosed { sender.close() }
            state.senders[id] = sender
            return sender
        }
    }

    /// Those of webhooks that were removed.
    private func removeSenders() {
        let webhooks = writer.store?.webhooks ?? [:]
        let removed = state.withLock { state in
            let removed = state.senders.filter { webhooks[$0.key] == nil }
            for id in removed.keys { state.senders[id] = nil }
            return removed.values
        }
        for sender in removed { sender.close() }
    }

    /// The latest attempts, the latest first.
    func attempts(of id: String) -> [DeliveryAttempt] {
        state.withLock { $0.senders[id] }?.attempts ?? []
    }

    /// What waits for a webhook, and what became of what did.
    func deliveries(to id: String) -> ControlPlaneStatus.Notices.Deliveries {
        state.withLock { $0.senders[id] }?.status ?? .init()
    }

    /// Sends a test now.
    func test(_ webhook: Webhook) async -> DeliveryAttempt {
        await sender(of: webhook.id).test(webhook)
    }

    var status: ControlPlaneStatus.Notices {
        var status = ControlPlaneStatus.Notices()
        for notice in list.standing { status.standing[notice.severity, default: 0] += 1 }
        let senders = state.withLock { $0.senders }
        for (id, webhook) in writer.store?.webhooks ?? [:] {
            status.deliveries[webhook.name] = senders[id]?.status ?? .init()
        }
        return status
    }
}

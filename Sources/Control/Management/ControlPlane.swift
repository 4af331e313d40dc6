import FoundationEssentials
import Logging
import Operations
import Policy
import Store
import Synchronization
import Time

/// What the management address and the local socket share: the streams of events, the counts of the
/// last day, and the counters of the control plane itself.
final class ControlPlane: Sendable {
    let events: EventHub
    let counts = CountRecorder()
    let metrics: ManagementMetrics
    let notices: NoticeCenter
    private let writer: PolicyWriter
    private let auditExport: @Sendable () -> ControlPlaneStatus.AuditExport?
    /// The certificate of the management address; `nil` without TLS.
    let certificate: @Sendable () -> CertificateStatus?
    /// The names in the gateway's domain; `nil` if that is not its business.
    let names: GatewayNames?
    /// Those that the gateway obtains by ACME.
    let managedCertificates: @Sendable () -> [ManagedCertificate]

    /// - Parameters:
    ///   - auditExport: the state of the export of the audit; `nil` while it is off.
    ///   - certificate: that of the management address; `nil` without TLS.
    ///   - names: those in the gateway's domain.
    ///   - managedCertificates: those that the gateway obtains by ACME.
    ///   - certificateFilesFailure: why changed certificate files cannot be used.
    ///   - streams: how many streams of events there may be.
    ///   - exchange: sends notices.
    ///   - report: logs an event for the operator.
    init(
        _ gateway: any ManagedGateway,
        _ writer: PolicyWriter,
        auditExport: @escaping @Sendable () -> ControlPlaneStatus.AuditExport? = { nil },
        certificate: @escaping @Sendable () -> CertificateStatus? = { nil },
        names: GatewayNames? = nil,
        managedCertificates: @escaping @Sendable () -> [ManagedCertificate] = { [] },
        certificateFilesFailure: @escaping @Sendable () -> String? = { nil },
        streams: StreamPlaces = StreamPlaces(),
        exchange: WebhookExchange = WebhookExchange(),
        report: @escaping @Sendable (OperatorEvent) -> Void = { _ in }
    ) {
        self.writer = writer
        self.auditExport = auditExport
        self.certificate = certificate
        self.names = names
        self.managedCertificates = managedCertificates
        let events = EventHub(
            gateway,
            store: { writer.store },
            completing: writer.completed,
            places: streams
        )
        self.events = events
        notices = NoticeCenter(
            gateway,
            writer,
            exchange: exchange,
            certificateExpiry: { certificate()?.expiresAt },
            names: { names?.status },
            managedCertificates: managedCertificates,
            certificateFilesFailure: certificateFilesFailure,
            changed: events.noticesChanged
        )
        metrics = ManagementMetrics(report: report)
    }

    var status: ControlPlaneStatus {
        var status = metrics.status
        status.writeFailures = writer.failures
        status.isStoreLost = writer.isStoreLost
        status.closedListeners = writer.closedListeners.count
        status.store = writer.store.map { store in
            ControlPlaneStatus.Store(
                byteCount: Self.byteCount(of: store.path),
                revision: store.policy.revision.number,
                keys: store.keyring.keys.count,
                auditNumber: store.auditNumber
            )
        }
        status.streams = events.status
        status.notices = notices.status
        status.auditExport = auditExport()
        status.certificate = certificate()
        status.names = names?.status
        status.queries = names?.counters
        status.managedCertificates = managedCertificates()
        (status.countSeries, status.omittedCountSeries) = counts.seriesCounts
        return status
    }

    private static func byteCount(of path: String) -> Int? {
        let sizes = [path, path + "-wal"].compactMap { file in
            // `try?`: the log need not be there.
            (try? FileManager.default.attributesOfItem(atPath: file))?[.size] as? UInt64
        }
        return sizes.isEmpty ? nil : Int(clamping: sizes.reduce(0, +))
    }
}

/// The counters of the API.
final class ManagementMetrics: Sendable {
    private let counters = Mutex(ControlPlaneStatus())
    private let report: @Sendable (OperatorEvent) -> Void

    /// - Parameter report: logs an event for the operator, unless there were too many of its kind.
    init(report: @escaping @Sendable (OperatorEvent) -> Void = { _ in }) {
        self.report = report
    }

    var status: ControlPlaneStatus { counters.withLock { $0 } }

    func recordRequest(_ request: ControlPlaneStatus.Request, duration: Duration) {
        counters.withLock { $0.record(request, duration: duration) }
    }

    func recordRepeat() {
        counters.withLock { $0.idempotentRepeats += 1 }
    }

    func recordRateLimit() {
        counters.withLock { $0.rateLimitedWrites += 1 }
    }

    /// - Parameters:
    ///   - reason: one of a few words.
    ///   - sentence: for the log; it never has the key in it.
    func recordRefusal(_ reason: String, _ sentence: String) {
        counters.withLock { $0.refusedCredentials[reason, default: 0] += 1 }
        report(OperatorEvent(subject: "credentials \(reason)", sentence: sentence, level: .warning))
    }
}

/// The counts of the last day.
final class CountRecorder: Sendable {
    private let history = Mutex(CountHistory())

    /// Counts once a minute, at its end, until the task is cancelled.
    func run(_ status: @escaping @Sendable () -> GatewayStatus) async {
        while !Task.isCancelled {
            let rest = 60 - UnixTime.systemTime.seconds % 60
            // `try?`: it throws if the task is cancelled.
            guard (try? await Task.sleep(for: .seconds(rest))) != nil else { return }
            record(status().listeners, at: .systemTime)
        }
    }

    func record(_ listeners: [ListenerStatus], at now: UnixTime) {
        history.withLock { $0.record(listeners, at: now) }
    }

    /// A copy shares its rings until the next minute.
    var current: CountHistory { history.withLock { $0 } }

    var seriesCounts: (counted: Int, omitted: Int) {
        history.withLock { ($0.seriesCount, $0.omittedSeries) }
    }
}

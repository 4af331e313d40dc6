import Addresses
import CIDRTrie
import MySQLProtocol
import Operations
import Policy
import ProxyProtocol
import Settings
import Synchronization
import Time
import Traffic

/// What makes a backend the same one across reloads.
struct BackendKey: Hashable, Sendable {
    let service: Service.ID
    /// As configured.
    let name: BackendAddress
    /// As resolved.
    let address: SocketAddress
    let check: HealthCheck
    let sendProxyProtocol: SendProxyProtocol
    /// The source addresses of connections, as configured.
    let sources: [IPAddress]
    /// Whether only redirects of the service's own backends lead to it.
    let isRedirectTarget: Bool

    init(service: Service, name: BackendAddress, address: SocketAddress) {
        self.service = service.id
        self.name = name
        self.address = address
        check = service.healthCheck
        sendProxyProtocol = service.sendProxyProtocol
        sources = service.sourceAddresses
        isRedirectTarget = false
    }

    /// A redirect target. The front end that names it knows whether it is alive, so it is not
    /// checked; and the HTTP ports of Doris and StarRocks do not read PROXY headers.
    init(redirectsOf service: Service, to name: BackendAddress, address: SocketAddress) {
        self.service = service.id
        self.name = name
        self.address = address
        check = HealthCheck(kind: .off)
        sendProxyProtocol = .off
        sources = service.sourceAddresses
        isRedirectTarget = true
    }
}

/// One resolved address of a service's backend: its load, and whether it may be used.
///
/// It outlives reloads and is shared by all shards.
final class Backend: Sendable, Identifiable {
    let key: BackendKey
    /// Addresses of its family to connect from; empty if the system chooses.
    let sources: [IPAddress]
    /// As configured, for records.
    let name: String
    private let report: @Sendable (GatewayEvent) -> Void
    private let connections = Atomic<Int>(0)
    private let established = Atomic<UInt64>(0)
    private let failures = Atomic<UInt64>(0)
    /// Whether `health` has nothing to record: then a successful connect takes no lock.
    private let isUntroubled = Atomic<Bool>(true)
    private let health: Locked<BackendHealth>
    private let lastFailure = Locked<Failure?>(nil)
    /// `nil` if it is reached without TLS.
    private let tls = Locked<BackendTLS?>(nil)
    private let lastGreeting = Locked<MySQLGreeting?>(nil)
    /// What it greeted the first client with.
    private let loginGreeting = Locked<MySQLGreeting?>(nil)
    private let modes = Locked(Modes())
    /// Read for each connection.
    private let isOpen = Atomic<Bool>(true)

    private struct Modes {
        var configured = BackendMode.active
        /// What an operator has set while the gateway runs.
        var chosen: BackendMode?

        var current: BackendMode { chosen ?? configured }
    }

    private struct Failure {
        let reason: String
        let time: UnixTime
    }

    init(_ key: BackendKey, report: @escaping @Sendable (GatewayEvent) -> Void) {
        self.key = key
        name = key.name.description
        self.report = report
        sources = key.sources.filter { $0.family == key.address.ip.family }
        let isChecked = key.check.kind != .off
        health = Locked(
            BackendHealth(rise: key.check.rise, fall: key.check.fall, isChecked: isChecked)
        )
        isUntroubled.store(!isChecked, ordering: .relaxed)
    }

    /// The host name in the configuration; `nil` for an address.
    var hostName: String? {
        guard case .name(let name) = key.name.host else { return nil }
        return name.lowercased()
    }

    var address: SocketAddress { key.address }
    var check: HealthCheck { key.check }

    /// Connections that are being made or are there: what "least connections" compares.
    var activeConnections: Int { connections.load(ordering: .relaxed) }

    func take() {
        connections.add(1, ordering: .relaxed)
    }

    func release() {
        connections.subtract(1, ordering: .relaxed)
    }

    /// Whether it is sent a PROXY header first.
    var receivesProxyHeader: Bool { key.sendProxyProtocol != .off }

    /// What a health check sends first.
    var probeHeader: [UInt8] { key.sendProxyProtocol.localHeader }
}

extension SendProxyProtocol {
    /// What the gateway itself sends first if the backend expects a PROXY header: one in which the
    /// gateway is the client (PROXY protocol §2.1, §2.2).
    package var localHeader: [UInt8] {
        switch self {
        case .off: []
        case .v1: OutgoingHeader.localV1
        case .v2: OutgoingHeader.localV2
        }
    }
}

// MARK: - Mode

extension Backend {
    /// Whether it gets connections if its health allows it.
    var isActive: Bool { isOpen.load(ordering: .relaxed) }

    var mode: BackendMode { modes.withLock { $0.current } }

    /// The configuration's mode; the operator's overrides it.
    func configure(_ mode: BackendMode) {
        change { $0.configured = mode }
    }

    /// The mode set by an operator; `nil` for the configuration's.
    func choose(_ mode: BackendMode?) {
        let before = self.mode
        change { $0.chosen = mode }
        if self.mode != before {
            report(.backendModeChanged(service: key.service, backend: title, mode: self.mode))
        }
    }

    private func change(_ body: (inout Modes) -> Void) {
        modes.withLock { modes in
            body(&modes)
            isOpen.store(modes.current == .active, ordering: .relaxed)
        }
    }
}

// MARK: - Health

extension Backend {
    func isUsable(at now: Moment) -> Bool {
        if isUntroubled.load(ordering: .relaxed) { return true }
        return health.withLock { $0.isUsable(at: now.milliseconds) }
    }

    func recordConnected(at now: Moment) {
        established.add(1, ordering: .relaxed)
        if !isUntroubled.load(ordering: .relaxed) { handle(.connected, at: now) }
    }

    func recordConnectFailure(_ reason: String, at now: Moment) {
        failures.add(1, ordering: .relaxed)
        recordFailure(reason, at: now)
        handle(.connectFailed, at: now)
    }

    func recordCheck(_ verdict: HealthVerdict, at now: Moment) {
        switch verdict {
        case .unhealthy(let reason):
            recordFailure(reason, at: now)
            handle(.checkFailed, at: now)
        case .healthy:
            if !isUntroubled.load(ordering: .relaxed) { handle(.checkSucceeded, at: now) }
        case .unknown:
            break
        }
    }

    /// How a health check is encrypted; `nil` if it is not.
    var checkTLS: BackendTLS? { tls.withLock { $0 } }

    /// Whether TLS comes before anything else: a MySQL server greets first.
    var startsWithTLS: Bool { key.service.protocol != .mysql && checkTLS != nil }

    /// From now on it is reached in this way.
    func use(_ tls: BackendTLS?) {
        self.tls.withLock { $0 = tls }
    }

    /// What a MySQL server greeted its last health check with; `nil` if it is unknown.
    var greeting: MySQLGreeting? { lastGreeting.withLock { $0 } }

    /// - Returns: whether clients may have to be greeted in another way than before.
    func recordGreeting(_ greeting: MySQLGreeting) -> Bool {
        lastGreeting.withLock { last in
            defer { last = greeting }
            return last.map { !$0.isAlike(greeting) } ?? true
        }
    }

    /// What it greets with, as far as it is known from checks or, without any, from a client's login.
    var seenGreeting: MySQLGreeting? { greeting ?? loginGreeting.withLock { $0 } }

    /// - Returns: whether it is to be compared with what clients are greeted with: no health check sees
    ///   it, and this is news.
    func recordLoginGreeting(_ greeting: MySQLGreeting) -> Bool {
        guard self.greeting == nil else { return false }
        return loginGreeting.withLock { last in
            defer { last = greeting }
            return last.map { !$0.isAlike(greeting) } ?? true
        }
    }

    /// When this backend is used again although there are others, for the operator.
    func nextTry(at now: Moment) -> String {
        switch health.withLock({ $0.outlook(at: now.milliseconds) }) {
        case .nextConnection: "retried with the next connection"
        case .ejected(let milliseconds): "ejected for \((milliseconds + 999) / 1_000) s"
        case .awaitsCheck:
            "unhealthy until a check succeeds (every \(check.interval.configurationText))"
        }
    }

    private func recordFailure(_ reason: String, at now: Moment) {
        lastFailure.withLock { $0 = Failure(reason: reason, time: now.unixTime) }
    }

    private func handle(_ event: BackendHealth.Event, at now: Moment) {
        let transition = health.withLock { health in
            let transition = health.handle(event, at: now.milliseconds)
            isUntroubled.store(health.isUntroubled, ordering: .relaxed)
            return transition
        }
        switch transition {
        case .becameUnusable:
            let reason = lastFailure.withLock { $0 }?.reason ?? ""
            report(
                .backendUnhealthy(service: key.service, backend: title, reason: reason)
            )
        case .becameUsable:
            report(.backendHealthy(service: key.service, backend: title))
        case nil:
            break
        }
    }

    /// The name, with the address if it differs.
    var title: String {
        name == address.description ? name : "\(name) (\(address))"
    }

    var status: BackendStatus {
        var status = BackendStatus()
        status.name = name
        status.address = address.description
        status.listener = key.service.listener?.description
        let modes = modes.withLock { $0 }
        status.mode = modes.current
        status.isModeChosen = modes.chosen != nil
        status.health = health.withLock { BackendStatus.Health($0.state) }
        status.activeConnections = activeConnections
        status.connections = established.load(ordering: .relaxed)
        status.connectFailures = failures.load(ordering: .relaxed)
        let failure = lastFailure.withLock { $0 }
        status.lastFailure = failure?.reason
        status.lastFailureAt = failure?.time
        return status
    }
}

extension BackendStatus.Health {
    fileprivate init(_ state: BackendHealth.State) {
        self =
            switch state {
            case .notChecked: .notChecked
            case .healthy: .healthy
            case .unhealthy: .unhealthy
            }
    }
}

extension MySQLGreeting {
    /// Whether it is of a server of the same kind.
    fileprivate func isAlike(_ other: MySQLGreeting) -> Bool {
        serverVersion == other.serverVersion && capabilities == other.capabilities
            && characterSet == other.characterSet
    }
}

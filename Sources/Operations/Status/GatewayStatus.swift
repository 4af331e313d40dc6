import CIDRTrie
package import Policy
package import Settings
import Text
package import Time
import Traffic

/// The state of a running gateway: the source of `/v1/status`, `/metrics` and `sluice status`. All
/// counters start at zero with the process.
package struct GatewayStatus: Hashable, Sendable, Codable {
    package enum Phase: String, Hashable, Sendable, Codable {
        /// Its addresses are being bound; it does not accept yet.
        case starting
        case running, draining
    }

    package var version: String = ""
    package var phase: Phase = .running
    package var startedAt = UnixTime(seconds: 0)
    /// Increases by one with each configuration applied; 1 is the first.
    package var generation: Int = 0
    package var activeConnections: Int = 0
    package var shards: [ShardStatus] = []
    package var listeners: [ListenerStatus] = []
    /// Access-log lines that are missing: the log's reader was too slow, or its disk was full.
    package var droppedAccessLogLines: Int = 0
    /// Why access-log lines are being lost now; `nil` while they are written.
    package var accessLogFailure: String?
    /// How the last reload went; `nil` before the first.
    package var lastReload: ReloadStatus?
    /// The active policy.
    package var policy: PolicyStatus?
    /// What counts at the start only, as it was then.
    package var startSettings = StartSettings()
    /// The keys of ``startSettings`` that the active configuration has changed: they require a
    /// restart.
    package var awaitingRestart: [String] = []
    /// Denied connections without a line in the access log, whose lines are limited.
    package var unloggedDenials: Int = 0
    /// Times accepting was paused for lack of descriptors (EMFILE, ENFILE).
    package var acceptPauses: Int = 0

    /// Bytes held for peers that had not taken them when they were last looked at.
    package var bufferedByteCount: Int = 0
    /// Of the management address; `nil` without TLS.
    package var managementCertificate: CertificateStatus?
    /// TLS with clients.
    package var tls = TLSStatus()
    /// How names in the gateway's domain resolve; `nil` without `dns`.
    package var names: NameServiceStatus?

    package init() {}
}

/// How the last attempt to apply another configuration went.
package struct ReloadStatus: Hashable, Sendable, Codable {
    package var attemptedAt: UnixTime
    /// Why nothing changed; `nil` if it did.
    package var failure: String?
    /// When a reload last succeeded; `nil` if none has yet.
    package var succeededAt: UnixTime?

    package init(attemptedAt: UnixTime, failure: String?, succeededAt: UnixTime?) {
        self.attemptedAt = attemptedAt
        self.failure = failure
        self.succeededAt = succeededAt
    }
}

/// One of the data plane's workers.
package struct ShardStatus: Hashable, Sendable, Codable {
    package var activeConnections: Int = 0
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0
    /// Times that the shard returned from `epoll_wait` with events.
    package var wakeups: UInt64 = 0

    package init() {}
}

/// What happened at one listener on the way to one service. A listener that leads to several has as
/// many of these, and one more for the clients that took no route.
package struct ListenerStatus: Hashable, Sendable, Codable {
    /// `nil` for clients that took no route.
    package var warehouse: String?
    package var address: String = ""
    /// Why it is not open, if it is an outbound endpoint's and the gateway is trying again.
    package var failure: String?
    package var `protocol`: ServiceProtocol = .tcp
    package var link: LinkKind = .public
    /// What it does with its clients' TLS.
    package var tls: ListenerTLSUse = .off
    /// What it does with HTTP, and with how much of it; `nil` for a listener that relays bytes.
    package var http: HTTPStatus?
    /// The listener's routes to this service: `default`, `endpoint: aws:vpce-…`.
    package var routes: [String] = []
    package var activeConnections: Int = 0
    package var accepted: UInt64 = 0
    package var admitted: UInt64 = 0
    /// Of those admitted: by shadow mode alone.
    package var shadowed: UInt64 = 0
    /// When shadow mode ends; `nil` if it is not in use.
    package var shadowUntil: UnixTime?
    /// Only the reasons that occurred, by ``DenialReason``'s raw value.
    package var denied: [String: UInt64] = [:]
    /// By ``ConnectionEnd``'s raw value.
    package var ends: [String: UInt64] = [:]
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0
    package var backends: [BackendStatus] = []
    /// Servers that only redirects of the backends lead to, configured or learned; `nil` for none.
    package var redirectTargets: [BackendStatus]?
    /// How they are learned; `nil` if they are not, or before the first attempt.
    package var redirectLearning: RedirectLearningStatus?

    package init() {}
}

extension ListenerStatus {
    /// Why redirects lead nowhere although there are redirect targets: none has an address that may be
    /// used. `nil` if one has.
    package var unusableTargets: (service: String, reason: String)? {
        guard let targets = redirectTargets, let first = targets.first,
            targets.allSatisfy({ $0.health == .unresolved })
        else { return nil }
        let reason = first.lastFailure.map { ": \($0)" } ?? ""
        return (ServiceProtocol.http.service(at: first.listener), first.name + reason)
    }
}

/// How the front ends of a service are asked where their redirects may lead.
package struct RedirectLearningStatus: Hashable, Sendable, Codable {
    /// The listener inside which the service is written; `nil` if several may lead to it.
    package var listener: String?
    /// Servers in the last list, which stays in use until the next one.
    package var count: Int
    /// Why there is no newer list; `nil` if the last attempt has succeeded.
    package var failure: String?
    package var failingSince: UnixTime?

    package init(listener: String?, count: Int = 0) {
        self.listener = listener
        self.count = count
    }

    /// The service in sentences: `http`, or `http at 0.0.0.0:8030`.
    package var service: String { ServiceProtocol.http.service(at: listener) }

    /// What follows from a failure.
    ///
    /// - Parameter hasTargets: whether there are redirect targets all the same.
    package func consequence(hasTargets: Bool) -> String {
        if count > 0 { return "the last list (\(count.of("server"))) stays in use" }
        return hasTargets
            ? "redirects to servers outside of redirects.targets are refused"
            : "redirects to other servers than the service's own backends are refused"
    }
}

package struct BackendStatus: Hashable, Sendable, Codable {
    /// The last result; it stays until the next one.
    package enum Health: String, Hashable, Sendable, Codable {
        /// The first health check has not completed; of a redirect target, the first connect.
        case notChecked
        case healthy
        case unhealthy
        /// The name has no address that may be used; see ``BackendStatus/lastFailure``.
        case unresolved
    }

    /// As configured.
    package var name: String = ""
    /// As resolved; several for a name with several addresses.
    package var address: String?
    /// The listener inside which it is written; `nil` if it is of a service to which several may lead.
    package var listener: String?
    package var health: Health = .healthy
    package var mode: BackendMode = .active
    /// Whether an operator has set the mode since startup; otherwise it is the configuration's.
    package var isModeChosen = false
    /// Its share, in relation to the others' weights.
    package var weight: Int = 1
    /// Whether it is used only while none of the others can be.
    package var isBackup = false
    /// True for a server that only redirects lead to; `nil` for a backend.
    package var isRedirectTarget: Bool?
    package var activeConnections: Int = 0
    package var connections: UInt64 = 0
    package var connectFailures: UInt64 = 0
    /// Why a connect or a check last failed, or the name is unresolved. It stays when the backend is
    /// healthy again: see ``lastFailureAt``.
    package var lastFailure: String?
    /// When that was; `nil` for an unresolved name.
    package var lastFailureAt: UnixTime?
    /// What a MySQL server lacks of what the listener's clients are greeted with, each in words that
    /// follow its name, with the remedy.
    package var shortcomings: [String] = []

    package init() {}
}

/// The program's version (Semantic Versioning 2.0.0).
package enum Version {
    package static let current = "0.1.0"
}

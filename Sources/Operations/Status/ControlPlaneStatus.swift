package import NameService
package import Time

/// What the control plane has done since the start, for `/metrics`. Its labels are bounded: routes,
/// methods and reasons are those that the program knows.
package struct ControlPlaneStatus: Hashable, Sendable {
    /// One answered request, as it is counted.
    package struct Request: Hashable, Sendable {
        /// `GET`; `other` for one that no route has.
        package var method: String
        /// The route's path, such as `/v1/keys/{key}`; `unknown` if there is none.
        package var route: String
        /// Of the status: 2 for 200.
        package var statusClass: Int

        package init(method: String, route: String?, status: Int) {
            self.method = Self.methods.contains(method) ? method : "other"
            self.route = route ?? "unknown"
            statusClass = status / 100
        }

        private static let methods: Set = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

        package var isWrite: Bool { method != "GET" && method != "HEAD" }
    }

    /// How long writes took, in buckets.
    package struct Durations: Hashable, Sendable {
        /// The upper bounds of the buckets, in seconds; one more has the rest.
        package static let bounds = [0.005, 0.025, 0.1, 0.5, 2.5]

        /// Not added up.
        package private(set) var buckets = Array(repeating: 0, count: bounds.count + 1)
        package private(set) var seconds = 0.0

        package init() {}

        package var count: Int { buckets.reduce(0, +) }

        package mutating func record(_ duration: Duration) {
            let seconds = duration / .seconds(1)
            buckets[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
            self.seconds += seconds
        }
    }

    /// The store's file.
    package struct Store: Hashable, Sendable {
        /// With its write-ahead log.
        package var byteCount: Int?
        package var revision: UInt64
        package var keys: Int
        /// The number of the last record of the audit.
        package var auditNumber: Int64

        package init(byteCount: Int?, revision: UInt64, keys: Int, auditNumber: Int64) {
            self.byteCount = byteCount
            self.revision = revision
            self.keys = keys
            self.auditNumber = auditNumber
        }
    }

    /// Writes that the store could not make.
    package struct WriteFailures: Hashable, Sendable {
        package var count = 0
        package var lastAt: UnixTime?
        /// Whether the last write failed.
        package var isFailing = false

        package init() {}
    }

    /// The streams of events.
    package struct Streams: Hashable, Sendable {
        package var open = 0
        package var refused = 0
        package var sent: [EventKind: Int] = [:]
        package var lost: [EventKind: Int] = [:]

        package init() {}
    }

    /// The export of the audit to syslog.
    package struct AuditExport: Hashable, Sendable {
        package var isConnected = false
        package var sent = 0
        package var dropped = 0
        /// The number of the last record that was sent.
        package var lastNumber: Int64 = 0

        package init() {}
    }

    /// Notices, and what became of them.
    package struct Notices: Hashable, Sendable {
        /// Of one webhook.
        package struct Deliveries: Hashable, Sendable {
            package var delivered = 0
            /// Given up: the receiver refused them, or could not be reached for too long.
            package var abandoned = 0
            /// Not sent because a newer state of the same notice was.
            package var superseded = 0
            /// Attempts that may be made again, tests included.
            package var failedAttempts = 0
            package var waiting = 0
            /// Not sent because too many waited.
            package var dropped = 0

            package init() {}
        }

        package var standing: [NoticeSeverity: Int] = [:]
        /// By the webhook's name.
        package var deliveries: [String: Deliveries] = [:]

        package init() {}
    }

    package var requests: [Request: Int] = [:]
    package var writes = Durations()
    package var idempotentRepeats = 0
    /// By reason.
    package var refusedCredentials: [String: Int] = [:]
    package var rateLimitedWrites = 0
    package var writeFailures = WriteFailures()
    /// Whether there is to be a store, and it cannot be used.
    package var isStoreLost = false
    /// Listeners of outbound endpoints whose port is taken.
    package var closedListeners = 0
    /// `nil` without a store that can be used.
    package var store: Store?
    package var streams = Streams()
    package var notices = Notices()
    /// `nil` if it is off.
    package var auditExport: AuditExport?
    /// Of the management address; `nil` without TLS.
    package var certificate: CertificateStatus?
    /// `nil` without `dns`.
    package var names: NameServiceStatus?
    /// What the name server has answered; `nil` if there is none.
    package var queries: NameServiceCounters?
    /// Those that the gateway obtains by ACME.
    package var managedCertificates: [ManagedCertificate] = []
    package var countSeries = 0
    package var omittedCountSeries = 0

    package init() {}

    package mutating func record(_ request: Request, duration: Duration) {
        requests[request, default: 0] += 1
        if request.isWrite { writes.record(duration) }
    }
}

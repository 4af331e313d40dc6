package import Time

/// What a notice can be about.
package enum NoticeKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// Somebody waits for a private endpoint to be accepted, inbound or outbound.
    case endpointPending
    /// Entries of a whitelist expire within a week.
    case entryExpiring
    /// Entries of a whitelist have expired within a day.
    case entryExpired
    /// Keys of the API expire within a week.
    case keyExpiring
    /// Keys of the API have expired within a day.
    case keyExpired
    /// The management address's certificate, or a listener's, expires within two weeks, or has.
    case certificateExpiring
    /// A certificate cannot be obtained or renewed by ACME, or its changed files cannot be used.
    case certificateFailing
    /// A backend has failed its checks for a while.
    case backendDown
    /// All backends of a service have.
    case serviceDown
    /// A MySQL backend lacks something that clients are greeted with.
    case backendMismatch
    /// Front ends do not say where their redirects may lead.
    case redirectsUnknown
    /// A warehouse admits at least half of all addresses.
    case policyOpen
    /// Somebody tries passwords.
    case loginFailures
    /// The policy's source cannot be read: the last active policy is used.
    case policyRestored
    /// Changes cannot be written to the store.
    case storeFailing
    /// Names in the gateway's domain may not resolve as they should.
    case namesFailing
    /// Made by a person to try a webhook.
    case test
}

/// How much a notice matters.
package enum NoticeSeverity: String, Hashable, Sendable, CaseIterable, Codable, Comparable {
    /// Good to know.
    case info
    /// Somebody should act in time.
    case warning
    /// Clients are affected, or will be soon.
    case critical

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// What a person should hear of. There is no secret in it.
package struct Notice: Hashable, Sendable, Codable {
    /// The same as long as it stands, and after its end.
    package var id: String
    /// The same each time that it comes again, also after a restart.
    package var key: String
    package var kind: NoticeKind
    package var severity: NoticeSeverity
    /// `nil` if it is about the gateway as a whole.
    package var warehouse: String?
    /// What it is about: an endpoint, a backend.
    package var subject: String
    /// For people.
    package var sentence: String
    /// Since when it stands.
    package var at: UnixTime
    package var endedAt: UnixTime?

    package init(_ condition: NoticeCondition, at now: UnixTime) {
        key = condition.key
        id = Self.id(of: condition.key, since: now)
        kind = condition.kind
        severity = condition.severity
        warehouse = condition.warehouse
        subject = condition.subject
        sentence = condition.sentence
        at = now
    }

    /// FNV-1a of 64 bits over key and time.
    private static func id(of key: String, since now: UnixTime) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(key)@\(now.seconds)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// What happened to a notice.
package struct NoticeChange: Hashable, Sendable, Codable {
    package enum Event: String, Hashable, Sendable, CaseIterable, Codable {
        /// It stood already when the gateway started.
        case standing
        case raised
        /// It has become more severe, or is about more.
        case changed
        case ended
        case test
    }

    package var event: Event
    package var notice: Notice

    /// The sentence of a notice that has ended says so: some receivers show nothing else.
    package init(_ event: Event, _ notice: Notice) {
        self.event = event
        self.notice = notice
        if event == .ended { self.notice.sentence = "Resolved: \(notice.sentence)" }
    }
}

/// Something that is so at a moment, and that a person should hear of.
package struct NoticeCondition: Hashable, Sendable {
    package var kind: NoticeKind
    package var severity: NoticeSeverity
    package var warehouse: String?
    package var subject: String
    package var sentence: String
    /// How many things it is about.
    package var count = 1
    /// How long it must be so before anyone hears of it.
    package var patience = Duration.zero
    /// Whether somebody hears of its end: if that is news, and not the passing of time.
    package var hasEnd = true
    /// What tells it from others of its kind and warehouse.
    private let name: String

    package init(
        _ kind: NoticeKind,
        _ severity: NoticeSeverity,
        of warehouse: String? = nil,
        subject: String,
        name: String? = nil,
        _ sentence: String
    ) {
        self.kind = kind
        self.severity = severity
        self.warehouse = warehouse
        self.subject = subject
        self.sentence = sentence
        self.name = name ?? subject
    }

    /// `backendDown AWVA7CM7 mysql 10.0.0.5:9030`
    package var key: String {
        [kind.rawValue, warehouse, name].compactMap(\.self).joined(separator: " ")
    }
}

/// What the API answers.
package struct NoticeList: Hashable, Sendable, Codable {
    /// The most severe first, then the newest.
    package var standing: [Notice]
    /// Those that have ended, the latest first.
    package var recent: [Notice]

    package init(standing: [Notice], recent: [Notice]) {
        self.standing = standing.sorted {
            ($1.severity, $1.at, $0.key) < ($0.severity, $0.at, $1.key)
        }
        self.recent = recent
    }

    package func filtered(by isVisible: (_ warehouse: String?) -> Bool) -> NoticeList {
        NoticeList(
            standing: standing.filter { isVisible($0.warehouse) },
            recent: recent.filter { isVisible($0.warehouse) }
        )
    }
}

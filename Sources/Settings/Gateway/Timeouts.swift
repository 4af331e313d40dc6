/// How long the gateway waits.
package struct Timeouts: Hashable, Sendable {
    /// From accept to a complete PROXY header; a listener may set its own.
    package var header: Duration = .seconds(5)
    /// For a client's TLS handshake; a listener may set its own.
    package var handshake: Duration = .seconds(10)
    /// For one attempt to connect to one backend, TLS included.
    package var connect: Duration = .seconds(5)
    /// Without a byte in either direction. Above the 8 hours of `wait_timeout` by default.
    package var idle: Duration = .seconds(9 * 3600)
    /// Without a byte, once one side has ended and the other has not.
    package var halfClosed: Duration = .seconds(300)
    /// While bytes wait for a peer that reads none of them.
    package var write: Duration = .seconds(600)
    /// For running sessions once the gateway stops.
    package var drain: Duration = .seconds(30)

    /// The defaults of the configuration file.
    package init() {}
}

/// TCP keepalive, on the client's and the backend's side (tcp(7)). Whole seconds.
package struct Keepalive: Hashable, Sendable {
    /// Quiet time before the first probe. Below the 240 s after which Azure cuts.
    package var idle: Duration = .seconds(120)
    /// Between two unanswered probes.
    package var interval: Duration = .seconds(30)
    /// Unanswered probes after which the connection counts as dead.
    package var count = 4

    /// The defaults of the configuration file.
    package init() {}
}

extension Timeouts {
    /// A wait that never ends would be no limit, and one beyond a year is meant as that.
    static let range: ClosedRange<Duration> = .milliseconds(1) ... .seconds(365 * 86_400)

    /// Overwrites what the mapping at `place` gives: the gateway's own.
    mutating func read(_ place: Place?) {
        self = TimeoutChanges(place, with: [.header, .session, .drain]).applied(to: self)
    }
}

/// The timeouts that one mapping sets, to be laid over those that it inherits.
struct TimeoutChanges {
    /// What a mapping may set.
    struct Scope: OptionSet {
        let rawValue: Int

        /// Before a client is judged: a listener's.
        static let header = Scope(rawValue: 1)
        /// After that: a service's too.
        static let session = Scope(rawValue: 2)
        /// Only the gateway stops as a whole.
        static let drain = Scope(rawValue: 4)
    }

    private var values = Timeouts()
    private var set: [WritableKeyPath<Timeouts, Duration>] = []

    /// Reads the mapping at `place`; nothing changes if it is missing.
    init(_ place: Place?, with scope: Scope) {
        place?.keys(insteadOfValue: "idle") { fields in
            if scope.contains(.header),
                fields.readHeaderTimeout("header", into: &values.header) != nil
            {
                set.append(\.header)
            }
            if scope.contains(.header) { read("handshake", \.handshake, of: &fields) }
            if scope.contains(.session) {
                read("connect", \.connect, of: &fields)
                read("idle", \.idle, of: &fields)
                read("halfClosed", \.halfClosed, of: &fields)
                read("write", \.write, of: &fields)
            }
            if scope.contains(.drain) {
                read("drain", \.drain, of: &fields, from: .zero)
            }
        }
    }

    private mutating func read(
        _ key: String,
        _ path: WritableKeyPath<Timeouts, Duration>,
        of fields: inout Fields,
        from least: Duration = Timeouts.range.lowerBound
    ) {
        let range = least...Timeouts.range.upperBound
        if fields.read(key, into: &values[keyPath: path], within: range) != nil {
            set.append(path)
        }
    }

    func applied(to inherited: Timeouts) -> Timeouts {
        set.reduce(into: inherited) { $0[keyPath: $1] = values[keyPath: $1] }
    }
}

extension Fields {
    /// PROXY protocol §2: a receiver waits at least 3 s for a header, because one lost packet costs
    /// that much.
    @discardableResult
    mutating func readHeaderTimeout(_ key: String, into timeout: inout Duration) -> Place? {
        let place = read(key, into: &timeout, within: Timeouts.range)
        if timeout < .seconds(3) {
            place?.warning(
                "too short: one lost packet delays a PROXY header by up to 3s",
                remedy: "use at least 3s"
            )
        }
        return place
    }
}

extension Keepalive {
    /// Azure cuts a connection that is quiet for this long; AWS' network load balancer at 350 s.
    private static let firstCloudCut: Duration = .seconds(240)
    /// Linux' MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL.
    private static let range: ClosedRange<Duration> = .seconds(1) ... .seconds(32_767)

    /// Overwrites what the mapping at `place` gives.
    mutating func read(_ place: Place?) {
        place?.keys(insteadOfValue: "idle") { fields in
            Self.readSeconds("interval", of: &fields, into: &interval)
            // Linux' MAX_TCP_KEEPCNT.
            fields.read("count", into: &count, within: 1...127)
            let place = Self.readSeconds("idle", of: &fields, into: &idle)
            if idle >= Self.firstCloudCut {
                place?.warning(
                    "Azure drops an idle connection after 240s, before the first probe",
                    remedy: "use less than 240s"
                )
            }
        }
    }

    @discardableResult
    private static func readSeconds(
        _ key: String,
        of fields: inout Fields,
        into duration: inout Duration
    ) -> Place? {
        let place = fields.read(key, into: &duration, within: Self.range)
        if duration.components.attoseconds != 0 {
            place?.error("must be whole seconds")
        }
        return place
    }
}

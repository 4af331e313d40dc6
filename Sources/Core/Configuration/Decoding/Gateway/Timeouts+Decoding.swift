extension Timeouts {
    /// A wait that never ends would be no limit, and one beyond a year is meant as that.
    static let range: ClosedRange<Duration> = .milliseconds(1) ... .seconds(365 * 86_400)

    /// Overwrites what the mapping at `place` gives: the gateway's own.
    mutating func read(_ place: Place?) {
        place?.keys(insteadOfValue: "idle") { fields in
            readConnectionTimeouts(&fields)
            fields.read("drain", into: &drain, within: .zero...Self.range.upperBound)
        }
    }

    /// The same for one listener's, which has no `drain`: only the gateway stops as a whole.
    mutating func readForListener(_ place: Place?) {
        place?.keys(insteadOfValue: "idle") { fields in readConnectionTimeouts(&fields) }
    }

    private mutating func readConnectionTimeouts(_ fields: inout Fields) {
        fields.readHeaderTimeout("header", into: &header)
        fields.read("connect", into: &connect, within: Self.range)
        fields.read("idle", into: &idle, within: Self.range)
        fields.read("halfClosed", into: &halfClosed, within: Self.range)
        fields.read("write", into: &write, within: Self.range)
    }
}

extension Fields {
    /// PROXY protocol §2: a receiver that gives up on a header waits at least 3 s, because one
    /// lost packet costs as much.
    mutating func readHeaderTimeout(_ key: String, into timeout: inout Duration) {
        let place = read(key, into: &timeout, within: Timeouts.range)
        if timeout < .seconds(3) {
            place?.warning(
                "a PROXY header whose packet was lost once comes later than this",
                remedy: "at least 3s"
            )
        }
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
                    "Azure cuts a quiet connection after 240s, before the first probe",
                    remedy: "below 240s"
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
            place?.fault("keepalive counts in whole seconds (tcp(7))")
        }
        return place
    }
}

import Text
package import Time

/// How long before an expiry people hear of it. Each warning is for those who could have forgotten:
/// an expiry that was set later than it would come is known to whoever has set it.
///
/// What expires on one day (UTC) comes up together, and so does what has expired in one hour.
package enum ExpiryStage: Hashable, Sendable {
    case week
    case day
    /// Has expired, within the last day.
    case expired

    static let daySeconds: Int64 = 86_400
    static let hourSeconds: Int64 = 3_600

    /// - Parameter since: when the expiry was set; `nil` if unknown.
    package init?(of expiry: UnixTime, since: UnixTime?, at now: UnixTime) {
        // How long before its expiry it was set.
        let foresight = since.map { expiry.seconds - $0.seconds } ?? .max
        let day = Self.daySeconds
        if expiry <= now {
            let age = now.seconds - expiry.hourEnd
            guard (0..<day).contains(age), foresight > day else { return nil }
            self = .expired
            return
        }
        switch expiry.day * day - now.seconds {
        case ...day where foresight > 2 * day: self = .day
        case (day + 1)...(7 * day) where foresight > 8 * day: self = .week
        default: return nil
        }
    }
}

extension UnixTime {
    /// Since 1970, in UTC.
    fileprivate var day: Int64 { seconds / ExpiryStage.daySeconds }

    /// The end of its hour, or itself at the end of one.
    fileprivate var hourEnd: Int64 {
        (seconds + ExpiryStage.hourSeconds - 1) / ExpiryStage.hourSeconds * ExpiryStage.hourSeconds
    }
}

extension NoticeFacts {
    private static let certificatePeriod: Int64 = 14 * 86_400
    private static let certificateAlarm: Int64 = 3 * 86_400
    /// Names in a sentence.
    private static let namedLimit = 3

    func expiryConditions(at now: UnixTime) -> [NoticeCondition] {
        let entryWords = Words(.entryExpiring, .entryExpired, "entry", "entries")
        let keyWords = Words(.keyExpiring, .keyExpired, "API key", "API keys")
        return Self.conditions(of: entries, entryWords, now)
            + Self.conditions(of: keys, keyWords, now) + certificateConditions(at: now)
    }

    private struct Words {
        let expiring: NoticeKind
        let expired: NoticeKind
        let one: String
        let many: String

        init(_ expiring: NoticeKind, _ expired: NoticeKind, _ one: String, _ many: String) {
            self.expiring = expiring
            self.expired = expired
            self.one = one
            self.many = many
        }
    }

    /// All that expires on one day is one notice, for each warehouse, and all that has expired in
    /// one hour.
    private static func conditions(
        of things: [Expiring],
        _ words: Words,
        _ now: UnixTime
    ) -> [NoticeCondition] {
        struct Group: Hashable {
            let warehouse: String?
            /// The day, or the end of the hour: `2027-01-31`, `2027-01-31T23`.
            let time: String
            let isExpired: Bool
        }
        struct Member {
            let thing: Expiring
            let stage: ExpiryStage
        }
        let members = things.compactMap { thing in
            ExpiryStage(of: thing.expiresAt, since: thing.since, at: now)
                .map { Member(thing: thing, stage: $0) }
        }
        let groups = Dictionary(grouping: members) { member in
            let expiry = member.thing.expiresAt
            let isExpired = member.stage == .expired
            let time = isExpired ? UnixTime(seconds: expiry.hourEnd) : expiry
            return Group(
                warehouse: member.thing.warehouse,
                time: String(time.rfc3339.prefix(isExpired ? 13 : 10)),
                isExpired: isExpired
            )
        }
        return groups.map { group, members in
            let sorted = members.map(\.thing).sorted {
                ($0.expiresAt, $0.name) < ($1.expiresAt, $1.name)
            }
            let first = sorted[0].expiresAt
            let count = members.count
            let noun = count == 1 ? words.one : "\(count) \(words.many)"
            let rest = count - namedLimit
            let names =
                sorted.prefix(namedLimit).map { LogText.harmless($0.name) }.joined(separator: ", ")
                + (rest > 0 ? " and \(rest) more" : "")
            let place = group.warehouse.map { " of the warehouse \($0)" } ?? ""
            let verb =
                group.isExpired
                ? (count == 1 ? "has expired" : "have expired")
                : (count == 1
                    ? "expires at \(first.rfc3339)"
                    : "expire on \(group.time), the first at \(first.rfc3339)")
            let isNear = members.contains { $0.stage == .day }
            var condition = NoticeCondition(
                group.isExpired ? words.expired : words.expiring,
                group.isExpired || isNear ? .warning : .info,
                of: group.warehouse,
                subject: count == 1 ? "\(words.one) \(names)" : noun,
                name: group.time,
                "\(count == 1 ? "The \(noun)" : noun)\(place) \(verb): \(names)."
            )
            condition.count = count
            condition.hasEnd = false
            return condition
        }
    }

    private func certificateConditions(at now: UnixTime) -> [NoticeCondition] {
        let own = certificateExpiry.flatMap {
            expiring(at: $0, now, subject: "certificate", "the management address")
        }
        // One certificate may be shown at many listeners.
        var seen: Set<String> = []
        let shown = status.tls.certificates.filter { seen.insert($0.fingerprint).inserted }
        return [own].compactMap(\.self)
            + shown.compactMap { certificate in
                let name = LogText.harmless(certificate.names.first ?? certificate.subject)
                return expiring(
                    at: certificate.expiresAt,
                    now,
                    subject: "certificate \(name)",
                    "listener \(certificate.listener), for \(name),"
                )
            }
    }

    private func expiring(
        at expiry: UnixTime,
        _ now: UnixTime,
        subject: String,
        _ owner: String
    ) -> NoticeCondition? {
        let rest = expiry.seconds - now.seconds
        guard rest <= Self.certificatePeriod else { return nil }
        let words = rest > 0 ? "expires at \(expiry.rfc3339)" : "expired at \(expiry.rfc3339)"
        return NoticeCondition(
            .certificateExpiring,
            rest > Self.certificateAlarm ? .warning : .critical,
            subject: subject,
            "The certificate of \(owner) \(words)."
        )
    }
}

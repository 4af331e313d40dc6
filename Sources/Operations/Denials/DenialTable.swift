import Addresses
import CIDRTrie
import Policy
package import Time
import Traffic

/// Which sources were denied why and how often, and what each new denial is worth: a log line, a
/// response.
///
/// Bounded in every way, so that a scan fills neither memory nor a disk, and a client that keeps
/// retrying costs next to nothing. After a number of denials in a minute a source gets no more
/// responses; lines are limited for each source and reason, and for all of them together.
package struct DenialTable: Sendable {
    /// What to do about one denial.
    package struct Treatment: Hashable, Sendable {
        /// Whether the client gets an error. Otherwise its connection is closed silently.
        package var isAnswered: Bool
        /// Whether it gets a line in the access log.
        package var isLogged: Bool
        /// Denials of the same source and reason since the last line, which had none.
        package var unlogged: Int
    }

    private struct Key: Hashable {
        let warehouse: String
        let listener: String
        let source: SourceKey
        let endpoint: EndpointName?
        let reason: DenialReason
        let isShadow: Bool

        init(_ denial: Denial) {
            warehouse = denial.warehouse
            listener = denial.listener
            source = denial.source
            endpoint = denial.endpoint
            reason = denial.reason
            isShadow = denial.isShadow
        }
    }

    fileprivate struct Entry {
        var count = 0
        var rule: CIDRBlock?
        var detail = ""
        var firstSeen: UnixTime
        var lastSeen: UnixTime
        var minute: UnixTime
        var countInMinute = 0
        var unlogged = 0
    }

    private static let answersInMinute = 64
    /// Lines per second of a whole gateway, whatever the source and the reason.
    private static let linesPerSecond = 200
    /// Lines that a whole gateway may write in one burst.
    private static let lineBurst = 2_000

    private let capacity: Int
    private let linesPerSecond: Int
    private let lineBurst: Int
    private var entries: [Key: Entry] = [:]
    private var lines: TokenBucket
    /// Denials whose entries had to make room for others.
    private var forgotten = 0

    /// - Parameters:
    ///   - capacity: pairs of source and reason that are remembered at the same time.
    ///   - tableCount: tables among which the gateway's lines are divided.
    ///   - now: monotonic milliseconds.
    package init(capacity: Int = 4_096, sharingLinesAmong tableCount: Int = 1, at now: Int64) {
        self.capacity = max(4, capacity)
        linesPerSecond = max(1, Self.linesPerSecond / max(1, tableCount))
        lineBurst = max(1, Self.lineBurst / max(1, tableCount))
        lines = TokenBucket(capacity: lineBurst, at: now)
    }

    /// How many pairs of source and reason are remembered.
    package var count: Int { entries.count }

    /// Everything that is remembered, in no order.
    package var list: DenialList {
        let records = entries.map { key, entry in
            DenialRecord(
                warehouse: key.warehouse.isEmpty ? nil : key.warehouse,
                listener: key.listener,
                source: key.source.block,
                endpoint: key.endpoint,
                reason: key.reason,
                shadow: key.isShadow ? true : nil,
                rule: entry.rule,
                detail: entry.detail,
                count: entry.count,
                firstSeen: entry.firstSeen,
                lastSeen: entry.lastSeen
            )
        }
        return DenialList(denials: records, total: records.count, forgotten: forgotten)
    }

    /// Records one denial.
    ///
    /// - Parameters:
    ///   - linesInMinute: of each source and reason; 0 for no limit, not for all together either.
    ///   - milliseconds: monotonic.
    package mutating func record(
        _ denial: Denial,
        linesInMinute: Int,
        at now: UnixTime,
        milliseconds: Int64
    ) -> Treatment {
        let key = Key(denial)
        if entries.count >= capacity, entries[key] == nil { forgetOldest() }
        var entry = entries[key] ?? Entry(firstSeen: now, lastSeen: now, minute: now)
        defer { entries[key] = entry }
        entry.record(denial, at: now)
        let isLogged =
            linesInMinute == 0
            || entry.countInMinute <= linesInMinute && takeLine(at: milliseconds)
        return Treatment(
            isAnswered: denial.reason.isNotOfTheSource
                || entry.countInMinute <= Self.answersInMinute,
            isLogged: isLogged,
            unlogged: entry.takeUnlogged(isLogged: isLogged)
        )
    }

    /// Records a client that shadow mode admits. It is answered and logged as any other that is
    /// admitted.
    package mutating func recordShadow(_ denial: Denial, at now: UnixTime) {
        var denial = denial
        denial.isShadow = true
        let key = Key(denial)
        if entries.count >= capacity, entries[key] == nil { forgetOldest() }
        entries[key, default: Entry(firstSeen: now, lastSeen: now, minute: now)]
            .record(denial, at: now)
    }

    private mutating func takeLine(at milliseconds: Int64) -> Bool {
        lines.take(ratePerSecond: linesPerSecond, capacity: lineBurst, at: milliseconds)
    }

    /// A quarter at a time, so that a flood of new sources does not sort the table for each of
    /// them.
    private mutating func forgetOldest() {
        let oldest = entries.sorted { $0.value.lastSeen < $1.value.lastSeen }
        for (key, entry) in oldest.prefix(max(1, capacity / 4)) {
            entries[key] = nil
            forgotten += entry.count
        }
    }
}

extension DenialTable.Entry {
    fileprivate func isWithinMinute(_ now: UnixTime) -> Bool {
        now.seconds >= minute.seconds && now.seconds - minute.seconds < 60
    }

    fileprivate mutating func record(_ denial: Denial, at now: UnixTime) {
        if !isWithinMinute(now) {
            minute = now
            countInMinute = 0
        }
        count += 1
        countInMinute += 1
        lastSeen = now
        rule = denial.rule
        detail = denial.detail
    }

    /// How many had no line since the last one, for the line that is written now.
    fileprivate mutating func takeUnlogged(isLogged: Bool) -> Int {
        guard isLogged else {
            unlogged += 1
            return 0
        }
        defer { unlogged = 0 }
        return unlogged
    }
}

extension DenialReason {
    /// The gateway or the warehouse is the cause: its clients are answered each time.
    fileprivate var isNotOfTheSource: Bool {
        switch family {
        case .access, .sourceLimit, .request: false
        case .gatewayLimit, .outage: true
        }
    }
}

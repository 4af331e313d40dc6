public import CIDRTrie

/// Who was denied why, how often, and what each new denial is worth: a line in the log, an answer.
///
/// Bounded in every way, so that a scan fills neither memory nor a disk, and a client that does not
/// give up costs next to nothing: beyond so many denials in a minute a source gets no more answers,
/// and beyond so many lines in a minute no more lines; the next line says how many are missing.
public struct DenialTable: Sendable {
    /// What is done about one denial.
    public struct Treatment: Hashable, Sendable {
        /// Whether the client is told why. Otherwise its connection is closed without a word.
        public var isAnswered: Bool
        /// Whether it gets a line in the access log.
        public var isLogged: Bool
        /// Denials of the same source and reason since the last line, which had none.
        public var unlogged: Int
    }

    private struct Key: Hashable {
        let warehouse: String
        let source: SourceKey
        let endpoint: EndpointName?
        let reason: DenialReason
    }

    fileprivate struct Entry {
        var count = 0
        var firstSeen: UnixTime
        var lastSeen: UnixTime
        var minute: UnixTime
        var countInMinute = 0
        var unlogged = 0
    }

    private static let answersInMinute = 64
    /// Lines in a second, whoever they are of; so many more in one burst.
    private static let linesPerSecond = 200
    private static let lineBurst = 2_000

    private let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var lines: TokenBucket

    /// - Parameters:
    ///   - capacity: pairs of source and reason that are remembered at the same time.
    ///   - now: monotonic milliseconds.
    public init(capacity: Int = 4_096, at now: Int64) {
        self.capacity = max(4, capacity)
        lines = TokenBucket(capacity: Self.lineBurst, at: now)
    }

    /// How many pairs of source and reason are remembered.
    public var count: Int { entries.count }

    /// The most that is remembered, in no order.
    public var records: [DenialRecord] {
        entries.map { key, entry in
            DenialRecord(
                warehouse: key.warehouse,
                source: key.source.block,
                endpoint: key.endpoint,
                reason: key.reason,
                count: entry.count,
                firstSeen: entry.firstSeen,
                lastSeen: entry.lastSeen
            )
        }
    }

    /// Takes note of one denial.
    ///
    /// - Parameters:
    ///   - linesInMinute: of each source and reason; 0 for no limit.
    ///   - milliseconds: monotonic.
    public mutating func note(
        _ reason: DenialReason,
        of source: SourceKey,
        through endpoint: EndpointName?,
        to warehouse: String,
        linesInMinute: Int,
        at now: UnixTime,
        milliseconds: Int64
    ) -> Treatment {
        let key = Key(warehouse: warehouse, source: source, endpoint: endpoint, reason: reason)
        if entries.count >= capacity, entries[key] == nil { forgetOldest() }
        var entry = entries[key] ?? Entry(firstSeen: now, lastSeen: now, minute: now)
        defer { entries[key] = entry }
        entry.note(at: now)
        let isLogged =
            linesInMinute == 0 || reason.isNotOfTheSource
            || entry.countInMinute <= linesInMinute && takeLine(at: milliseconds)
        return Treatment(
            isAnswered: reason.isNotOfTheSource || entry.countInMinute <= Self.answersInMinute,
            isLogged: isLogged,
            unlogged: entry.takeUnlogged(isLogged: isLogged)
        )
    }

    private mutating func takeLine(at milliseconds: Int64) -> Bool {
        lines.take(
            ratePerSecond: Self.linesPerSecond,
            capacity: Self.lineBurst,
            at: milliseconds
        )
    }

    /// Whether `source` was denied so often of late that it gets no answer any more, for this reason.
    public func isSilenced(
        _ reason: DenialReason,
        of source: SourceKey,
        to warehouse: String,
        at now: UnixTime
    ) -> Bool {
        let key = Key(warehouse: warehouse, source: source, endpoint: nil, reason: reason)
        guard !reason.isNotOfTheSource, let entry = entries[key] else { return false }
        return entry.isWithinMinute(now) && entry.countInMinute >= Self.answersInMinute
    }

    /// A quarter at once, so that a flood of new sources does not sort the table for each of them.
    private mutating func forgetOldest() {
        let oldest = entries.sorted { $0.value.lastSeen < $1.value.lastSeen }
        for (key, _) in oldest.prefix(max(1, capacity / 4)) { entries[key] = nil }
    }
}

extension DenialTable.Entry {
    fileprivate func isWithinMinute(_ now: UnixTime) -> Bool {
        now.seconds >= minute.seconds && now.seconds - minute.seconds < 60
    }

    fileprivate mutating func note(at now: UnixTime) {
        if !isWithinMinute(now) {
            minute = now
            countInMinute = 0
        }
        count += 1
        countInMinute += 1
        lastSeen = now
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
    /// The gateway or the warehouse is the cause: worth an answer and a line each time.
    fileprivate var isNotOfTheSource: Bool {
        switch family {
        case .access, .sourceLimit: false
        case .gatewayLimit, .outage: true
        }
    }
}

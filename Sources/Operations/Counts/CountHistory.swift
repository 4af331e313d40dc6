package import Policy
package import Time

/// What is counted together.
package struct CountedTraffic: Hashable, Sendable, Codable {
    /// `nil` for clients that took no route.
    package var warehouse: String?
    package var link: LinkKind
    package var `protocol`: ServiceProtocol

    package init(warehouse: String?, link: LinkKind, protocol: ServiceProtocol) {
        self.warehouse = warehouse
        self.link = link
        self.protocol = `protocol`
    }

    fileprivate var order: (String, String, ServiceProtocol) {
        (warehouse ?? "", link.rawValue, `protocol`)
    }
}

/// Counts for each minute of the last 24 hours, in bounded memory: a ring of minutes for each series,
/// and at most so many series.
///
/// It is filled from the counters of the gateway's status, once a minute.
package struct CountHistory: Sendable {
    /// In each ring: a day.
    package static let minuteLimit: Int64 = 1_440
    /// Of some 60 KB each.
    package static let seriesLimit = 256
    /// Rings of denials for one reason, of all series together: of some 6 KB each.
    package static let reasonLimit = 1_024

    fileprivate struct Minute: Hashable {
        var accepted: UInt32 = 0
        var admitted: UInt32 = 0
        var denied: UInt32 = 0
        var closed: UInt32 = 0
        /// At the end of the minute.
        var active: UInt32 = 0
        var bytesIn: UInt64 = 0
        var bytesOut: UInt64 = 0
    }

    fileprivate struct Totals {
        var accepted: UInt64 = 0
        var admitted: UInt64 = 0
        var denied: UInt64 = 0
        var closed: UInt64 = 0
        var bytesIn: UInt64 = 0
        var bytesOut: UInt64 = 0
        var deniedBy: [String: UInt64] = [:]
    }

    private struct Denials: Hashable {
        let traffic: CountedTraffic
        let reason: String
    }

    private struct Row: Hashable {
        let traffic: CountedTraffic
        let listener: String
    }

    private let seriesLimit: Int
    private let reasonLimit: Int
    private var series: [CountedTraffic: [Minute]] = [:]
    /// Most reasons never occur.
    private var denials: [Denials: [UInt32]] = [:]
    private var totals: [Row: Totals] = [:]
    /// The minutes that were counted, since 1970; `nil` before the first one.
    private var minutes: ClosedRange<Int64>?
    /// Series with traffic that had no room in the last minute.
    package private(set) var omittedSeries = 0

    package init(seriesLimit: Int = Self.seriesLimit, reasonLimit: Int = Self.reasonLimit) {
        self.seriesLimit = seriesLimit
        self.reasonLimit = reasonLimit
    }

    package var seriesCount: Int { series.count }

    /// Adds what the counters have more than at the last call, to the minute that is ending.
    ///
    /// - Parameter now: shortly before or after a minute's end.
    package mutating func record(_ listeners: [ListenerStatus], at now: UnixTime) {
        let minute = Self.minute(endingAt: now)
        advance(to: minute)
        var added: [CountedTraffic: Minute] = [:]
        var denied: [Denials: UInt32] = [:]
        var rows: [Row: Totals] = [:]
        for listener in listeners {
            let row = Row(traffic: listener.traffic, listener: listener.address)
            let new = Totals(listener)
            let increase = new.increase(since: totals[row])
            added[row.traffic, default: Minute()].add(increase, active: listener.activeConnections)
            for (reason, count) in increase.deniedBy where count > 0 {
                denied[Denials(traffic: row.traffic, reason: reason), default: 0].addClamped(count)
            }
            rows[row] = new
        }
        totals = rows
        omittedSeries = 0
        for (traffic, counts) in added { add(counts, to: traffic, at: minute) }
        for (key, count) in denied where series[key.traffic] != nil {
            add(count, to: key, at: minute)
        }
    }

    /// The minute that ends within 30 s of `now`: a timer is seldom exact.
    private static func minute(endingAt now: UnixTime) -> Int64 {
        let seconds = now.seconds - 30
        return seconds >= 0 ? seconds / 60 : 0
    }

    /// Makes room for a minute, and empties those that were skipped. A clock that was set back takes
    /// back the minutes after it.
    private mutating func advance(to minute: Int64) {
        guard let known = minutes else {
            minutes = minute...minute
            return
        }
        let last = known.upperBound
        let stale = minute > last ? (last + 1)...minute : (minute + 1)...max(last, minute + 1)
        if minute != last { clear(stale) }
        let first = minute >= known.lowerBound ? known.lowerBound : minute
        minutes = max(first, minute - Self.minuteLimit + 1)...minute
    }

    private mutating func clear(_ stale: ClosedRange<Int64>) {
        let first = max(stale.lowerBound, stale.upperBound - Self.minuteLimit + 1)
        for key in series.keys {
            for minute in first...stale.upperBound {
                series[key]?[Self.index(of: minute)] = Minute()
            }
        }
        for key in denials.keys {
            for minute in first...stale.upperBound {
                denials[key]?[Self.index(of: minute)] = 0
            }
        }
    }

    private static func index(of minute: Int64) -> Int { Int(minute % minuteLimit) }

    private mutating func add(_ counts: Minute, to traffic: CountedTraffic, at minute: Int64) {
        if series[traffic] == nil {
            guard counts != Minute() else { return }
            if series.count >= seriesLimit { removeSilentSeries() }
            guard series.count < seriesLimit else {
                omittedSeries += 1
                return
            }
            series[traffic] = Array(repeating: Minute(), count: Int(Self.minuteLimit))
        }
        series[traffic]?[Self.index(of: minute)].add(counts)
    }

    private mutating func add(_ count: UInt32, to key: Denials, at minute: Int64) {
        if denials[key] == nil {
            if denials.count >= reasonLimit {
                denials = denials.filter { _, ring in ring.contains { $0 > 0 } }
            }
            // Those without room are in the sum of all reasons.
            guard denials.count < reasonLimit else { return }
            denials[key] = Array(repeating: 0, count: Int(Self.minuteLimit))
        }
        denials[key]?[Self.index(of: minute)].addClamped(UInt64(count))
    }

    private mutating func removeSilentSeries() {
        series = series.filter { _, ring in ring.contains { $0 != Minute() } }
        denials = denials.filter { key, _ in series[key.traffic] != nil }
    }
}

// MARK: - Reading

/// Why counts are not shown.
package enum CountQueryError: Error, Hashable, Sendable {
    /// With the step that would do, in seconds; `nil` if none does.
    case tooManyValues(limit: Int, step: Int?)
}

extension CountQueryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooManyValues(let limit, let step):
            "more than \(limit) values for each count (\(Self.remedy(step)))"
        }
    }

    private static func remedy(_ step: Int?) -> String {
        let remedies = "choose a warehouse or a later since"
        return step.map { "use a step of at least \($0 / 60)m, or \(remedies)" } ?? remedies
    }
}

/// Counts as pictures need them: for each series a list of each count, one element a step.
package struct CountTable: Hashable, Sendable, Codable {
    package struct Series: Hashable, Sendable, Codable {
        package var warehouse: String?
        package var link: LinkKind
        package var `protocol`: ServiceProtocol
        package var accepted: [UInt64] = []
        package var admitted: [UInt64] = []
        package var denied: [UInt64] = []
        package var closed: [UInt64] = []
        package var bytesIn: [UInt64] = []
        package var bytesOut: [UInt64] = []
        /// Open connections at the end of each step.
        package var active: [UInt64] = []
        /// `denied` by reason; those that did not occur are left out.
        package var deniedBy: [String: [UInt64]] = [:]
    }

    /// The beginning of the first step; `nil` if nothing was counted.
    package var since: UnixTime?
    package var stepSeconds: Int
    /// The steps of each list.
    package var steps: Int
    package var series: [Series]
    /// Series with traffic that are not counted, because there are too many.
    package var omittedSeries: Int
}

extension CountHistory {
    /// The values of one count in an answer, over all series.
    package static let valueLimit = 50_000
    /// In minutes: what is chosen from if a request names no step.
    private static let standardSteps: [Int64] = [1, 5, 15, 60]

    /// The counts of some series.
    ///
    /// - Parameters:
    ///   - since: the first moment; steps are whole, and start at multiples of their length.
    ///   - step: in minutes; `nil` for the shortest usual one that is not too much.
    package func table(
        since: UnixTime? = nil,
        step: Int64? = nil,
        isVisible: (_ warehouse: String?) -> Bool = { _ in true }
    ) throws(CountQueryError) -> CountTable {
        let visible = series.filter { isVisible($0.key.warehouse) }
            .sorted { $0.key.order < $1.key.order }
        guard let minutes else {
            return CountTable(
                since: nil,
                stepSeconds: Int(step ?? 1) * 60,
                steps: 0,
                series: [],
                omittedSeries: omittedSeries
            )
        }
        let wanted = since.map { $0.seconds >= 0 ? $0.seconds / 60 : 0 } ?? 0
        let first = min(max(minutes.lowerBound, wanted), minutes.upperBound)
        let candidates = step.map { [$0] } ?? Self.standardSteps
        let fitting = candidates.first { step in
            visible.count * Self.steps(from: first, to: minutes.upperBound, of: step)
                <= Self.valueLimit
        }
        guard let step = fitting else {
            let enough = Self.standardSteps.first { step in
                visible.count * Self.steps(from: first, to: minutes.upperBound, of: step)
                    <= Self.valueLimit
            }
            throw .tooManyValues(limit: Self.valueLimit, step: enough.map { Int($0) * 60 })
        }
        let start = first / step * step
        let span = first...minutes.upperBound
        return CountTable(
            since: UnixTime(seconds: start * 60),
            stepSeconds: Int(step) * 60,
            steps: Self.steps(from: first, to: minutes.upperBound, of: step),
            series: visible.map { traffic, ring in
                var series = Self.series(of: traffic, ring, span, step: step)
                series.deniedBy = denials(of: traffic, span, step: step)
                return series
            },
            omittedSeries: omittedSeries
        )
    }

    private static func steps(from first: Int64, to last: Int64, of step: Int64) -> Int {
        Int(last / step - first / step) + 1
    }

    private static func series(
        of traffic: CountedTraffic,
        _ ring: [Minute],
        _ span: ClosedRange<Int64>,
        step: Int64
    ) -> CountTable.Series {
        var series = CountTable.Series(
            warehouse: traffic.warehouse,
            link: traffic.link,
            protocol: traffic.protocol
        )
        var minute = span.lowerBound
        while minute <= span.upperBound {
            let end = min(span.upperBound, minute / step * step + step - 1)
            series.append(sum(of: ring, minute...end), active: ring[index(of: end)].active)
            minute = end + 1
        }
        return series
    }

    private func denials(of traffic: CountedTraffic, _ span: ClosedRange<Int64>, step: Int64)
        -> [String: [UInt64]]
    {
        var values: [String: [UInt64]] = [:]
        for (key, ring) in denials where key.traffic == traffic {
            var sums: [UInt64] = []
            var minute = span.lowerBound
            while minute <= span.upperBound {
                let end = min(span.upperBound, minute / step * step + step - 1)
                sums.append((minute...end).reduce(0) { $0 + UInt64(ring[Self.index(of: $1)]) })
                minute = end + 1
            }
            if sums.contains(where: { $0 > 0 }) { values[key.reason] = sums }
        }
        return values
    }

    private static func sum(of ring: [Minute], _ minutes: ClosedRange<Int64>) -> Totals {
        minutes.reduce(into: Totals()) { sum, minute in
            let counts = ring[index(of: minute)]
            sum.accepted += UInt64(counts.accepted)
            sum.admitted += UInt64(counts.admitted)
            sum.denied += UInt64(counts.denied)
            sum.closed += UInt64(counts.closed)
            sum.bytesIn &+= counts.bytesIn
            sum.bytesOut &+= counts.bytesOut
        }
    }
}

extension CountTable.Series {
    fileprivate mutating func append(_ totals: CountHistory.Totals, active: UInt32) {
        accepted.append(totals.accepted)
        admitted.append(totals.admitted)
        denied.append(totals.denied)
        closed.append(totals.closed)
        bytesIn.append(totals.bytesIn)
        bytesOut.append(totals.bytesOut)
        self.active.append(UInt64(active))
    }
}

// MARK: - Adding

extension ListenerStatus {
    fileprivate var traffic: CountedTraffic {
        CountedTraffic(warehouse: warehouse, link: link, protocol: `protocol`)
    }
}

extension CountHistory.Totals {
    fileprivate init(_ listener: ListenerStatus) {
        accepted = listener.accepted
        admitted = listener.admitted
        deniedBy = listener.denied
        denied = listener.denied.values.reduce(0, &+)
        closed = listener.ends.values.reduce(0, &+)
        bytesIn = listener.bytesIn
        bytesOut = listener.bytesOut
    }

    /// Counters that are lower than before have started again.
    fileprivate func increase(since before: CountHistory.Totals?) -> CountHistory.Totals {
        guard let before else { return self }
        func difference(_ path: KeyPath<Self, UInt64>) -> UInt64 {
            let (new, old) = (self[keyPath: path], before[keyPath: path])
            return new >= old ? new - old : new
        }
        var increase = CountHistory.Totals()
        increase.accepted = difference(\.accepted)
        increase.admitted = difference(\.admitted)
        increase.denied = difference(\.denied)
        increase.closed = difference(\.closed)
        increase.bytesIn = difference(\.bytesIn)
        increase.bytesOut = difference(\.bytesOut)
        for (reason, new) in deniedBy {
            let old = before.deniedBy[reason, default: 0]
            increase.deniedBy[reason] = new >= old ? new - old : new
        }
        return increase
    }
}

extension CountHistory.Minute {
    fileprivate mutating func add(_ totals: CountHistory.Totals, active: Int) {
        var minute = Self()
        minute.accepted = UInt32(clamping: totals.accepted)
        minute.admitted = UInt32(clamping: totals.admitted)
        minute.denied = UInt32(clamping: totals.denied)
        minute.closed = UInt32(clamping: totals.closed)
        minute.bytesIn = totals.bytesIn
        minute.bytesOut = totals.bytesOut
        minute.active = self.active.addingClamped(UInt32(clamping: active))
        add(minute)
    }

    /// Adds all but the gauge, which is the newer one's.
    fileprivate mutating func add(_ other: Self) {
        accepted = accepted.addingClamped(other.accepted)
        admitted = admitted.addingClamped(other.admitted)
        denied = denied.addingClamped(other.denied)
        closed = closed.addingClamped(other.closed)
        bytesIn = bytesIn.addingClamped(other.bytesIn)
        bytesOut = bytesOut.addingClamped(other.bytesOut)
        active = other.active
    }
}

extension UInt32 {
    fileprivate mutating func addClamped(_ count: UInt64) {
        self = addingClamped(UInt32(clamping: count))
    }
}

extension FixedWidthInteger {
    fileprivate func addingClamped(_ other: Self) -> Self {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}

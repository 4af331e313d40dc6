package import Text
package import Time

/// How a warehouse's connections are doing, and what needs a person.
package struct OverviewPage: ConsolePage {
    package static let template = "overview"

    struct Notice: Sendable {
        let key: String
        let badge: Badge
        let sentence: String
        /// Where it can be dealt with.
        let path: String?
        let step: String
    }

    /// A severity, as a badge says it.
    struct Badge: Sendable {
        let tone: String
        let word: String
    }

    struct Number: Sendable {
        let title: String
        let value: String
        let hint: String
    }

    /// The time that the pictures show.
    package enum Range: String, Sendable, CaseIterable {
        case hour, sixHours = "six-hours", day

        /// As `GET /v1/counts` wants it.
        package var since: String {
            switch self {
            case .hour: "1h"
            case .sixHours: "6h"
            case .day: "24h"
            }
        }

        /// As `GET /v1/counts` wants it.
        package var step: String {
            switch self {
            case .hour: "1m"
            case .sixHours: "5m"
            case .day: "15m"
            }
        }

        fileprivate var title: String {
            switch self {
            case .hour: "Last hour"
            case .sixHours: "6 hours"
            case .day: "24 hours"
            }
        }
    }

    struct RangeChoice: Sendable {
        let title: String
        let path: String
        let isCurrent: Bool
    }

    struct Backend: Sendable {
        let key: String
        let name: String
        let service: String
        let health: String
        let tone: String
        let mode: String
        let connections: String
        let failures: String
        let lastFailure: String
    }

    package let title = "Overview"
    package let events: String? = "status,notices,denials"
    let warehouse: String
    let warehouseName: String
    let notices: [Notice]
    let numbers: [Number]
    let ranges: [RangeChoice]
    let pictures: [Picture]
    let backends: [Backend]

    /// - Parameters:
    ///   - status: as `GET /v1/status` answers.
    ///   - counts: as `GET /v1/counts` answers, of this warehouse.
    ///   - range: what of the counts is shown.
    ///   - standing: the notices that stand, as `GET /v1/notices` answers them.
    package init(
        warehouse: JSONValue,
        status: JSONValue,
        counts: JSONValue,
        range: Range = .hour,
        standing: [JSONValue],
        at now: UnixTime
    ) {
        let name = WarehouseName(warehouse)
        let id = name?.id ?? ""
        self.warehouse = id
        warehouseName = name?.short ?? id
        notices = standing.filter { $0["warehouse"]?.string == id || $0["warehouse"] == nil }
            .map { Notice($0, of: id) }
        let listeners = status["listeners"]?.array?.filter { $0["warehouse"]?.string == id } ?? []
        backends = listeners.flatMap { listener in
            listener["backends"]?.array?.map { Backend($0, of: listener) } ?? []
        }
        let history = Counted(counts)
        numbers = Number.all(listeners, history)
        ranges = Range.allCases.map { choice in
            RangeChoice(
                title: choice.title,
                path: ConsolePath.warehouse(id) + "/overview?range=\(choice.rawValue)",
                isCurrent: choice == range
            )
        }
        pictures = Picture.all(history, at: now)
    }
}

/// What was counted in each step, over all kinds of connections.
private struct Counted {
    private let counts: JSONValue
    let stepSeconds: Int
    let steps: Int
    /// When the first step begins; `nil` if the answer does not say it.
    let since: UnixTime?

    init(_ counts: JSONValue) {
        self.counts = counts
        stepSeconds = max(1, counts["stepSeconds"]?.int ?? 60)
        steps = counts["steps"]?.int ?? 0
        // `try?`: without it, the last step is the present one.
        since = counts["since"]?.string.flatMap { try? UnixTime(rfc3339: $0) }
    }

    func sums(_ key: String) -> [Int] {
        var sums = [Int](repeating: 0, count: steps)
        for series in counts["series"]?.array ?? [] {
            for (index, value) in (series[key]?.array ?? []).enumerated() where index < steps {
                sums[index] += value.int ?? 0
            }
        }
        return sums
    }

    /// Those denied for each reason, the most frequent ones first.
    var denials: [(reason: String, counts: [Int])] {
        var sums: [String: [Int]] = [:]
        for series in counts["series"]?.array ?? [] {
            for (reason, values) in series["deniedBy"]?.members ?? [:] {
                var sum = sums[reason] ?? [Int](repeating: 0, count: steps)
                for (index, value) in (values.array ?? []).enumerated() where index < steps {
                    sum[index] += value.int ?? 0
                }
                sums[reason] = sum
            }
        }
        return sums.map { (reason: $0.key, counts: $0.value) }
            .sorted { ($1.counts.reduce(0, +), $0.reason) < ($0.counts.reduce(0, +), $1.reason) }
    }

    /// Of the last `seconds`.
    func recent(_ key: String, seconds: Int) -> Int {
        sums(key).suffix(max(1, seconds / stepSeconds)).reduce(0, +)
    }
}

extension OverviewPage.Number {
    fileprivate static func all(_ listeners: [JSONValue], _ history: Counted) -> [Self] {
        let active = listeners.reduce(0) { $0 + ($1["activeConnections"]?.int ?? 0) }
        let hour = 3_600
        return [
            Self(title: "Live sessions", value: active.grouped, hint: "now"),
            Self(
                title: "Connections a second",
                value: Shown.rate(
                    history.sums("admitted").last ?? 0,
                    seconds: history.stepSeconds
                ),
                hint: history.stepSeconds == 60
                    ? "admitted in the last minute"
                    : "admitted in the last \(history.stepSeconds / 60) minutes"
            ),
            Self(
                title: "Connections",
                value: history.recent("admitted", seconds: hour).grouped,
                hint: "admitted, last hour"
            ),
            Self(
                title: "Denials",
                value: history.recent("denied", seconds: hour).grouped,
                hint: "last hour"
            ),
            Self(
                title: "Received",
                value: Shown.bytes(history.recent("bytesIn", seconds: hour)),
                hint: "from clients, last hour"
            ),
            Self(
                title: "Sent",
                value: Shown.bytes(history.recent("bytesOut", seconds: hour)),
                hint: "to clients, last hour"
            ),
        ]
    }
}

extension Picture {
    private static let fewestSteps = 12

    fileprivate static func all(_ history: Counted, at now: UnixTime) -> [Picture] {
        let step = Int64(history.stepSeconds)
        let last =
            history.since.map { $0.seconds + Int64(max(0, history.steps - 1)) * step }
            ?? now.seconds / step * step
        // After a start there is little to see: it stands at the right, where it will be.
        let count = max(history.steps, fewestSteps)
        let labels = (0..<count).map { index in
            let moment = UnixTime(seconds: last - Int64(count - 1 - index) * step)
            return String(moment.rfc3339.dropFirst(11).prefix(5))
        }
        let minutes = history.stepSeconds / 60
        let unit = minutes == 1 ? "per minute" : "per \(minutes) minutes"
        return [
            Picture(
                id: "connections",
                "Connections",
                unit: unit,
                labels: labels,
                [Series("admitted", history.sums("admitted"))]
            ),
            Picture(
                id: "denials",
                "Denials",
                unit: unit,
                labels: labels,
                Self.denials(history)
            ),
            Picture(
                id: "received",
                "Received",
                unit: unit,
                labels: labels,
                [Series("received", history.sums("bytesIn"))],
                format: Shown.bytes
            ),
            Picture(
                id: "sent",
                "Sent",
                unit: unit,
                labels: labels,
                [Series("sent", history.sums("bytesOut"))],
                format: Shown.bytes
            ),
        ]
    }
}

extension Picture {
    /// As many reasons as can be told apart; the others together.
    private static let reasonLimit = 4

    fileprivate static func denials(_ history: Counted) -> [Series] {
        let all = history.denials
        guard !all.isEmpty else { return [Series("denied", history.sums("denied"), isBad: true)] }
        var series = all.prefix(reasonLimit).map { denial in
            Series(Shown.reason(denial.reason), denial.counts, isBad: true)
        }
        if all.count > reasonLimit {
            let others = all.dropFirst(reasonLimit).map(\.counts)
            let sums = (0..<history.steps).map { step in others.reduce(0) { $0 + $1[step] } }
            series.append(Series("Other reasons", sums, isBad: true))
        }
        return series
    }
}

extension OverviewPage.Backend {
    init(_ backend: JSONValue, of listener: JSONValue) {
        name = backend["name"]?.string ?? ""
        service = [listener["protocol"]?.string, listener["link"]?.string].compactMap(\.self)
            .joined(separator: ", ")
        key = "\(listener["address"]?.string ?? "") \(name)"
        let word = backend["health"]?.string ?? "unknown"
        health = word.prefix(1).uppercased() + word.dropFirst()
        tone = word == "healthy" ? "good" : word == "unhealthy" ? "bad" : "off"
        mode = backend["mode"]?.string ?? ""
        connections = (backend["activeConnections"]?.int ?? 0).grouped
        failures = (backend["connectFailures"]?.int ?? 0).grouped
        lastFailure = backend["lastFailure"]?.string ?? ""
    }
}

extension OverviewPage.Notice {
    init(_ notice: JSONValue, of warehouse: String) {
        key = notice["key"]?.string ?? ""
        sentence = notice["sentence"]?.string ?? ""
        let root = ConsolePath.warehouse(warehouse)
        let word: String
        switch notice["kind"]?.string ?? "" {
        case "endpointPending":
            (word, path, step) = ("Waiting", "\(root)/private-link", "Decide")
        case "entryExpiring":
            (word, path, step) = ("Expiring", "\(root)/public-link", "See the whitelist")
        case "entryExpired":
            (word, path, step) = ("Expired", "\(root)/public-link", "See the whitelist")
        case "policyOpen":
            (word, path, step) = ("Open to the world", "\(root)/public-link", "Restrict it")
        case "keyExpiring", "keyExpired":
            (word, path, step) = ("Key", "\(ConsolePath.root)/settings/keys", "See the keys")
        case "loginFailures":
            (word, path, step) = (
                "Failed logins", "\(ConsolePath.root)/activity?action=account.login", "See them"
            )
        case "backendDown", "serviceDown":
            (word, path, step) = ("Down", "#backends-title", "See the backends")
        case "backendMismatch":
            (word, path, step) = ("Mismatch", "#backends-title", "See the backends")
        case "redirectsUnknown":
            (word, path, step) = ("Redirects", "#backends-title", "See the backends")
        case "certificateExpiring", "certificateFailing":
            (word, path, step) = ("Certificate", nil, "")
        case "namesFailing":
            (word, path, step) = ("Names", nil, "")
        default: (word, path, step) = ("Notice", nil, "")
        }
        let severity = notice["severity"]?.string ?? ""
        badge = OverviewPage.Badge(
            tone: severity == "critical" ? "bad" : severity == "warning" ? "warn" : "off",
            word: word
        )
    }
}

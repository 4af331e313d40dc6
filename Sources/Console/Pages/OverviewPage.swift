package import Text
package import Time

/// How a warehouse's connections are doing, and what needs a person.
package struct OverviewPage: ConsolePage {
    package static let template = "overview"

    struct Notice: Sendable {
        let tone: String
        let title: String
        let sentence: String
        /// Where it can be dealt with.
        let path: String?
        let step: String
    }

    struct Number: Sendable {
        let title: String
        let value: String
        let hint: String
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
    let pictures: [Picture]
    let backends: [Backend]

    /// - Parameters:
    ///   - status: as `GET /v1/status` answers.
    ///   - counts: as `GET /v1/counts` answers, of this warehouse.
    ///   - standing: the notices that stand, as `GET /v1/notices` answers them.
    package init(
        warehouse: JSONValue,
        status: JSONValue,
        counts: JSONValue,
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
        pictures = Picture.all(history, at: now)
    }
}

/// What was counted in each step, over all kinds of connections.
private struct Counted {
    private let counts: JSONValue
    let stepSeconds: Int
    let steps: Int

    init(_ counts: JSONValue) {
        self.counts = counts
        stepSeconds = max(1, counts["stepSeconds"]?.int ?? 60)
        steps = counts["steps"]?.int ?? 0
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
                title: "Connections",
                value: history.recent("admitted", seconds: hour).grouped,
                hint: "admitted in the last hour"
            ),
            Self(
                title: "Denials",
                value: history.recent("denied", seconds: hour).grouped,
                hint: "in the last hour"
            ),
            Self(
                title: "Received",
                value: Shown.bytes(history.recent("bytesIn", seconds: hour)),
                hint: "from clients in the last hour"
            ),
            Self(
                title: "Sent",
                value: Shown.bytes(history.recent("bytesOut", seconds: hour)),
                hint: "to clients in the last hour"
            ),
        ]
    }
}

extension Picture {
    fileprivate static func all(_ history: Counted, at now: UnixTime) -> [Picture] {
        let step = Int64(history.stepSeconds)
        let end = now.seconds / step * step
        let labels = (0..<history.steps).map { index in
            let moment = UnixTime(seconds: end - Int64(history.steps - index) * step)
            return String(moment.rfc3339.dropFirst(11).prefix(5))
        }
        let minutes = history.stepSeconds / 60
        let unit = minutes == 1 ? "per minute" : "in \(minutes) minutes"
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
                [Series("denied", history.sums("denied"), isBad: true)]
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
        let severity = notice["severity"]?.string ?? ""
        tone = severity == "critical" ? "bad" : severity == "warning" ? "warn" : "plain"
        sentence = notice["sentence"]?.string ?? ""
        let root = ConsolePath.warehouse(warehouse)
        switch notice["kind"]?.string ?? "" {
        case "endpointPending":
            (title, path, step) = ("Waiting for approval.", "\(root)/private-link", "Decide")
        case "entryExpiring", "entryExpired":
            (title, path, step) = ("Expiring.", "\(root)/public-link", "See the whitelist")
        case "policyOpen":
            (title, path, step) = ("Open to the world.", "\(root)/public-link", "Restrict it")
        case "keyExpiring", "keyExpired":
            (title, path, step) = ("Keys.", "\(ConsolePath.root)/settings/keys", "See the keys")
        case "loginFailures":
            (title, path, step) = (
                "Failed logins.", "\(ConsolePath.root)/activity?action=account.login", "See them"
            )
        case "backendDown", "serviceDown":
            (title, path, step) = ("Backend down.", "#backends-title", "See the backends")
        case "certificateExpiring":
            (title, path, step) = ("Certificate.", nil, "")
        default: (title, path, step) = ("", nil, "")
        }
    }
}

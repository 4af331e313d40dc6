extension PrometheusText {
    private typealias Labeled = (labels: [String: String], status: HTTPStatus)

    /// What listeners that read requests have seen of them.
    mutating func appendHTTP(_ listeners: [ListenerStatus]) {
        let all = listeners.compactMap { listener in
            listener.http.map { (listener.requestLabels, $0) }
        }
        guard !all.isEmpty else { return }
        appendRequests(all)
        appendLoads(all)
        appendHops(all)
    }

    private mutating func appendRequests(_ all: [Labeled]) {
        family(
            "sluice_http_requests_total",
            .counter,
            "HTTP requests that have ended, by class of path and of status."
        ) { family in
            for (labels, status) in all {
                for (path, counts) in status.requests.sorted(by: { $0.key < $1.key }) {
                    family.samples(counts, "status", labels.merging(["path": path]) { $1 })
                }
            }
        }
        family(
            "sluice_http_request_seconds_total",
            .counter,
            "Time from the first byte of each HTTP request to its end."
        ) { family in
            for (labels, status) in all {
                family.sample(text: status.requestMs.inSeconds, labels)
            }
        }
    }

    private mutating func appendLoads(_ all: [Labeled]) {
        family(
            "sluice_loads_total",
            .counter,
            "Loads that have ended, by the status in the warehouse's answer."
        ) { family in
            for (labels, status) in all { family.samples(status.loads, "status", labels) }
        }
        family("sluice_load_bytes_total", .counter, "Bytes from clients with loads.") { family in
            for (labels, status) in all { family.sample(status.loadBytes, labels) }
        }
    }

    private mutating func appendHops(_ all: [Labeled]) {
        family(
            "sluice_http_hop_seconds",
            .summary,
            "Time for which backends were asked, from connecting to the answer's head."
        ) { family in
            for (labels, status) in all {
                family.sample(text: status.hopMs.inSeconds, labels, suffix: "_sum")
                family.sample(text: "\(status.hops)", labels, suffix: "_count")
            }
        }
        family(
            "sluice_http_redirects_total",
            .counter,
            "Redirects of backends, followed or refused because of where they lead."
        ) { family in
            for (labels, status) in all {
                let counts = [
                    "followed": status.redirectsFollowed, "refused": status.redirectsRefused,
                ]
                family.samples(counts, "result", labels)
            }
        }
    }
}

// MARK: - Where redirects lead

extension PrometheusText {
    mutating func appendRedirects(_ listeners: [ListenerStatus]) {
        // What belongs to a service is the same for each listener that leads to it.
        var seen: Set<[String: String]> = []
        let learning = listeners.compactMap { listener in
            listener.redirectLearning.map { (listener.serviceLabels($0.listener), $0) }
        }.filter { seen.insert($0.0).inserted }
        if !learning.isEmpty { appendLearning(learning) }
        let targets = listeners.flatMap { listener in
            (listener.redirectTargets ?? []).map { (listener.labels(of: $0), $0) }
        }.filter { seen.insert($0.0).inserted }
        if !targets.isEmpty { appendTargets(targets) }
    }

    private mutating func appendLearning(_ all: [([String: String], RedirectLearningStatus)]) {
        family(
            "sluice_redirect_learning_up",
            .gauge,
            "1 if the last attempt to learn redirect targets has succeeded."
        ) { family in
            for (labels, status) in all { family.sample(status.failure == nil ? 1 : 0, labels) }
        }
        family("sluice_redirect_targets_learned", .gauge, "Servers in the last list.") { family in
            for (labels, status) in all { family.sample(status.count, labels) }
        }
    }

    private mutating func appendTargets(_ all: [([String: String], BackendStatus)]) {
        family(
            "sluice_redirect_target_connections",
            .gauge,
            "Connections to a redirect target, established or in progress."
        ) { family in
            for (labels, target) in all { family.sample(target.activeConnections, labels) }
        }
        family("sluice_redirect_target_connects_total", .counter, "Successful connects.") {
            for (labels, target) in all { $0.sample(target.connections, labels) }
        }
        family("sluice_redirect_target_connect_failures_total", .counter, "Failed connects.") {
            for (labels, target) in all { $0.sample(target.connectFailures, labels) }
        }
    }
}

extension ListenerStatus {
    fileprivate var requestLabels: [String: String] {
        ["warehouse": warehouse ?? "", "listener": address]
    }
}

extension UInt64 {
    /// Milliseconds as seconds: `12.345`.
    fileprivate var inSeconds: String {
        let rest = "\(self % 1_000)"
        return "\(self / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}

import DNSProtocol
import NameService
import Time

/// The metrics of names.
extension PrometheusText {
    mutating func appendNames(_ names: NameServiceStatus?, _ queries: NameServiceCounters?) {
        if let names { appendZone(names) }
        if let queries {
            appendQueries(queries)
            appendLimits(queries)
        }
        if let updates = names?.updates { appendUpdates(updates) }
    }

    private mutating func appendZone(_ names: NameServiceStatus) {
        family("sluice_dns_names", .gauge, "Names with records in the gateway's zone.") {
            $0.sample(names.nameCount)
        }
        family("sluice_dns_zone_serial", .gauge, "Serial of the gateway's zone.") {
            $0.sample(Int(names.serial))
        }
    }

    private mutating func appendQueries(_ counters: NameServiceCounters) {
        family("sluice_dns_queries_total", .counter, "Answered DNS queries.") { family in
            let counts = counters.queries.map { (key: $0.key.labels, count: $0.value) }
            for (labels, count) in counts.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                family.sample(
                    Int(clamping: count),
                    ["transport": labels[0], "type": labels[1], "code": labels[2]]
                )
            }
        }
        family("sluice_dns_ignored_total", .counter, "Messages that are not DNS queries.") {
            $0.sample(Int(clamping: counters.ignored))
        }
        family("sluice_dns_truncated_total", .counter, "Answers that were too long for UDP.") {
            $0.sample(Int(clamping: counters.truncated))
        }
        family("sluice_dns_unsent_total", .counter, "Answers that the system did not take.") {
            $0.sample(Int(clamping: counters.unsent))
        }
    }

    private mutating func appendLimits(_ counters: NameServiceCounters) {
        family(
            "sluice_dns_limited_total",
            .counter,
            "Answers over a network's limit: dropped, or truncated."
        ) { family in
            family.sample(Int(clamping: counters.limited), ["action": "dropped"])
            family.sample(Int(clamping: counters.slipped), ["action": "truncated"])
        }
        family("sluice_dns_connections_total", .counter, "DNS clients over TCP.") { family in
            family.sample(Int(clamping: counters.connections), ["outcome": "accepted"])
            family.sample(Int(clamping: counters.refusedConnections), ["outcome": "refused"])
        }
    }

    private mutating func appendUpdates(_ updates: NameServiceStatus.Updates) {
        family("sluice_dns_updates_total", .counter, "Updates of another name server.") { family in
            family.sample(updates.succeeded, ["outcome": "success"])
            family.sample(updates.failed, ["outcome": "failure"])
        }
        guard let last = updates.lastSuccessAt else { return }
        family(
            "sluice_dns_update_success_timestamp_seconds",
            .gauge,
            "When another name server last had all names."
        ) { $0.sample(Int(last.seconds)) }
    }
}

extension NameServiceCounters.Query {
    /// Transport, type and code.
    fileprivate var labels: [String] {
        [transport == .udp ? "udp" : "tcp", type.map { "\($0)" } ?? "other", "\(code)"]
    }
}

import CIDRTrie
import Policy
import Settings
import Time
import Traffic

/// A gateway's status in the text exposition format of Prometheus, version 0.0.4.
package struct PrometheusText: CustomStringConvertible {
    /// What the process itself uses; unknown values are omitted.
    package struct ProcessUsage: Hashable, Sendable {
        package var processorSeconds: Double?
        package var residentByteCount: Int?
        package var openDescriptorCount: Int?
        /// The process' soft limit of open descriptors.
        package var descriptorLimit: Int?

        package init() {}
    }

    /// The value of `Content-Type`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var description = ""

    /// - Parameter control: `nil` for the gateway alone.
    package init(
        _ status: GatewayStatus,
        process: ProcessUsage = ProcessUsage(),
        control: ControlPlaneStatus? = nil
    ) {
        appendGateway(status)
        appendShards(status.shards)
        appendListeners(status.listeners)
        appendBackends(status.listeners)
        appendHTTP(status.listeners)
        appendRedirects(status.listeners)
        appendTLS(status.tls)
        if let control { appendControlPlane(control) }
        appendProcess(process, startedAt: status.startedAt.seconds)
    }
}

// MARK: - Families

extension PrometheusText {
    private mutating func appendGateway(_ status: GatewayStatus) {
        family("sluice_build_info", .gauge, "The running version; always 1.") { family in
            family.sample(1, ["version": status.version])
        }
        family("sluice_configuration_generation", .gauge, "Number of configurations applied.") {
            $0.sample(status.generation)
        }
        appendReload(status.lastReload)
        appendPolicy(status.policy)
        family(
            "sluice_configuration_keys_awaiting_restart",
            .gauge,
            "Changed keys that require a restart."
        ) {
            $0.sample(status.awaitingRestart.count)
        }
        family("sluice_draining", .gauge, "1 while the gateway drains.") {
            $0.sample(status.phase == .draining ? 1 : 0)
        }
        family("sluice_access_log_dropped_lines_total", .counter, "Access-log lines dropped.") {
            $0.sample(status.droppedAccessLogLines)
        }
        family("sluice_buffered_bytes", .gauge, "Bytes held for peers that do not read them.") {
            $0.sample(status.bufferedByteCount)
        }
        family("sluice_access_log_failing", .gauge, "1 while access-log lines are being dropped.") {
            $0.sample(status.accessLogFailure == nil ? 0 : 1)
        }
        family("sluice_denials_unlogged_total", .counter, "Denials without an access-log line.") {
            $0.sample(status.unloggedDenials)
        }
        family(
            "sluice_accept_pauses_total",
            .counter,
            "Number of times accepting was paused for lack of resources."
        ) {
            $0.sample(status.acceptPauses)
        }
    }

    /// A gateway that was never reloaded runs the configuration that it was started with.
    private mutating func appendReload(_ reload: ReloadStatus?) {
        family(
            "sluice_configuration_last_reload_successful",
            .gauge,
            "0 if the last reload failed."
        ) { $0.sample(reload?.failure == nil ? 1 : 0) }
        family(
            "sluice_configuration_last_reload_success_timestamp_seconds",
            .gauge,
            "Time of the last successful reload, in seconds since 1970."
        ) { family in
            if let moment = reload?.succeededAt { family.sample(moment.seconds) }
        }
    }

    private mutating func appendPolicy(_ policy: PolicyStatus?) {
        func add(_ name: String, _ help: String, _ value: (PolicyStatus) -> UInt64) {
            family("sluice_policy_\(name)", .gauge, help) { family in
                if let policy { family.sample(value(policy)) }
            }
        }
        add("revision", "Revision of the active policy.") { $0.revision.number }
        add(
            "active_timestamp_seconds",
            "Time at which the active policy was applied, in seconds since 1970."
        ) { UInt64(clamping: $0.since.seconds) }
        add("restored", "1 while the saved policy is used, because its source is unavailable.") {
            $0.isRestored ? 1 : 0
        }
        add("save_failing", "1 while the active policy cannot be saved for the next start.") {
            $0.saveFailure == nil ? 0 : 1
        }
        add("last_update_successful", "0 if the last update of the policy was rejected.") {
            $0.rejection == nil ? 1 : 0
        }
    }

    private mutating func appendShards(_ shards: [ShardStatus]) {
        let shards = shards.enumerated().map { (["shard": "\($0)"], $1) }
        family("sluice_shard_connections", .gauge, "Connections of a worker.") { family in
            for (labels, shard) in shards { family.sample(shard.activeConnections, labels) }
        }
        family("sluice_shard_wakeups_total", .counter, "Wakeups of a worker with events.") {
            family in
            for (labels, shard) in shards { family.sample(shard.wakeups, labels) }
        }
    }

    private mutating func appendListeners(_ listeners: [ListenerStatus]) {
        let all = listeners.map { ($0.labels, $0) }
        family("sluice_connections", .gauge, "Open connections.") { family in
            for (labels, listener) in all { family.sample(listener.activeConnections, labels) }
        }
        family("sluice_connections_accepted_total", .counter, "Connections accepted.") { family in
            for (labels, listener) in all { family.sample(listener.accepted, labels) }
        }
        family("sluice_connections_admitted_total", .counter, "Connections admitted.") { family in
            for (labels, listener) in all { family.sample(listener.admitted, labels) }
        }
        family(
            "sluice_connections_shadowed_total",
            .counter,
            "Connections admitted by shadow mode alone."
        ) { family in
            for (labels, listener) in all { family.sample(listener.shadowed, labels) }
        }
        family("sluice_connections_denied_total", .counter, "Connections denied.") { family in
            for (labels, listener) in all { family.samples(listener.denied, "reason", labels) }
        }
        family("sluice_connections_ended_total", .counter, "Connections ended.") { family in
            for (labels, listener) in all { family.samples(listener.ends, "end", labels) }
        }
        family("sluice_received_bytes_total", .counter, "Bytes from clients to backends.") {
            family in
            for (labels, listener) in all { family.sample(listener.bytesIn, labels) }
        }
        family("sluice_sent_bytes_total", .counter, "Bytes from backends to clients.") { family in
            for (labels, listener) in all { family.sample(listener.bytesOut, labels) }
        }
    }

    private mutating func appendBackends(_ listeners: [ListenerStatus]) {
        // A service's backends are the same for each listener that leads to it.
        var seen: Set<[String: String]> = []
        let all = listeners.flatMap { listener in
            listener.backends.map { (listener.labels(of: $0), $0) }
        }.filter { seen.insert($0.0).inserted }
        family("sluice_backend_up", .gauge, "1 if the last health result was good.") { family in
            for (labels, backend) in all where backend.health != .notChecked {
                family.sample(backend.health == .healthy ? 1 : 0, labels)
            }
        }
        family("sluice_backend_active", .gauge, "0 in drain or maintenance mode.") { family in
            for (labels, backend) in all { family.sample(backend.mode == .active ? 1 : 0, labels) }
        }
        family(
            "sluice_backend_connections",
            .gauge,
            "Connections to a backend, established or in progress."
        ) { family in
            for (labels, backend) in all { family.sample(backend.activeConnections, labels) }
        }
        family("sluice_backend_connects_total", .counter, "Successful connects.") { family in
            for (labels, backend) in all { family.sample(backend.connections, labels) }
        }
        family("sluice_backend_connect_failures_total", .counter, "Failed connects.") {
            for (labels, backend) in all { $0.sample(backend.connectFailures, labels) }
        }
    }

    private mutating func appendProcess(_ usage: ProcessUsage, startedAt: Int64) {
        family("process_start_time_seconds", .gauge, "Start time, in seconds since 1970.") {
            $0.sample(startedAt)
        }
        if let seconds = usage.processorSeconds {
            family("process_cpu_seconds_total", .counter, "CPU time, user and system, in seconds.")
            {
                $0.sample(text: "\(seconds)")
            }
        }
        if let bytes = usage.residentByteCount {
            family("process_resident_memory_bytes", .gauge, "Resident memory in bytes.") {
                $0.sample(bytes)
            }
        }
        if let count = usage.openDescriptorCount {
            family("process_open_fds", .gauge, "Open descriptors.") { $0.sample(count) }
        }
        if let limit = usage.descriptorLimit {
            family("process_max_fds", .gauge, "Maximum number of open descriptors.") {
                $0.sample(limit)
            }
        }
    }
}

// MARK: - The format

extension PrometheusText {
    enum Kind: String { case counter, gauge, histogram, summary }

    mutating func family(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        samples: (inout Family) -> Void
    ) {
        var family = Family(name: name)
        samples(&family)
        description += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        description += family.lines
    }

    /// The samples of one metric.
    struct Family {
        let name: String
        var lines = ""

        mutating func sample(_ value: some BinaryInteger, _ labels: [String: String] = [:]) {
            sample(text: "\(value)", labels)
        }

        /// - Parameter suffix: of the name, for the parts of a histogram or a summary.
        mutating func sample(
            text: String,
            _ labels: [String: String] = [:],
            suffix: String = ""
        ) {
            lines += name + suffix
            if !labels.isEmpty {
                let pairs = labels.sorted { $0.key < $1.key }.map { "\($0)=\"\($1.escaped)\"" }
                lines += "{\(pairs.joined(separator: ","))}"
            }
            lines += " \(text)\n"
        }

        /// A sample for each key of `counts`, as one more label.
        mutating func samples(
            _ counts: [String: UInt64],
            _ label: String,
            _ labels: [String: String]
        ) {
            for (key, count) in counts.sorted(by: { $0.key < $1.key }) {
                sample(count, labels.merging([label: key]) { $1 })
            }
        }
    }
}

extension ListenerStatus {
    fileprivate var labels: [String: String] {
        [
            "warehouse": warehouse ?? "", "listener": address, "protocol": `protocol`.rawValue,
            "link": link.rawValue,
        ]
    }

    func labels(of backend: BackendStatus) -> [String: String] {
        let name = backend.address.map { $0 == backend.name ? $0 : "\(backend.name) (\($0))" }
        return serviceLabels(backend.listener).merging(["backend": name ?? backend.name]) { $1 }
    }

    /// - Parameter listener: inside which the service is written; `nil` if several may lead to it.
    func serviceLabels(_ listener: String?) -> [String: String] {
        let service = listener.map { ["listener": $0] } ?? ["service": `protocol`.rawValue]
        return service.merging(["warehouse": warehouse ?? ""]) { $1 }
    }
}

extension String {
    /// A label's value: backslash, quote and line feed escaped.
    fileprivate var escaped: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

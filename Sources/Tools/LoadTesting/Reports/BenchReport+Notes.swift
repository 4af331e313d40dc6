import Text

/// What the reader should know about the numbers.
extension BenchReport {
    /// Empty if there is nothing to report.
    var notes: [String] {
        let notes =
            lowerBoundNotes + failureNotes + causes + processNotes + othersNotes
            + bottleneckNotes
        return notes.isEmpty ? [] : [""] + notes
    }

    private var lowerBoundNotes: [String] {
        targets.compactMap { target in
            guard let latency = target.latency, latency.lowerBounds > 0 else { return nil }
            let count = Numbers.count(latency.lowerBounds)
            return "\(place(of: target))\(count) of \(Numbers.count(latency.count)) latencies are "
                + "lower bounds: no answer arrived in that time"
        }
    }

    private var failureNotes: [String] {
        targets.flatMap { target in
            target.failures.map { note(on: $0, of: target, "") }
                + target.connectFailures.map {
                    note(on: $0, of: target, "between \(setting.operationPlural), ")
                }
                + target.warmUpFailures.map { note(on: $0, of: target, "during warm-up, ") }
        }
    }

    private func note(on failure: FailureReport, of target: TargetReport, _ time: String) -> String
    {
        let detail = failure.detail.map { " (\($0))" } ?? ""
        let words = Failure.Kind(rawValue: failure.kind)?.explanation ?? failure.kind
        return "\(place(of: target))\(time)\(Numbers.count(failure.count)) × \(words)\(detail)"
    }

    private var processNotes: [String] {
        targets.flatMap { target in
            target.processes.filter(\.hasEnded).map {
                "\(place(of: target))process \($0.id) ended during the test"
            }
        }
    }

    /// Other work on the machine influences the figures.
    private var othersNotes: [String] {
        targets.flatMap { target in
            [otherUse(target), stolenTime(target)].compactMap { $0 }
                .map { place(of: target) + $0 }
        }
    }

    /// The maximum number of processes named in one line.
    private static let namedProcessLimit = 5

    private func otherUse(_ target: TargetReport) -> String? {
        guard target.others.processorShare > OthersReport.shareLimit else { return nil }
        let names = target.others.processes
            .filter { $0.processorShare > OthersReport.shareLimit / 4 }
            .prefix(Self.namedProcessLimit)
            .map { "\($0.name) (\($0.id)) \(Numbers.percent($0.processorShare))" }
        let list = names.isEmpty ? "" : ": " + names.joined(separator: ", ")
        return "other processes used \(Numbers.percent(target.others.processorShare)) of a CPU "
            + "during the run\(list)"
    }

    private func stolenTime(_ target: TargetReport) -> String? {
        guard target.others.stolenShare > OthersReport.shareLimit else { return nil }
        return "the hypervisor stole \(Numbers.percent(target.others.stolenShare)) of a CPU "
            + "during the run"
    }

    /// A saturated generator measures itself.
    private var bottleneckNotes: [String] {
        let limit = min(setting.threads, setting.processors)
        let what =
            setting.processors < setting.threads ? "CPUs" : setting.threads.of("thread")
        return targets.filter { $0.generator.processorShare > 0.9 * Double(limit) }.map { target in
            "\(place(of: target))the load generator was saturated (\(what)): the target may be faster "
                + "than shown"
                + (setting.threads < setting.processors ? "; use more --threads" : "")
        }
    }

    /// The target's name, if there are several.
    private func place(of target: TargetReport) -> String {
        targets.count > 1 ? "\(target.name): " : ""
    }
}

extension Failure.Kind {
    /// In a few words.
    var explanation: String {
        switch self {
        case .refused: "connection refused"
        case .unreachable: "target unreachable"
        case .noLocalPort: "no local port left"
        case .noDescriptor: "no file descriptor left"
        case .connectTimeout: "connect timed out (--timeout)"
        case .timeout: "no complete answer in time (--timeout)"
        case .reset: "connection reset"
        case .closedEarly: "connection closed early"
        case .badResponse: "invalid response for this protocol"
        case .status: "unexpected HTTP status"
        case .serverError: "server error"
        case .unsent: "due, but no connection was available"
        case .unfinished: "still running at the end"
        }
    }
}

/// The probable causes of failures, and their remedies.
extension BenchReport {
    /// One line per cause, for all targets together.
    var causes: [String] {
        var causes: [String] = []
        for failure in targets.flatMap(\.allFailures) {
            guard let kind = Failure.Kind(rawValue: failure.kind) else { continue }
            let cause = cause(of: kind, failure.code).map { "\(kind.explanation): \($0)" }
            if let cause, !causes.contains(cause) { causes.append(cause) }
        }
        return causes.isEmpty ? [] : ["probable causes:"] + causes.map { "  " + $0 }
    }

    /// `nil` if the failure is self-explanatory.
    private func cause(of kind: Failure.Kind, _ code: Int?) -> String? {
        switch kind {
        case .refused: "is the target running, and is this its address and port?"
        case .unreachable: "check the address and the route to it"
        case .noLocalPort:
            "each connection holds its port for a minute after it ends (TIME-WAIT): widen "
                + "net.ipv4.ip_local_port_range, set net.ipv4.tcp_tw_reuse=1, or lower --rate "
                + "(bench connect has --reset)"
        case .noDescriptor: "raise the limit of open files (ulimit -n)"
        case .connectTimeout:
            "the target's backlog is full (net.core.somaxconn), it is not accepting connections, or "
                + "a firewall drops packets"
        case .reset, .closedEarly: turnedAway
        case .status: Self.cause(ofStatus: code)
        case .serverError: Self.cause(ofError: code)
        case .unsent: isAnyOpen ? "use more --connections, or a lower --rate" : nil
        case .badResponse: "does the target speak this protocol on this port?"
        case .timeout, .unfinished: nil
        }
    }

    /// More connections help if some were open and all were busy.
    private var isAnyOpen: Bool { targets.contains { $0.openConnections > 0 } }

    private var turnedAway: String {
        "a gateway denies clients above limits.connectRatePerSource, limits.connectionsPerSource or "
            + "limits.connections, and clients not in its whitelist; `sluice denials` and its access "
            + "log show the reason"
            + (setting.sendsProxyHeader
                ? "; with --proxy-v2, its proxyProtocol.trusted must include this host" : "")
    }

    private static func cause(ofStatus status: Int?) -> String? {
        switch status {
        case 401: "use --header 'Authorization: …'"
        case 403: "this client is not in the gateway's whitelist, or the server denies it"
        case 404, 405: "check --path and --method"
        case 429:
            "a gateway's limits.connectRatePerSource or limits.connectionsPerSource: raise them for "
                + "the test"
        case 502, 504: "the target's backend failed"
        case 503:
            "a limit of the gateway or the warehouse (limits.connections), or no backend is "
                + "available (`sluice status`)"
        default: nil
        }
    }

    private static func cause(ofError code: Int?) -> String? {
        switch code {
        case 1040:
            "a gateway's limits.connectRatePerSource, limits.connectionsPerSource or "
                + "limits.connections, no available backend, or the server's max_connections"
        case 1044, 1142, 1143, 1227, 1370: "the account lacks a privilege"
        case 1045, 1698:
            "wrong user or password (--user, --password-file, MYSQL_PWD), or the account is "
                + "restricted to other hosts"
        case 1049: "check --database"
        case 1064, 1146, 1054, 1149, 1305: "check --query"
        case 1129:
            "the server blocked this host after too many broken handshakes (max_connect_errors): run "
                + "FLUSH HOSTS (or mariadb-admin flush-hosts) on it, and raise max_connect_errors"
        case 1130: "the gateway's whitelist or the server's accounts do not allow this client"
        case 1203, 1226: "an account limit (max_user_connections)"
        default: nil
        }
    }
}

extension TargetReport {
    fileprivate var allFailures: [FailureReport] { failures + connectFailures + warmUpFailures }
}

/// Why operations failed, probably, and what to do.
extension BenchReport {
    /// A line for each cause, the same for all targets.
    var causes: [String] {
        var causes: [String] = []
        for failure in targets.flatMap(\.allFailures) {
            guard let kind = Failure.Kind(rawValue: failure.kind) else { continue }
            let cause = cause(of: kind, failure.code).map { "\(kind.explanation): \($0)" }
            if let cause, !causes.contains(cause) { causes.append(cause) }
        }
        return causes.isEmpty ? [] : ["probable causes:"] + causes.map { "  " + $0 }
    }

    /// `nil` if the failure says it all.
    private func cause(of kind: Failure.Kind, _ code: Int?) -> String? {
        switch kind {
        case .refused: "is the target running, and is this its address and port?"
        case .unreachable: "check the address and the route to it"
        case .noLocalPort:
            "each connection keeps its port for a minute after its end (TIME-WAIT): widen "
                + "net.ipv4.ip_local_port_range, set net.ipv4.tcp_tw_reuse=1, or lower --rate "
                + "(bench connect has --reset)"
        case .noDescriptor: "raise the limit of open files (ulimit -n)"
        case .connectTimeout:
            "the target's backlog is full (net.core.somaxconn), it accepts no connections, or a "
                + "firewall drops packets"
        case .reset, .closedEarly: turnedAway
        case .status: Self.cause(ofStatus: code)
        case .serverError: Self.cause(ofError: code)
        case .unsent: isAnyOpen ? "use more --connections, or a lower --rate" : nil
        case .badResponse: "does the target speak this protocol at this port?"
        case .timeout, .unfinished: nil
        }
    }

    /// More connections help if some were open, and all were busy.
    private var isAnyOpen: Bool { targets.contains { $0.openConnections > 0 } }

    private var turnedAway: String {
        "a gateway denies clients above limits.connectRatePerSource, limits.connectionsPerSource or "
            + "limits.connections, and those not in its whitelist; `sluice denials` and its access "
            + "log have the reason"
            + (setting.sendsProxyHeader
                ? "; with --proxy-v2, its proxyProtocol.trusted must include this host" : "")
    }

    private static func cause(ofStatus status: Int?) -> String? {
        switch status {
        case 401: "use --header 'Authorization: …'"
        case 403: "the gateway's whitelist does not admit this client, or the server denies it"
        case 404, 405: "check --path and --method"
        case 429:
            "a gateway's limits.connectRatePerSource or limits.connectionsPerSource: raise them for "
                + "the test"
        case 502, 504: "the server behind the target failed"
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
            "wrong user or password (--user, --password-file, MYSQL_PWD), or an account for other "
                + "hosts"
        case 1049: "check --database"
        case 1064, 1146, 1054, 1149, 1305: "check --query"
        case 1129:
            "the server blocks this host after too many broken handshakes (max_connect_errors): run "
                + "FLUSH HOSTS (or mariadb-admin flush-hosts) on it, and raise max_connect_errors"
        case 1130: "the gateway's whitelist or the server's accounts do not admit this client"
        case 1203, 1226: "a limit of the account (max_user_connections)"
        default: nil
        }
    }
}

extension TargetReport {
    fileprivate var allFailures: [FailureReport] { failures + connectFailures + warmUpFailures }
}

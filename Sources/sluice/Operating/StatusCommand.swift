import ArgumentParser
import Control
import Operations
import Policy
import Text
import Time
import Traffic

/// `sluice status`: shows the state of a running gateway.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of a running gateway."
    )

    @OptionGroup var watch: WatchOptions
    @OptionGroup var management: ManagementOptions

    func run() async throws {
        try await management.gateway.show(.get("v1/status"), watching: watch) {
            StatusTable($0).description
        }
    }
}

/// A gateway's status as a table for people: what `sluice status` prints.
struct StatusTable: CustomStringConvertible {
    let description: String

    init(_ status: GatewayStatus) {
        let sections = [
            ([Self.summary(of: status)] + Self.troubles(of: status)).joined(separator: "\n"),
            Self.table(of: status.listeners),
            Self.routes(of: status.listeners),
            BackendTable(BackendList(of: status.listeners)).description,
        ]
        description = sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private static func summary(of status: GatewayStatus) -> String {
        """
        sluice \(status.version), \(status.phase.rawValue) since \(status.startedAt.rfc3339)
        configuration generation \(status.generation), \
        \(status.activeConnections.of("connection")), \(status.shards.count.of("worker"))
        """
            + (status.policy.map { policy in
                """

                policy revision \(policy.revision), active since \(policy.since.rfc3339), \
                from \(LogText.harmless(policy.source))
                """
            } ?? "")
            + (status.managementCertificate.map { certificate in
                """

                management certificate \(LogText.harmless(certificate.fingerprint)), \
                \(certificate.isSelfSigned ? "self-signed, " : "")\
                expires \(certificate.expiresAt.rfc3339)
                """
            } ?? "")
            + (status.names.map { "\n\(Self.line(of: $0))" } ?? "")
    }

    private static func line(of names: NameServiceStatus) -> String {
        let places = names.listening.joined(separator: ", ")
        return "\(names.nameCount.of("name")) in \(names.domain), serial \(names.serial)"
            + (places.isEmpty ? "" : ", answered on \(places)")
    }

    /// Problems that need attention, one per line.
    private static func troubles(of status: GatewayStatus) -> [String] {
        var lines: [String] = []
        if let reload = status.lastReload, let failure = reload.failure {
            lines.append("last reload failed at \(reload.attemptedAt.rfc3339): \(failure)")
        }
        if status.policy?.isRestored == true {
            lines.append(
                "the policy's source could not be read at startup: the last active policy is used"
                    + " (see the log, correct the errors and reload)"
            )
        }
        if let rejection = status.policy?.rejection,
            rejection.reason != status.lastReload?.failure
        {
            lines.append(
                "policy update rejected at \(rejection.at.rfc3339): \(rejection.reason)"
            )
        }
        if let failure = status.policy?.saveFailure {
            lines.append("the active policy is not saved for the next start: \(failure)")
        }
        if let failure = status.policy?.storeFailure {
            lines.append("the store cannot be used, and nothing can be changed: \(failure)")
        }
        if let end = status.managementCertificate?.expiresAt, end <= .systemTime {
            lines.append(
                "the certificate of the management address expired at \(end.rfc3339) (replace it and"
                    + " reload)"
            )
        }
        if let failure = status.names?.listenFailure { lines.append(failure) }
        if let updates = status.names?.updates, let failure = updates.failure {
            lines.append("name server \(updates.server) is not up to date: \(failure)")
        }
        for listener in status.listeners {
            if let failure = listener.failure {
                lines.append("outbound listener \(listener.address) is not open: \(failure)")
            }
            if let learning = listener.redirectLearning, let failure = learning.failure {
                let since = learning.failingSince.map { " since \($0.rfc3339)" } ?? ""
                let warehouse = listener.warehouse ?? "-"
                lines.append(
                    "redirect targets of \(warehouse) (\(learning.service)) cannot be learned"
                        + "\(since): \(failure); "
                        + learning.consequence(hasTargets: listener.redirectTargets != nil)
                )
            }
            lines += targetTroubles(of: listener)
            guard let end = listener.shadowUntil, end > .systemTime else { continue }
            lines.append(
                "listener \(listener.address) is in shadow mode until \(end.rfc3339): it has admitted"
                    + " \(listener.shadowed.of("client")) that no entry of the whitelist matches"
            )
        }
        if !status.awaitingRestart.isEmpty {
            let keys = status.awaitingRestart.joined(separator: ", ")
            lines.append("changed, but requires a restart: \(keys)")
        }
        if let failure = status.accessLogFailure {
            lines.append("access log failing: \(failure)")
        }
        if status.droppedAccessLogLines > 0 {
            lines.append("access log: \(status.droppedAccessLogLines.of("line")) lost")
        }
        // Several listeners may lead to one service.
        return lines.map(LogText.harmless).reduce(into: []) { unique, line in
            if !unique.contains(line) { unique.append(line) }
        }
    }

    /// Redirect targets are not in the table of backends.
    private static func targetTroubles(of listener: ListenerStatus) -> [String] {
        let warehouse = listener.warehouse ?? "-"
        if let unusable = listener.unusableTargets {
            return [
                "no redirect target of \(warehouse) (\(unusable.service)) can be used:"
                    + " \(unusable.reason)"
            ]
        }
        let down = (listener.redirectTargets ?? []).filter { $0.health == .unhealthy }
        return down.map { target in
            let (place, reason) = (target.address ?? target.name, target.lastFailure)
            return "redirect target \(place) of \(warehouse) is down"
                + (reason.map { ": \($0)" } ?? "")
        }
    }

    /// The routes of listeners that choose between warehouses, or by what clients say.
    private static func routes(of listeners: [ListenerStatus]) -> String {
        let rows = listeners.flatMap { listener in
            listener.routes == ["default"]
                ? []
                : listener.routes.map { [listener.address, $0, listener.warehouse ?? "-"] }
        }
        return rows.isEmpty ? "" : Columns(["LISTENER", "ROUTE", "WAREHOUSE"], rows).description
    }

    /// `http (follow)` of a listener that reads requests.
    private static func protocolCell(of listener: ListenerStatus) -> String {
        let mode = listener.http.map { " (\($0.mode.rawValue))" } ?? ""
        return listener.protocol.rawValue + mode
    }

    private static func table(of listeners: [ListenerStatus]) -> String {
        let headings: [Columns.Heading] = [
            "LISTENER", "WAREHOUSE", "PROTOCOL", "LINK", "TLS", .number("OPEN"),
            .number("ADMITTED"),
            .number("DENIED"), .number("IN"), .number("OUT"),
        ]
        let rows = listeners.map { listener in
            [
                listener.address, listener.warehouse ?? "-", protocolCell(of: listener),
                listener.link.rawValue, listener.tls.rawValue, "\(listener.activeConnections)",
                "\(listener.admitted)",
                "\(listener.denied.values.reduce(0, &+))", listener.bytesIn.asBytes,
                listener.bytesOut.asBytes,
            ]
        }
        return Columns(headings, rows).description
    }
}

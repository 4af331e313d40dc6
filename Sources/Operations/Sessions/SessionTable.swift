import Addresses
import Policy
import Text

/// Running sessions as a table for people: what `sluice sessions` prints.
package struct SessionTable: CustomStringConvertible {
    package let description: String

    package init(_ list: SessionList) {
        let headings: [Columns.Heading] = [
            .number("CONNECTION"), "WAREHOUSE", "LISTENER", "CLIENT", "ENDPOINT", "RULE", "BACKEND",
            .number("AGE"), .number("IDLE"), .number("IN"), .number("OUT"),
        ]
        let rows = list.sessions.map { session in
            [
                "\(session.connection)", session.warehouse, session.listener,
                session.client.description, session.endpoint?.description ?? "-",
                session.rule?.description ?? "-", session.backend?.description ?? "-",
                session.durationMilliseconds.asMilliseconds,
                session.idleMilliseconds.asMilliseconds, session.bytesIn.asBytes,
                session.bytesOut.asBytes,
            ]
        }
        let missing = list.total - list.sessions.count
        let rest = missing > 0 ? "\nand \(missing) more (raise --limit to show them)" : ""
        description =
            rows.isEmpty && missing == 0
            ? "no sessions\n" : "\(Columns(headings, rows))\(rest)\n"
    }
}

/// Closed sessions for people: what `sluice sessions close` prints.
package struct ClosedSessionsText: CustomStringConvertible {
    package let description: String

    package init(_ result: ClosedSessions) {
        let table =
            result.sessions.isEmpty
            ? "" : "\(SessionTable(SessionList(sessions: result.sessions, total: result.closed)))"
        let remaining =
            result.remaining > 0
            ? "; \(result.remaining) more \(result.remaining == 1 ? "matches" : "match")" : ""
        description = "\(table)closed \(result.closed.of("session"))\(remaining)\n"
    }
}

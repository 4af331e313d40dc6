import Addresses

/// Running sessions as a table for people: what `sluice sessions` prints.
public struct SessionTable: CustomStringConvertible {
    public let description: String

    public init(_ list: SessionList) {
        let header = [
            "CONNECTION", "WAREHOUSE", "LISTENER", "CLIENT", "ENDPOINT", "RULE", "BACKEND", "AGE",
            "IDLE", "IN", "OUT",
        ]
        let rows = list.sessions.map { session in
            [
                "\(session.connection)", session.warehouse, session.listener,
                session.client.description, session.endpoint?.id ?? "-",
                session.rule?.description ?? "-", session.backend?.description ?? "-",
                session.durationMilliseconds.asMilliseconds,
                session.idleMilliseconds.asMilliseconds, session.bytesIn.asBytes,
                session.bytesOut.asBytes,
            ]
        }
        let missing = list.total - list.sessions.count
        let rest = missing > 0 ? "\nand \(missing) more; --limit shows them" : ""
        description =
            rows.isEmpty && missing == 0
            ? "no session\n" : "\(Columns([header] + rows))\(rest)\n"
    }
}

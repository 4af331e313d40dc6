package import Text

/// Who is connected now.
package struct SessionsPage: ConsolePage {
    package static let template = "sessions"

    struct Row: Sendable {
        let connection: String
        let client: String
        let introducedBy: String
        let endpoint: String
        let service: String
        let backend: String
        let admittedBy: String
        let since: String
        let duration: String
        let idle: String
        let received: String
        let sent: String
        /// By which rows are sorted.
        let durationMs: Int
        let idleMs: Int
        let receivedBytes: Int
        let sentBytes: Int
        let closePath: String
        let mayClose: Bool
    }

    package let title = "Sessions"
    package let events: String? = "sessions"
    let warehouse: String
    let warehouseName: String
    let rows: [Row]
    let total: String
    let isShortened: Bool
    let shown: String
    let text: String
    let emptyText: String
    let mayClose: Bool

    /// - Parameters:
    ///   - answer: of `GET /v1/sessions`.
    ///   - text: what rows must contain.
    package init(warehouse: JSONValue, sessions answer: JSONValue, me: JSONValue, text: String) {
        let name = WarehouseName(warehouse)
        let id = name?.id ?? ""
        let mayClose = Rights(me).mayOperate
        self.warehouse = id
        warehouseName = name?.short ?? id
        self.mayClose = mayClose
        self.text = text
        let all = answer["sessions"]?.array?.map { Row($0, of: id, mayClose: mayClose) } ?? []
        rows = all.filter { $0.contains(text) }
        let count = answer["total"]?.int ?? all.count
        total = count.grouped
        isShortened = all.count < count
        shown = rows.count.grouped
        emptyText =
            text.isEmpty
            ? "Nobody is connected. Admitted connections are listed here while they last."
            : "No session matches “\(text)”."
    }
}

extension SessionsPage.Row {
    init(_ session: JSONValue, of warehouse: String, mayClose: Bool) {
        let number = session["connection"]?.int ?? 0
        connection = "\(number)"
        client = session["client"]?.string ?? ""
        let proxies = session["introducedBy"]?.array?.compactMap(\.string) ?? []
        introducedBy = proxies.isEmpty ? "" : "via \(proxies.joined(separator: ", "))"
        endpoint = session["endpoint"]?.endpointName ?? ""
        service = [session["protocol"]?.string, session["link"]?.string].compactMap(\.self)
            .joined(separator: ", ")
        backend = session["backend"]?.string ?? ""
        admittedBy = session["rule"]?.string ?? endpoint
        since = session["startedAt"]?.string ?? ""
        durationMs = session["durationMilliseconds"]?.int ?? 0
        duration = Shown.duration(milliseconds: durationMs)
        idleMs = session["idleMilliseconds"]?.int ?? 0
        idle = Shown.duration(milliseconds: idleMs)
        receivedBytes = session["bytesIn"]?.int ?? 0
        received = Shown.bytes(receivedBytes)
        sentBytes = session["bytesOut"]?.int ?? 0
        sent = Shown.bytes(sentBytes)
        closePath =
            "/v1/sessions?warehouse=\(warehouse.percentEncoded)&connection=\(number)"
        self.mayClose = mayClose
    }

    fileprivate func contains(_ text: String) -> Bool {
        guard !text.isEmpty else { return true }
        let wanted = text.lowercased()
        return [client, introducedBy, endpoint, service, backend, admittedBy]
            .contains { $0.lowercased().contains(wanted) }
    }
}

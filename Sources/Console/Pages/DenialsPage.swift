package import Text

/// Who was denied, and why.
package struct DenialsPage: ConsolePage {
    package static let template = "denials"

    struct Row: Sendable {
        let key: String
        let source: String
        /// As an entry would have it.
        let address: String
        let reason: String
        let detail: String
        let tone: String
        let place: String
        let count: String
        let firstSeen: Moment?
        let lastSeen: Moment?
        let explainPath: String
        let mayAllow: Bool
        /// Where an endpoint is decided on; `nil` if it was not the reason.
        let decidePath: String?
    }

    package let title = "Denials"
    package let events: String? = "denials"
    let warehouse: String
    let warehouseName: String
    let rows: [Row]
    let shown: String
    let total: String
    let isShortened: Bool
    let text: String
    let emptyText: String
    let mayChange: Bool
    let apiPath: String

    /// - Parameter answer: of `GET /v1/denials`.
    package init(warehouse: JSONValue, denials answer: JSONValue, me: JSONValue, text: String) {
        let name = WarehouseName(warehouse)
        let id = name?.id ?? ""
        self.warehouse = id
        warehouseName = name?.short ?? id
        mayChange = Rights(me).mayOperate
        self.text = text
        apiPath = "/v1/warehouses/\(id.percentEncoded)/whitelist"
        let mayAllow = mayChange
        let all = answer["denials"]?.array?.map { Row($0, of: id, mayAllow: mayAllow) } ?? []
        rows = all.filter { $0.contains(text) }
        shown = rows.count.grouped
        let count = answer["total"]?.int ?? all.count
        total = count.grouped
        isShortened = all.count < count
        emptyText =
            text.isEmpty
            ? "Nobody was denied recently. Denied clients are listed here, with the reason."
            : "No denial matches “\(text)”."
    }
}

extension DenialsPage.Row {
    init(_ denial: JSONValue, of warehouse: String, mayAllow: Bool) {
        source = denial["source"]?.string ?? ""
        let isHost = source.hasSuffix("/32") || source.hasSuffix("/128")
        address = isHost ? String(source.prefix { $0 != "/" }) : source
        let word = denial["reason"]?.string ?? ""
        reason = Shown.reason(word)
        detail = denial["detail"]?.string ?? ""
        let isShadow = denial["shadow"] == true
        tone = isShadow ? "warn" : "bad"
        let endpoint = denial["endpoint"]?.endpointName
        place = endpoint ?? denial["listener"]?.string ?? ""
        key = [source, word, place].joined(separator: " ")
        count = (denial["count"]?.int ?? 0).grouped
        firstSeen = denial["firstSeen"]?.moment
        lastSeen = denial["lastSeen"]?.moment
        let query =
            ["source=\(address.percentEncoded)"]
            + (endpoint.map { ["endpoint=\($0.percentEncoded)"] } ?? [])
        explainPath =
            ConsolePath.warehouse(warehouse) + "/explain?" + query.joined(separator: "&")
        self.mayAllow = mayAllow && word == "notInWhitelist"
        decidePath =
            mayAllow && ["unknownEndpoint", "endpointPendingAcceptance"].contains(word)
            ? ConsolePath.warehouse(warehouse) + "/private-link" : nil
    }

    fileprivate func contains(_ text: String) -> Bool {
        guard !text.isEmpty else { return true }
        let wanted = text.lowercased()
        return [source, reason, detail, place].contains { $0.lowercased().contains(wanted) }
    }
}

package import Text

/// What the policy says of one client, and which rule decides.
package struct ExplainPage: ConsolePage {
    package static let template = "explain"

    struct Verdict: Sendable {
        let word: String
        let tone: String
        let listener: String
        let service: String
        let rule: String
        let sentence: String
    }

    package let title = "Explain"
    package let events: String? = nil
    let warehouse: String
    let warehouseName: String
    let source: String
    let endpoint: String
    let ownAddress: String?
    let wasAsked: Bool
    let failure: String?
    let verdicts: [Verdict]
    let entries: [WhitelistRow]

    /// - Parameters:
    ///   - source, endpoint: as they were typed.
    ///   - answer: of `GET /v1/explain`; `nil` if nothing was asked.
    ///   - near: entries that contain the source, as the API answers them.
    ///   - failure: why there is no answer.
    package init(
        warehouse: JSONValue,
        me: JSONValue,
        source: String,
        endpoint: String,
        answer: JSONValue?,
        near: [JSONValue],
        failure: String?
    ) {
        let name = WarehouseName(warehouse)
        let id = name?.id ?? ""
        self.warehouse = id
        warehouseName = name?.short ?? id
        self.source = source
        self.endpoint = endpoint
        self.failure = failure
        ownAddress = me["address"]?.string
        wasAsked = answer != nil
        verdicts = answer?.array?.map { Verdict($0) } ?? []
        entries = near.map { WhitelistRow($0, of: id, mayChange: false) }
    }
}

extension ExplainPage.Verdict {
    init(_ verdict: JSONValue) {
        let isAllowed = verdict["verdict"]?.string == "allow"
        word = isAllowed ? "Allowed" : "Denied"
        tone = isAllowed ? "good" : "bad"
        listener = verdict["listener"]?.string ?? ""
        service = [verdict["protocol"]?.string, verdict["link"]?.string].compactMap(\.self)
            .joined(separator: ", ")
        rule = verdict["rule"]?.string ?? verdict["endpoint"]?.endpointName ?? ""
        sentence =
            verdict["message"]?.string ?? verdict["description"]?.string
            ?? verdict["reason"]?.string.map(Shown.reason) ?? ""
    }
}

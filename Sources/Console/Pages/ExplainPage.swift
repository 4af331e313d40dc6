package import Text

/// What the policy says of one client, and which rule decides.
package struct ExplainPage: ConsolePage {
    package static let template = "explain"

    struct Verdict: Sendable {
        let word: String
        let tone: String
        let listener: String
        let service: String
        let route: String
        let rule: String
        let sentence: String
    }

    /// What was typed.
    package struct Question: Sendable {
        package let source: String
        let endpoint: String
        let serverName: String
        let host: String
        let user: String
        let database: String
        let attribute: String

        /// - Parameter parameter: of the page's address, by its name.
        package init(_ parameter: (String) -> String) {
            source = parameter("source")
            endpoint = parameter("endpoint")
            serverName = parameter("serverName")
            host = parameter("host")
            user = parameter("user")
            database = parameter("database")
            attribute = parameter("attribute")
        }

        /// For the API, which takes what is empty for missing.
        package var parameters: [(String, String)] {
            [
                ("source", source), ("endpoint", endpoint), ("serverName", serverName),
                ("host", host), ("user", user), ("database", database), ("attribute", attribute),
            ]
        }

        /// Whether the client says where it wants to go.
        var hasClaims: Bool {
            ![serverName, host, user, database, attribute].allSatisfy(\.isEmpty)
        }
    }

    package let title = "Explain"
    package let events: String? = nil
    let warehouse: String
    let warehouseName: String
    let question: Question
    let hasClaims: Bool
    let ownAddress: String?
    let wasAsked: Bool
    let failure: String?
    let verdicts: [Verdict]
    let entries: [WhitelistRow]

    /// - Parameters:
    ///   - answer: of `GET /v1/explain`; `nil` if nothing was asked.
    ///   - near: entries that contain the source, as the API answers them.
    ///   - failure: why there is no answer.
    package init(
        warehouse: JSONValue,
        me: JSONValue,
        question: Question,
        answer: JSONValue?,
        near: [JSONValue],
        failure: String?
    ) {
        let name = WarehouseName(warehouse)
        let id = name?.id ?? ""
        self.warehouse = id
        warehouseName = name?.short ?? id
        self.question = question
        hasClaims = question.hasClaims
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
        let tls = verdict["tls"]?.string ?? "off"
        let http = verdict["http"]?.string ?? "pass"
        service = [
            verdict["protocol"]?.string, verdict["link"]?.string, tls == "off" ? nil : "tls \(tls)",
            http == "pass" ? nil : "http \(http)",
        ].compactMap(\.self).joined(separator: ", ")
        route = verdict["route"]?.string ?? ""
        rule = verdict["rule"]?.string ?? verdict["endpoint"]?.endpointName ?? ""
        if let other = verdict["leadsTo"]?.string {
            sentence = "It leads to the warehouse \(other)."
            return
        }
        sentence =
            verdict["message"]?.string ?? verdict["description"]?.string
            ?? verdict["reason"]?.string.map(Shown.reason) ?? ""
    }
}

package import Text

/// Who may reach a warehouse from the internet, and how they connect.
package struct PublicLinkPage: ConsolePage {
    package static let template = "public-link"

    /// What the page needs of the API.
    package struct Answers: Sendable {
        /// `GET /v1/warehouses/{id}`
        package var warehouse: JSONValue
        /// `GET …/connections`
        package var connections: JSONValue
        /// `GET …/whitelist`
        package var whitelist: JSONValue
        /// `GET …/whitelist/entries`
        package var entries: ListAnswer
        /// `GET …/connection-examples?link=public`; `nil` if there is no public link.
        package var examples: JSONValue?
        /// `GET /v1/explain` of the person's own address; `nil` if it is not known.
        package var explanation: JSONValue?

        package init(
            warehouse: JSONValue,
            connections: JSONValue,
            whitelist: JSONValue,
            entries: ListAnswer,
            examples: JSONValue?,
            explanation: JSONValue?
        ) {
            self.warehouse = warehouse
            self.connections = connections
            self.whitelist = whitelist
            self.entries = entries
            self.examples = examples
            self.explanation = explanation
        }
    }

    struct Port: Sendable {
        let title: String
        let port: Int
    }

    struct Mode: Sendable {
        let word: String
        let tone: String
        let sentence: String
    }

    struct ModeChoice: Sendable {
        let value: String
        let title: String
        let text: String
        let isChosen: Bool
    }

    struct OwnAddress: Sendable {
        let address: String
        let verdict: String
        let mayAdd: Bool
    }

    struct ListChoice: Sendable {
        let name: String
        let title: String
        let count: String
        let isChosen: Bool
    }

    struct Method: Sendable {
        let id: String
        let title: String
        let text: String
        let copyText: String
    }

    struct Filter: Sendable {
        let text: String
        let list: String
    }

    package let title = "Public Link"
    package let events: String? = "changes,status"
    let warehouse: String
    let warehouseName: String
    let host: String?
    let ports: [Port]
    let user = "admin"
    let mode: Mode
    let modes: [ModeChoice]
    let warnings: [String]
    let ownAddress: OwnAddress?
    let lists: [ListChoice]
    let filter: Filter
    let entries: [WhitelistRow]
    let emptyText: String
    let pages: Paging
    let methods: [Method]
    let apiPath: String
    let importPath: String
    let mayChange: Bool
    let mayResetPassword: Bool

    /// - Parameter filter: what of the whitelist is shown.
    package init(
        _ answers: Answers,
        me: JSONValue,
        filter: (text: String, list: String)
    ) {
        let rights = Rights(me)
        let name = WarehouseName(answers.warehouse)
        let id = name?.id ?? ""
        let path = ConsolePath.warehouse(id) + "/public-link"
        warehouse = id
        warehouseName = name?.short ?? id
        let publicLink = answers.connections["publicConnection"]
        host = publicLink?["host"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        ports = [
            ("MySQL protocol port", publicLink?["jdbcPort"]?.int),
            ("HTTP protocol port", publicLink?["httpPort"]?.int),
            ("Cluster port", Self.clusterPort(answers.connections)),
        ].compactMap { title, port in port.map { Port(title: title, port: $0) } }
        let count = answers.whitelist["lists"]?.array?.reduce(0) { $0 + ($1["count"]?.int ?? 0) }
        let word = answers.whitelist["mode"]?.string ?? "specific"
        mode = Mode(word, entryCount: count ?? 0)
        modes = ModeChoice.all(chosen: word)
        warnings = answers.whitelist["warnings"]?.array?.compactMap(\.string) ?? []
        mayChange = rights.mayOperate
        mayResetPassword = rights.mayAdminister
        ownAddress = OwnAddress(
            me["address"]?.string,
            answers.explanation,
            mayChange: rights.mayOperate
        )
        lists = answers.whitelist["lists"]?.array?.map { ListChoice($0, chosen: filter.list) } ?? []
        self.filter = Filter(text: filter.text, list: filter.list)
        entries = answers.entries.items.map { entry in
            WhitelistRow(entry, of: id, mayChange: rights.mayOperate)
        }
        emptyText =
            filter.text.isEmpty
            ? "No entries. Addresses and blocks that may connect are listed here."
            : "Nothing matches “\(filter.text)”."
        pages = Paging(
            answers.entries,
            path: path,
            query: [("text", filter.text), ("list", filter.list)]
        )
        methods = answers.examples?["examples"]?.array?.compactMap { Method($0) } ?? []
        apiPath = "/v1/warehouses/\(id.percentEncoded)/whitelist"
        importPath = path + "/import"
    }

    private static func clusterPort(_ connections: JSONValue) -> Int? {
        connections["computeClusters"]?.array?.lazy.compactMap { $0["clusterPort"]?.int }.first
    }
}

extension PublicLinkPage.Mode {
    init(_ word: String, entryCount: Int) {
        switch word {
        case "anywhere":
            self.init(
                word: "Anywhere",
                tone: "warn",
                sentence: "Every address may connect, but for those that an entry denies."
            )
        case "nowhere":
            self.init(
                word: "Nowhere",
                tone: "off",
                sentence: "No address may connect over the public link."
            )
        default:
            let entries = entryCount == 1 ? "1 entry" : "\(entryCount.grouped) entries"
            self.init(
                word: "Specific locations",
                tone: "good",
                sentence: "Only addresses in the list may connect: \(entries)."
            )
        }
    }
}

extension PublicLinkPage.ModeChoice {
    static func all(chosen: String) -> [Self] {
        [
            ("anywhere", "Anywhere", "Every address, but for those that an entry denies."),
            ("nowhere", "Nowhere", "No address. Private links are not affected."),
            ("specific", "Specific locations", "The addresses in the list, and no others."),
        ].map { Self(value: $0, title: $1, text: $2, isChosen: $0 == chosen) }
    }
}

extension PublicLinkPage.OwnAddress {
    /// - Parameter explanation: as `GET /v1/explain` answers: one for each listener.
    init?(_ address: String?, _ explanation: JSONValue?, mayChange: Bool) {
        guard let address else { return nil }
        let verdicts =
            explanation?.array?.filter { $0["link"]?.string == "public" }
            .compactMap { $0["verdict"]?.string } ?? []
        let isAllowed = !verdicts.isEmpty && verdicts.allSatisfy { $0 == "allow" }
        self.address = address
        verdict = isAllowed ? "may connect" : "may not connect"
        mayAdd = mayChange && !isAllowed
    }
}

extension PublicLinkPage.ListChoice {
    init(_ list: JSONValue, chosen: String) {
        let name = list["list"]?.string ?? ""
        self.init(
            name: name,
            title: WhitelistRow.title(ofList: name),
            count: (list["count"]?.int ?? 0).grouped,
            isChosen: name == chosen
        )
    }
}

extension PublicLinkPage.Method {
    init?(_ example: JSONValue) {
        guard let id = example["client"]?.string, let title = example["title"]?.string,
            let text = example["text"]?.string
        else { return nil }
        self.init(
            id: id,
            title: title,
            text: text,
            copyText: example["copyText"]?.string ?? text
        )
    }
}

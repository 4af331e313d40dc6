package import Text

/// Who may reach a warehouse from the internet, and how they connect.
package struct PublicLinkPage: ConsolePage {
    package static let template = "public-link"

    /// What the page needs of the API.
    package struct Answers: Sendable {
        /// `GET /v1/warehouses/{id}`
        package var warehouse: JSONValue
        /// `GET …/whitelist`
        package var whitelist: JSONValue
        /// `GET …/whitelist/entries`
        package var entries: ListAnswer
        /// `GET …/connection-examples?link=public`; `nil` if there is no public link.
        package var examples: JSONValue?
        /// `GET /v1/explain` of the person's own address; `nil` if it is not known.
        package var explanation: JSONValue?
        /// The notices that stand, as `GET /v1/notices` answers them.
        package var standing: [JSONValue]
        /// `GET …/whitelist/check`; `nil` if the whitelist is too long to be checked for a page.
        package var findings: JSONValue?

        package init(
            warehouse: JSONValue,
            whitelist: JSONValue,
            entries: ListAnswer,
            examples: JSONValue?,
            explanation: JSONValue?,
            standing: [JSONValue] = [],
            findings: JSONValue? = nil
        ) {
            self.warehouse = warehouse
            self.whitelist = whitelist
            self.entries = entries
            self.examples = examples
            self.explanation = explanation
            self.standing = standing
            self.findings = findings
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

    /// Entries that are doubtful: the first of them.
    struct Doubts: Sendable {
        let title: String
        let items: [Doubt]
        let omitted: String?
    }

    struct Doubt: Sendable {
        let key: String
        let cidr: String
        let word: String
        let message: String
        let lastHit: Moment?
        /// `nil` if it cannot be removed here.
        let removal: WhitelistRow.Actions?
    }

    struct Filter: Sendable {
        let text: String
        let list: String
    }

    package let title = "Public Link"
    package let events: String? = "changes"
    let warehouse: String
    let warehouseName: String
    let host: String?
    let ports: [Port]
    let user: String
    /// Whether the warehouse's password is the gateway's to set.
    let hasPassword: Bool
    let mode: Mode
    let modes: [ModeChoice]
    let warnings: [String]
    let ownAddress: OwnAddress?
    let lists: [ListChoice]
    let filter: Filter
    let entries: [WhitelistRow]
    let emptyText: String
    let pages: Paging
    /// Those that most people use; the others are folded.
    let methods: [Method]
    let otherMethods: [Method]
    /// Clients that cannot connect, and why.
    let unavailable: [UnavailableMethod]
    /// Whether an example names the file of an authority.
    let usesAuthority: Bool
    let doubts: Doubts?
    /// Whether all entries are on this page, so that they can be sorted here.
    let isComplete: Bool
    let maySelect: Bool
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
        host = answers.examples?["host"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let httpPort = answers.examples?["httpPort"]?.int
        ports = [
            ("MySQL protocol port", answers.examples?["mysqlPort"]?.int),
            ("HTTP protocol port", httpPort),
            // Loads go through the same listener, to whichever node takes them.
            ("Cluster port (stream load)", httpPort),
            ("TCP port", answers.examples?["tcpPort"]?.int),
        ].compactMap { title, port in port.map { Port(title: title, port: $0) } }
        let count = answers.whitelist["lists"]?.array?.reduce(0) { $0 + ($1["count"]?.int ?? 0) }
        let word = answers.whitelist["mode"]?.string ?? "specific"
        let isOpen = answers.standing.contains { notice in
            notice["kind"]?.string == "policyOpen" && notice["warehouse"]?.string == id
        }
        mode = isOpen && word != "anywhere" ? .open : Mode(word, entryCount: count ?? 0)
        modes = ModeChoice.all(chosen: word)
        doubts = answers.findings.flatMap { Doubts($0, of: id, mayChange: rights.mayOperate) }
        // The findings say the same, and more.
        warnings =
            answers.findings == nil
            ? answers.whitelist["warnings"]?.array?.compactMap(\.string) ?? [] : []
        mayChange = rights.mayOperate
        user = answers.examples?["user"]?.string ?? "admin"
        hasPassword = answers.examples?["passwordCanBeSet"] == true
        mayResetPassword = rights.mayAdminister && hasPassword
        ownAddress = OwnAddress(
            me["address"]?.string,
            answers.explanation,
            // Where nobody may connect, an entry admits nobody.
            mayChange: rights.mayOperate && word != "nowhere"
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
        isComplete = answers.entries.total == answers.entries.items.count
        maySelect = entries.contains { $0.actions != nil }
        let examples = answers.examples?["examples"]?.array?.compactMap { Method($0) } ?? []
        let isCommon = { (method: Method) in ["mysql", "jdbc", "http"].contains(method.id) }
        methods = examples.filter(isCommon)
        otherMethods = examples.filter { !isCommon($0) }
        usesAuthority = examples.contains(where: \.usesAuthority)
        unavailable =
            answers.examples?["unavailable"]?.array?.compactMap { UnavailableMethod($0) } ?? []
        apiPath = "/v1/warehouses/\(id.percentEncoded)/whitelist"
        importPath = path + "/import"
    }
}

extension PublicLinkPage.Mode {
    /// Specific locations that are everywhere.
    fileprivate static let open = Self(
        word: "Open to the world",
        tone: "warn",
        sentence:
            "The entries in the list admit every address, or nearly every one. Remove or narrow"
            + " them, so that only those can connect who have to."
    )

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

extension PublicLinkPage.Doubts {
    /// More than these are a matter for `sluice whitelist check`.
    private static let limit = 50

    /// - Parameter findings: as `GET …/whitelist/check` answers; `nil` follows from none.
    init?(_ findings: JSONValue, of warehouse: String, mayChange: Bool) {
        let all = findings["findings"]?.array ?? []
        let total = findings["total"]?.int ?? all.count
        guard !all.isEmpty else { return nil }
        title = total == 1 ? "1 entry is doubtful" : "\(total.grouped) entries are doubtful"
        items = all.prefix(Self.limit).map {
            PublicLinkPage.Doubt($0, of: warehouse, mayChange: mayChange)
        }
        omitted =
            total > items.count
            ? "The first \(items.count) are listed. `sluice whitelist check` lists all." : nil
    }
}

extension PublicLinkPage.Doubt {
    init(_ finding: JSONValue, of warehouse: String, mayChange: Bool) {
        let row = WhitelistRow(finding, of: warehouse, mayChange: mayChange)
        key = row.key
        cidr = row.cidr
        word =
            switch finding["kind"]?.string ?? "" {
            case "duplicate": "Duplicate"
            case "contradicted": "Contradicted"
            case "covered": "Covered"
            case "shadowed": "Shadowed"
            case "alreadyDenied": "Already denied"
            case "alreadyAllowed": "Already allowed"
            case "unused": "Unused"
            default: "Doubtful"
            }
        message = finding["message"]?.string ?? ""
        lastHit = row.lastHit
        removal = row.actions
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
    var usesAuthority: Bool { text.contains("ca.pem") }

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

/// A client for which there is no example.
struct UnavailableMethod: Sendable {
    let title: String
    let reason: String

    init?(_ client: JSONValue) {
        guard let title = client["title"]?.string, let reason = client["reason"]?.string else {
            return nil
        }
        (self.title, self.reason) = (title, reason)
    }
}

package import Text

/// What is around each page: where one is, where one can go, and as whom.
package struct Frame: Sendable {
    /// One that a person may see.
    struct WarehouseChoice: Sendable {
        let label: String
        let path: String
        let isCurrent: Bool
    }

    struct Group: Sendable {
        let title: String?
        let places: [Place]
    }

    struct Place: Sendable {
        let title: String
        let path: String
        let isCurrent: Bool
        /// After `g`, on the keyboard.
        let key: String?
        /// Of what waits there for a person; `nil` for nothing.
        var count: Int?
        var tone = "warn"
    }

    /// The id of the current one; `nil` on pages that are not of one.
    let warehouse: String?
    /// Where one is, for the window's title.
    let place: String?
    let warehouses: [WarehouseChoice]
    let groups: [Group]
    /// Who is signed in.
    let person: String
    /// What they may do, as a sentence.
    let rights: String
    let hasAccount: Bool
    /// Places that have a key. Stored: templates see no computed properties.
    let shortcuts: [Place]
    private let mayFollowChanges: Bool

    /// - Parameters:
    ///   - path: of the page.
    ///   - me: as `GET /v1/me` answers.
    ///   - all: as `GET /v1/warehouses` answers.
    ///   - warehouse: the page's; `nil` if it is of none.
    package init(path: String, me: JSONValue, warehouses all: [JSONValue], warehouse: String?) {
        let choices = all.compactMap { WarehouseName($0) }
        let current = choices.first { $0.id == warehouse } ?? choices.first
        self.warehouse = warehouse
        place = choices.first { $0.id == warehouse }?.label
        self.warehouses = choices.map { choice in
            WarehouseChoice(
                label: choice.label,
                path: ConsolePath.switching(path, to: choice.id),
                isCurrent: choice.id == current?.id
            )
        }
        groups = Self.groups(path, current?.id, Rights(me))
        shortcuts = groups.flatMap(\.places).filter { $0.key != nil }
        person = me["name"]?.string ?? "?"
        rights = Rights(me).sentence
        hasAccount = me["kind"]?.string == "account"
        mayFollowChanges = Rights(me).mayAdministerAll
    }

    /// Those of a page's events that the person may follow: changes are those of the activity, and the
    /// API refuses them together with all others.
    func followed(_ events: String?) -> String? {
        guard let events, !mayFollowChanges else { return events }
        let rest = events.split(separator: ",").filter { $0 != "changes" }
        return rest.isEmpty ? nil : rest.joined(separator: ",")
    }

    private static func groups(_ path: String, _ warehouse: String?, _ rights: Rights) -> [Group] {
        func place(_ title: String, _ target: String, _ key: String?) -> Place {
            let isCurrent = path == target || path.hasPrefix(target + "/")
            return Place(title: title, path: target, isCurrent: isCurrent, key: key)
        }
        var groups: [Group] = []
        if let warehouse {
            let root = ConsolePath.warehouse(warehouse)
            groups.append(
                Group(title: nil, places: [place("Overview", "\(root)/overview", "o")])
            )
            groups.append(
                Group(
                    title: "Connections",
                    places: [
                        place("Public Link", "\(root)/public-link", "p"),
                        place("Private Link", "\(root)/private-link", "v"),
                    ]
                )
            )
            groups.append(
                Group(
                    title: "Clients",
                    places: [
                        place("Sessions", "\(root)/sessions", "s"),
                        place("Denials", "\(root)/denials", "d"),
                        place("Explain", "\(root)/explain", "e"),
                    ]
                )
            )
        }
        if rights.mayAdministerAll {
            let isSettings = path.hasPrefix("\(ConsolePath.root)/settings")
            let settings = Place(
                title: "Settings",
                path: "\(ConsolePath.root)/settings/keys",
                isCurrent: isSettings,
                key: "c"
            )
            groups.append(
                Group(
                    title: "Gateway",
                    places: [
                        place("Activity", "\(ConsolePath.root)/activity", "a"),
                        settings,
                    ]
                )
            )
        }
        return groups
    }
}

/// What a person may do.
package struct Rights: Sendable {
    private let role: String
    private let warehouses: [String]?

    /// - Parameter me: as `GET /v1/me` answers.
    package init(_ me: JSONValue) {
        role = me["role"]?.string ?? "read"
        warehouses = me["warehouses"]?.array?.compactMap(\.string)
    }

    package var mayOperate: Bool { role == "operate" || role == "administer" }
    /// Of all warehouses.
    var mayOperateAll: Bool { mayOperate && warehouses == nil }
    var mayAdminister: Bool { role == "administer" }
    /// Of all warehouses.
    package var mayAdministerAll: Bool { mayAdminister && warehouses == nil }

    var sentence: String {
        let verb =
            switch role {
            case "administer": "May administer"
            case "operate": "May operate"
            default: "May read"
            }
        return warehouses.map { "\(verb) \($0.joined(separator: ", "))." } ?? "\(verb) everything."
    }
}

/// A warehouse as people know it.
struct WarehouseName: Sendable {
    let id: String
    private let name: String?

    init?(_ warehouse: JSONValue) {
        guard let id = warehouse["warehouseId"]?.string else { return nil }
        self.id = id
        let name = warehouse["name"]?.string
        self.name = name == id ? nil : name
    }

    var label: String { name.map { "\($0) (\(id))" } ?? id }
    var short: String { name ?? id }
}

/// Where pages are.
package enum ConsolePath {
    package static let root = "/console"
    package static let signIn = "/console/sign-in"
    package static let account = "/console/account"

    package static func warehouse(_ id: String) -> String {
        "\(root)/warehouses/\(id.percentEncoded)"
    }

    /// The same page of another warehouse; the first page if this one is not of a warehouse.
    static func switching(_ path: String, to id: String) -> String {
        let parts = path.split(separator: "/")
        guard parts.count > 3, parts[1] == "warehouses" else {
            return warehouse(id) + "/overview"
        }
        // What follows may be something that the other one does not have.
        return "\(warehouse(id))/\(parts[3])"
    }
}

import Text

/// The parts of the settings.
struct SettingsSection: Sendable {
    let title: String
    let path: String
    let isCurrent: Bool

    static func all(current: String) -> [SettingsSection] {
        [
            ("Keys", "keys"), ("Accounts", "accounts"), ("Notices", "notices"),
            ("Gateway", "gateway"),
        ]
        .map { title, name in
            SettingsSection(
                title: title,
                path: "\(ConsolePath.root)/settings/\(name)",
                isCurrent: name == current
            )
        }
    }
}

extension Shown {
    static func role(_ word: String?) -> String {
        switch word {
        case "administer"?: "Administer"
        case "operate"?: "Operate"
        case "lease"?: "Lease"
        default: "Read"
        }
    }

    static func warehouses(_ list: JSONValue?) -> String {
        list?.array?.compactMap(\.string).joined(separator: ", ") ?? "All"
    }
}

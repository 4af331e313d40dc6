import Text

/// What a record of the audit is about, and what became of it, for people.
struct AuditSubject: Hashable {
    /// The name comes before the id.
    let target: String?
    let note: String?

    /// What these families' records are about has a name of its own in addition to the id.
    private static let families = ["account", "key", "webhook"]

    /// How fields are called, and what their absence means.
    private static let fields: [(key: String, label: String, absent: String)] = [
        ("name", "name", "-"), ("enabled", "enabled", "-"), ("role", "role", "-"),
        ("kinds", "kinds", "all"), ("warehouses", "warehouses", "all"),
        ("expiresAt", "expires", "never"), ("allowedSources", "sources", "any"),
        ("origin", "origin", "-"), ("subject", "subject", "-"),
    ]

    init(of event: AuditEventView) {
        let family = event.action.prefix { $0 != "." }
        guard Self.families.contains(String(family)) else {
            (target, note) = (event.target, event.note)
            return
        }
        let name = (event.after?["name"] ?? event.before?["name"])?.string
        target = name.map { name in event.target.map { "\(name) (\($0))" } ?? name } ?? event.target
        let words = [event.note, Self.words(of: event)].compactMap(\.self)
        note = words.isEmpty ? nil : words.joined(separator: "; ")
    }

    private static func words(of event: AuditEventView) -> String? {
        let after = event.after
        switch event.action {
        case "account.login.fail":
            let count = after?["failures"].map { "\($0.auditText) failures" }
            let source = (after?["source"]?.string).map { "from \($0)" }
            let words = [count, source].compactMap(\.self)
            return words.isEmpty ? nil : words.joined(separator: " ")
        case "account.recoveryCode.use": return after?["remaining"].map { "\($0.auditText) left" }
        case "account.create", "key.create": return (after?["role"]?.string).map { "role \($0)" }
        default:
            guard let before = event.before, let after else { return nil }
            let changes = Self.fields.filter { before[$0.key] != after[$0.key] }.map { field in
                let texts = [before, after].map { $0[field.key]?.auditText ?? field.absent }
                return "\(field.label): \(texts.joined(separator: " -> "))"
            }
            return changes.isEmpty ? nil : changes.joined(separator: ", ")
        }
    }
}

extension JSONValue {
    fileprivate var auditText: String {
        switch self {
        case .null: "-"
        case .bool(let isTrue): isTrue ? "yes" : "no"
        case .number(let text), .string(let text): text
        case .array(let values): values.map(\.auditText).joined(separator: " ")
        case .object: text
        }
    }
}

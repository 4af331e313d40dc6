import Settings
import Store
import Text

/// A person as a provider has described them.
struct ProvidedIdentity: Hashable, Sendable {
    let issuer: String
    /// With the issuer, who they are. No other claim identifies anybody (OpenID Connect Core §5.7).
    let subject: String
    /// To be shown only.
    let name: String
    let grant: RoleGrant?

    /// - Parameters:
    ///   - subject: of a token that was checked.
    ///   - claims: of the same token.
    ///   - warehouses: that exist.
    init(
        subject: String,
        claims: JSONValue,
        _ settings: SingleSignOn,
        warehouses: Set<String>
    ) {
        issuer = settings.issuer.text
        self.subject = subject
        name = Self.shownName(claims) ?? "\(settings.name) \(subject)".shown
        grant = RoleGrant(
            of: claims.texts(of: settings.claim),
            by: settings.roles,
            warehouses: warehouses
        )
    }

    private static func shownName(_ claims: JSONValue) -> String? {
        ["preferred_username", "name", "email"].lazy
            .compactMap { claims[$0]?.string?.shown }
            .first { !$0.isEmpty }
    }
}

/// What the claims of a person give them.
struct RoleGrant: Hashable, Sendable {
    let role: Role
    /// The warehouses it is limited to; `nil` for all.
    let warehouses: Set<String>?

    /// The strongest role of the rules that match; of several rules with that role, the warehouses of
    /// all of them. A weaker rule adds nothing: its warehouses must not come with the stronger role.
    ///
    /// - Returns: `nil` if no rule matches, or only such for warehouses that do not exist.
    init?(
        of values: Set<String>,
        by rules: [SingleSignOn.RoleRule],
        warehouses known: Set<String>
    ) {
        let matches = rules.filter { rule in
            values.contains(rule.value)
                && rule.warehouses.map { !$0.isDisjoint(with: known) } != false
        }
        for role in SingleSignOn.GrantedRole.allCases.reversed() {
            let own = matches.filter { $0.role == role }
            guard !own.isEmpty else { continue }
            self.role = Role(role)
            let limits = own.compactMap(\.warehouses)
            warehouses =
                limits.count < own.count
                ? nil : limits.reduce(into: Set()) { $0.formUnion($1) }.intersection(known)
            return
        }
        return nil
    }
}

extension Role {
    fileprivate init(_ role: SingleSignOn.GrantedRole) {
        self =
            switch role {
            case .read: .read
            case .operate: .operate
            case .administer: .administer
            }
    }
}

extension JSONValue {
    /// The texts of a claim, one or a list. A name with dots is one claim or, without one of that
    /// name, a path: Keycloak's `realm_access.roles`.
    fileprivate func texts(of claim: String) -> Set<String> {
        let path = claim.split(separator: ".").map { String($0) }
        let value = self[claim] ?? path.reduce(self as JSONValue?) { $0?[$1] }
        return switch value {
        case .string(let one)?: [one]
        case .array(let several)?: Set(several.compactMap(\.string))
        default: []
        }
    }
}

extension String {
    private static let shownLimit = 64

    /// What is printable of it, as long as an account's name may be.
    fileprivate var shown: String {
        var shown = String.UnicodeScalarView()
        var byteCount = 0
        for scalar in unicodeScalars where scalar.isHarmless {
            byteCount += UTF8.width(scalar)
            guard byteCount <= Self.shownLimit else { break }
            shown.append(scalar)
        }
        let words = String(shown).split(separator: " ")
        return words.joined(separator: " ")
    }
}

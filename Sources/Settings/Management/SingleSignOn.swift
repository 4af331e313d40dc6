import Text

/// Signing in at a provider of the company, by OpenID Connect.
///
///     singleSignOn:
///       name: Company
///       issuer: https://login.example.com/realms/company
///       clientId: sluice
///       clientSecretFile: /var/lib/sluice/client-secret
///       roles:
///         - { value: dba, role: administer }
///         - { value: analysts, role: read, warehouses: [ AWVA7CM7 ] }
package struct SingleSignOn: Hashable, Sendable {
    /// What people know the provider by.
    package var name: String
    /// The provider, exactly as it names itself.
    package var issuer: WebURL
    package var clientID: String
    /// A file with the client's secret; `nil` for a public client.
    package var clientSecretFile: String?
    package var scopes = ["openid", "profile"]
    /// With which ID tokens may be signed.
    package var algorithms: Set<Algorithm> = [.rs256, .es256]
    /// The claim that roles are taken from.
    package var claim = "groups"
    /// Without a rule that matches, a person is not admitted.
    package var roles: [RoleRule]
    /// A file with the certificates that the provider's is checked against; `nil` for the system's.
    package var authorityFile: String?

    /// Signatures by a key pair (RFC 7518 §3.1, RFC 8037): none by a shared secret, which a public
    /// key could be passed off as, and no `none`.
    package enum Algorithm: String, Hashable, Sendable, CaseIterable, ConfigurationWord {
        case rs256 = "RS256"
        case rs384 = "RS384"
        case rs512 = "RS512"
        case ps256 = "PS256"
        case ps384 = "PS384"
        case ps512 = "PS512"
        case es256 = "ES256"
        case es384 = "ES384"
        case es512 = "ES512"
        case edDSA = "EdDSA"
    }

    /// What a value of the claim gives.
    package struct RoleRule: Hashable, Sendable {
        package var value: String
        package var role: GrantedRole
        /// The warehouses it is limited to; `nil` for all.
        package var warehouses: Set<String>?

        package init(value: String, role: GrantedRole, warehouses: Set<String>? = nil) {
            self.value = value
            self.role = role
            self.warehouses = warehouses
        }
    }

    /// From the weakest to the strongest.
    package enum GrantedRole: String, Hashable, Sendable, CaseIterable, ConfigurationWord {
        case read, operate, administer
    }

    package init(name: String, issuer: WebURL, clientID: String, roles: [RoleRule]) {
        self.name = name
        self.issuer = issuer
        self.clientID = clientID
        self.roles = roles
    }
}

// MARK: - Decoding

extension SingleSignOn {
    private static let ruleLimit = 1_000

    /// Reads the key `singleSignOn` of `management`.
    static func decode(_ place: Place?) -> SingleSignOn? {
        place?.mapping { fields in
            fields.guess = { entry in
                guard ["clientsecret", "secret"].contains(entry.key.lowercased()) else {
                    return nil
                }
                return KeyGuess(
                    keys: ["clientSecretFile"],
                    remedy:
                        "write the secret to a file that only the gateway's user can read, and name"
                        + " it: clientSecretFile: /var/lib/sluice/client-secret"
                )
            }
            let name: String? = fields.required("name")
            let issuerPlace = fields.requiredPlace("issuer")
            let issuer: WebURL? = issuerPlace?.scalar()
            let clientID: String? = fields.required("clientId")
            let secretFile: String? = fields.optional("clientSecretFile")
            let scopes = fields.place("scopes")?.scopes()
            let algorithms = fields.place("algorithms")?.algorithms()
            let claim: String? = fields.optional("claim")
            let roles = fields.requiredPlace("roles")?.roleRules(limit: ruleLimit)
            let authorityFile: String? = fields.optional("ca")
            if let issuer, issuer.path.contains("?") {
                issuerPlace?.error("an issuer has no query", remedy: "remove what follows the ?")
                return nil
            }
            guard let name, let issuer, let clientID, let roles else { return nil }
            var settings = SingleSignOn(
                name: name,
                issuer: issuer,
                clientID: clientID,
                roles: roles
            )
            settings.clientSecretFile = secretFile
            if let scopes { settings.scopes = scopes }
            if let algorithms { settings.algorithms = algorithms }
            if let claim { settings.claim = claim }
            settings.authorityFile = authorityFile
            return settings
        }
    }
}

extension Place {
    fileprivate func scopes() -> [String] {
        let scopes = elements().compactMap { place -> String? in
            guard let text: String = place.scalar() else { return nil }
            // RFC 6749 §3.3.
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                place.error("a scope is one word", remedy: "write one scope per element")
                return nil
            }
            return text
        }
        if !scopes.contains("openid"), !node.isIncomplete {
            error("the scope openid is missing", remedy: "add openid")
        }
        return scopes
    }

    fileprivate func algorithms() -> Set<SingleSignOn.Algorithm> {
        let algorithms = elements().compactMap { $0.scalar(SingleSignOn.Algorithm.self) }
        if isEmptySequence { error("no algorithms", remedy: "write [ RS256 ]") }
        return Set(algorithms)
    }

    fileprivate func roleRules(limit: Int) -> [SingleSignOn.RoleRule] {
        let places = elements()
        if isEmptySequence {
            warning("no roles: nobody can sign in this way", remedy: "map a group to a role")
        }
        guard places.count <= limit else {
            error("more than \(limit) rules", remedy: "use groups that cover more people")
            return []
        }
        return places.compactMap { $0.roleRule() }
    }

    private func roleRule() -> SingleSignOn.RoleRule? {
        mapping { fields in
            let value: String? = fields.required("value")
            let role: SingleSignOn.GrantedRole? = fields.required("role")
            let warehouses = fields.place("warehouses")?.namedWarehouses()
            guard let value, let role else { return nil }
            return SingleSignOn.RoleRule(value: value, role: role, warehouses: warehouses)
        }
    }

    /// Whether they exist is known once the warehouses have been read.
    private func namedWarehouses() -> Set<String> {
        if isEmptySequence {
            error("no warehouses", remedy: "leave the key out for all warehouses")
        }
        return Set(
            elements().compactMap { place in
                guard let id = place.scalar(WarehouseID.self)?.text else { return nil }
                decoding.warehouseReferences.append((id, place.location))
                return id
            }
        )
    }
}

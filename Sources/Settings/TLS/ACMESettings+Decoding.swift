import Text

extension ACMESettings {
    /// Each costs the authority and the gateway some work; authorities have lower limits.
    private static let certificateLimit = 1_000

    /// Reads the mapping `acme`.
    ///
    /// - Returns: `nil` if it is missing or invalid.
    static func decode(_ place: Place?) -> ACMESettings? {
        place?.mapping { fields in
            fields.guess = { guess(for: $0.key) }
            fields.example = "https://acme-v02.api.letsencrypt.org/directory"
            let directory: WebURL? = fields.required("directoryURL")
            let contacts = fields.place("contact")?.contacts() ?? []
            fields.requireAgreement()
            let authorityFile = fields.filePath("authorities")
            let challenge = fields.value("challenge", default: Challenge.http)
            fields.example = "[ { names: [ gw.example.com ] } ]"
            let certificates = fields.requiredPlace("certificates")?.certificates(
                standard: challenge,
                limit: certificateLimit
            )
            let account = ExternalAccount.decode(fields.place("externalAccount"))
            let folder = fields.place("folder")?.filePath()
            let keyType = fields.value("keyType", default: KeyType.ecdsaP256)
            guard let directory, let certificates, let keyType else { return nil }
            var settings = ACMESettings(directory: directory, certificates: certificates)
            settings.contacts = contacts
            settings.authorityFile = authorityFile
            settings.externalAccount = account
            settings.folder = folder
            settings.keyType = keyType
            return settings
        }
    }

    /// What other ACME clients call the keys.
    private static func guess(for key: String) -> KeyGuess? {
        let synonyms = [
            "directoryURL": ["server", "directory", "url", "caserver", "acmeserver", "dirurl"],
            "contact": ["email", "emails", "mail", "contacts"],
            "termsOfServiceAgreed": ["agreetos", "acceptterms", "tos", "termsofservice", "agree"],
            "authorities": ["ca", "cafile", "cacertificates", "cacertificate", "trustedroots"],
            "certificates": ["domains", "names", "hosts", "certificate"],
            "externalAccount": ["eab", "externalaccountbinding", "eabkid", "eabhmackey"],
            "folder": ["storage", "path", "cache", "configdir", "state"],
            "challenge": ["challenges", "preferredchallenges", "challengetype"],
        ]
        let word = Suggestion.plain(key)
        return synonyms.first { $0.value.contains(word) }.map {
            KeyGuess(keys: [$0.key], remedy: "did you mean \($0.key)?")
        }
    }
}

extension Fields {
    /// Nobody but the operator can agree to what the authority demands (RFC 8555 §7.3).
    fileprivate mutating func requireAgreement() {
        example = "true, once you have read the authority's terms of service"
        let place = requiredPlace("termsOfServiceAgreed")
        if let place, place.scalar(Bool.self) == false {
            place.error(
                "without agreement to its terms of service, the authority issues nothing",
                remedy: "write true, once you have read them, or remove acme"
            )
        }
    }
}

extension ACMESettings.ExternalAccount {
    fileprivate static func decode(_ place: Place?) -> Self? {
        place?.mapping { fields in
            fields.guess = { entry in
                guard ["key", "hmackey", "hmac", "mackey"].contains(Suggestion.plain(entry.key))
                else { return nil }
                return KeyGuess(
                    keys: ["keyFile"],
                    remedy:
                        "write the key to a file that only the gateway's user can read, and name"
                        + " it: keyFile: FILE"
                )
            }
            fields.example = "TEXT"
            let keyID: String? = fields.required("keyID")
            fields.example = "FILE"
            let keyFile = fields.requiredPlace("keyFile")?.filePath()
            guard let keyID, let keyFile else { return nil }
            return Self(keyID: keyID, keyFile: keyFile)
        }
    }
}

// MARK: - Values

extension Place {
    private static let contactLimit = 10

    /// One address, or a list of them.
    fileprivate func contacts() -> [String] {
        let isSingle = if case .scalar = node.content { true } else { false }
        let places = isSingle ? [self] : elements()
        if places.count > Self.contactLimit { error("more than \(Self.contactLimit) addresses") }
        return places.prefix(Self.contactLimit).compactMap { $0.scalar(MailContact.self)?.url }
    }

    fileprivate func filePath() -> String? {
        guard let text: String = scalar() else { return nil }
        guard !text.isEmpty else {
            error("expected a path, found \"\"")
            return nil
        }
        return text
    }

    /// - Parameter standard: for those without a challenge of their own; `nil` if it is invalid.
    fileprivate func certificates(standard: ACMESettings.Challenge?, limit: Int)
        -> [ACMESettings.Certificate]
    {
        let places = elements()
        if isEmptySequence { error("no certificates", remedy: "add { names: [ gw.example.com ] }") }
        if places.count > limit { error("more than \(limit) certificates") }
        var claims = Claims<Set<String>>()
        return places.prefix(limit).compactMap { place in
            guard let certificate = place.certificate(standard: standard) else { return nil }
            if let first = claims.claim(Set(certificate.names), for: place) {
                place.error(
                    "duplicate certificate, first defined at \(first.reference)",
                    remedy: "remove one of the two"
                )
            }
            return certificate
        }
    }

    private func certificate(standard: ACMESettings.Challenge?) -> ACMESettings.Certificate? {
        mapping(insteadOfList: "names") { fields in
            fields.example = "[ gw.example.com ]"
            let places = fields.requiredPlace("names")?.certificateNames()
            let challenge = fields.isGiven("challenge") ? fields.optional("challenge") : standard
            guard let places, let challenge else { return nil }
            for (name, place) in places where name.hasPrefix("*.") && challenge != .dns {
                place.error(
                    "a wildcard needs the challenge dns-01, found \(challenge.rawValue)",
                    remedy: "write challenge: dns-01"
                )
            }
            let names = places.map(\.name)
            fields.place.decoding.orders.append(
                OrderClaim(
                    names: places.map { ($0.name, $0.place.location) },
                    challenge: challenge,
                    location: fields.place.location
                )
            )
            return names.isEmpty ? nil : .init(names: names, challenge: challenge)
        }
    }

    /// As many as authorities accept in one certificate.
    private static let nameLimit = 100

    private func certificateNames() -> [(name: String, place: Place)] {
        let places = elements()
        if isEmptySequence { error("no names", remedy: "write [ gw.example.com ]") }
        if places.count > Self.nameLimit {
            error("more than \(Self.nameLimit) names", remedy: "divide them among certificates")
        }
        var claims = Claims<String>()
        return places.prefix(Self.nameLimit).compactMap { place in
            guard let name = place.scalar(CertificateName.self)?.text else { return nil }
            if let first = claims.claim(name, for: place) {
                place.error("duplicate name, first given at \(first.reference)")
                return nil
            }
            return (name, place)
        }
    }
}

import Policy
public import Text
public import Traffic

extension TLSSession.Version: ConfigurationScalar {
    public static let expectation = "1.2 or 1.3"

    public init(configurationText text: String) throws(ScalarError) {
        switch text {
        case "1.2", "TLSv1.2", "TLS1.2": self = .tls12
        case "1.3", "TLSv1.3", "TLS1.3": self = .tls13
        default: throw ScalarError(expected: Self.self, found: text)
        }
    }
}

extension TLSSettings.ClientCertificates.Mode: ConfigurationWord {
    package static let synonyms: [String: Self] = [
        "none": .off, "no": .off, "false": .off, "optionalnoca": .optional, "on": .required,
        "true": .required, "require": .required, "yes": .required,
    ]
}

extension TLSSettings {
    /// The gateway's own.
    static func decodeGeneral(_ place: Place?) -> (settings: TLSSettings, acme: ACMESettings?)? {
        guard let place else { return nil }
        let faultCount = place.decoding.faultCount
        let decoded: (settings: TLSSettings, acme: ACMESettings?)? = place.mapping { fields in
            var settings = TLSSettings()
            let acme = ACMESettings.decode(fields.place("acme"))
            settings.read(&fields)
            return (settings, acme)
        }
        let hasCertificates = decoded?.acme != nil || decoded?.settings.certificates != []
        // What is invalid may have been certificates, and is reported already.
        place.decoding.mayInheritCertificates =
            hasCertificates || place.decoding.faultCount > faultCount
        return decoded
    }

    /// Those of a mapping.
    fileprivate static let keys = [
        "certificates", "minimumVersion", "ciphers", "cipherSuites", "sessionTickets",
        "clientCertificates",
    ]

    /// Overwrites what is given.
    fileprivate mutating func read(_ fields: inout Fields) {
        fields.guess = { Self.guess(for: $0.key) }
        if fields.isGiven("certificates") {
            certificates = fields.elements("certificates").compactMap(CertificateFiles.decode)
        }
        fields.read("minimumVersion", into: &minimumVersion)
        ciphers = fields.cipherList("ciphers", .ciphers) ?? ciphers
        cipherSuites = fields.cipherList("cipherSuites", .cipherSuites) ?? cipherSuites
        let tickets: Bool? = fields.optional("sessionTickets")
        resumesSessions = tickets ?? resumesSessions
        if let place = fields.place("clientCertificates") { clientCertificates.read(place) }
    }

    /// What other programs call these keys.
    private static func guess(for key: String) -> KeyGuess? {
        let synonyms = [
            "certificates": [
                "certificate", "cert", "certs", "crt", "sslcertificate", "key", "keys", "pem",
            ],
            "minimumVersion": ["minversion", "protocols", "sslprotocols", "version", "versions"],
            "ciphers": ["cipherlist", "sslciphers"],
            "clientCertificates": [
                "verify", "verifyclient", "clientauth", "mtls", "clientca", "ca",
            ],
            "sessionTickets": ["tickets", "resumption", "sessions"],
        ]
        let word = Suggestion.plain(key)
        return synonyms.first { $0.value.contains(word) }.map {
            KeyGuess(keys: [$0.key], remedy: "did you mean \($0.key)?")
        }
    }
}

extension TLSSettings.ClientCertificates {
    fileprivate mutating func read(_ place: Place) {
        let decoded: Self? = place.mapping(remedy: place.node.asClientCertificates) { fields in
            var certificates = Self()
            fields.read("mode", into: &certificates.mode)
            certificates.readFiles(&fields)
            if certificates.authorities != nil, !fields.isGiven("mode") {
                fields.conclude(
                    .warning,
                    at: fields.place,
                    fromAbsenceOf: ["mode"],
                    "no client is asked for a certificate",
                    remedy: "add mode: required, or optional"
                )
            }
            return certificates
        }
        if let decoded { self = decoded }
    }

    private mutating func readFiles(_ fields: inout Fields) {
        if let authorities = fields.filePath("authorities") {
            (self.authorities, revocations) = (authorities, nil)
        }
        revocations = fields.filePath("revocations") ?? revocations
        guard mode != .off, authorities == nil else { return }
        fields.conclude(
            .error,
            at: fields.place,
            fromAbsenceOf: ["authorities"],
            "nobody's certificates would be accepted",
            remedy: Self.missingAuthorities
        )
    }

    private static let missingAuthorities =
        "add authorities: FILE, the certificates that sign the clients'"

    /// Reads a route's `clientCertificates: off`, or a mapping. What it does not give is the
    /// listener's; a mapping without a mode requires a certificate.
    ///
    /// - Returns: `nil` for the listener's: the key is missing or invalid.
    static func decode(_ place: Place?, ofRouteAt tls: ClientTLS) -> Self? {
        guard let place else { return nil }
        guard case .ended(let listener) = tls else {
            place.error(
                tls == .off
                    ? "the listener does not use TLS, so its clients show no certificates"
                    : "TLS ends at the backend, which sees the clients' certificates",
                remedy: "add tls: required to the listener, or remove the key"
            )
            return nil
        }
        var certificates = listener.settings.clientCertificates
        if place.isMapping {
            return place.mapping { fields in
                certificates.mode = .required
                fields.read("mode", into: &certificates.mode)
                certificates.readFiles(&fields)
                return certificates
            }
        }
        guard let mode: Mode = place.scalar() else { return nil }
        certificates.mode = mode
        if mode != .off, certificates.authorities == nil {
            place.error(
                "nobody's certificates would be accepted",
                remedy: "write { mode: \(mode.rawValue), authorities: FILE }"
            )
        }
        return certificates
    }
}

extension CertificateFiles {
    static func decode(_ place: Place) -> CertificateFiles? {
        place.mapping { fields in
            fields.example = "FILE"
            let certificate = fields.requiredFilePath("certificate")
            let key = fields.requiredFilePath("key")
            guard let certificate, let key else { return nil }
            let pair = CertificateFiles(certificate: certificate, key: key)
            place.decoding.tlsPlaces.add(pair, at: place.location)
            return pair
        }
    }
}

/// How a listener's clients use TLS.
enum ClientTLS: Hashable {
    case off
    case ended(ListenerTLS)
    /// The ClientHello is read for its name, and TLS ends at the backend.
    case passedThrough

    private enum Word: String, CaseIterable, ConfigurationWord {
        case off, on, required, passThrough

        static let synonyms: [String: Self] = [
            "false": .off, "no": .off, "none": .off, "true": .on, "yes": .on, "optional": .on,
            "offered": .on, "require": .required, "mandatory": .required,
            "passthrough": .passThrough, "sni": .passThrough,
        ]

        /// Reports settings next to a mode that ends no TLS at the gateway.
        func checkUse(of fields: Fields, at mode: Place) {
            let unused = TLSSettings.keys.filter(fields.isGiven)
            guard self == .off || self == .passThrough, !unused.isEmpty else { return }
            let reason = self == .off ? "without TLS" : "since TLS ends at the backend"
            let verb = unused.count == 1 ? "has" : "have"
            mode.warning(
                "\(unused.joined(separator: ", ")) \(verb) no effect \(reason)",
                remedy: "set mode: required or on, or write tls: \(rawValue)"
            )
        }
    }

    /// - Parameter service: the listener's; `nil` if it is unknown.
    static func decode(_ place: Place?, protocol service: ServiceProtocol?) -> ClientTLS {
        guard let place else { return .off }
        let general = place.decoding.tls ?? TLSSettings()
        var word = Word.on
        var settings = general
        let faultCount = place.decoding.faultCount
        if place.isMapping {
            let decoded: (Word, TLSSettings)? = place.mapping { fields in
                var word = Word.required
                var settings = general
                let mode = fields.read("mode", into: &word)
                settings.read(&fields)
                if let mode { word.checkUse(of: fields, at: mode) }
                return (word, settings)
            }
            guard let decoded else { return .off }
            (word, settings) = decoded
        } else {
            guard let decoded = place.scalar(Word.self) else { return .off }
            word = decoded
        }
        switch word {
        case .off: return .off
        case .passThrough:
            if service == .mysql {
                place.error(
                    "a MySQL client starts TLS after the server's greeting, so its ClientHello cannot"
                        + " choose the server",
                    remedy: "write on or required: the gateway greets, and ends TLS itself"
                )
            }
            return .passedThrough
        case .on, .required:
            if settings.certificates.isEmpty, place.decoding.faultCount == faultCount {
                place.requireCertificate()
            }
            return .ended(ListenerTLS(word == .required ? .required : .offered, settings))
        }
    }
}

extension BackendTLSSettings {
    private enum Word: String, CaseIterable, ConfigurationWord {
        case off, on

        static let synonyms: [String: Self] = [
            "false": .off, "no": .off, "none": .off, "true": .on, "yes": .on, "required": .on,
        ]
    }

    /// Reads `backendTLS: on`, or a mapping.
    static func decode(_ place: Place?) -> BackendTLSSettings? {
        guard let place else { return nil }
        guard place.isMapping else {
            return place.scalar(Word.self) == .on ? BackendTLSSettings() : nil
        }
        return place.mapping { fields in
            var settings = BackendTLSSettings()
            fields.read("verify", into: &settings.verifies)
            settings.authorities = fields.filePath("authorities")
            let serverName: HostName? = fields.optional("serverName")
            settings.serverName = serverName?.text.lowercased()
            settings.certificate = fields.place("certificate").flatMap(CertificateFiles.decode)
            fields.read("minimumVersion", into: &settings.minimumVersion)
            if !settings.verifies {
                fields.place("verify")?.warning(
                    "anyone on the way to the backend could read and change what is sent",
                    remedy: "set authorities: FILE to the certificate that signed the backend's"
                )
            }
            return settings
        }
    }
}

extension Place {
    /// Reports once that the listeners have no certificate.
    fileprivate func requireCertificate() {
        guard !decoding.mayInheritCertificates else { return }
        decoding.mayInheritCertificates = true
        error(
            "TLS needs a certificate",
            remedy:
                "add tls: { certificates: [ { certificate: FILE, key: FILE } ] } at the top level"
        )
    }
}

extension Fields {
    /// The path of a file of TLS settings; `nil` if it is missing or empty.
    mutating func filePath(_ key: String) -> String? { place(key)?.tlsFilePath() }

    mutating func requiredFilePath(_ key: String) -> String? {
        requiredPlace(key)?.tlsFilePath()
    }

    fileprivate mutating func cipherList(_ key: String, _ kind: TLSPlaces.CipherList.Kind)
        -> String?
    {
        guard let place = place(key), let list: CipherListText = place.scalar() else { return nil }
        place.decoding.tlsPlaces.add(kind, list.text, at: place.location)
        return list.text
    }
}

extension Place {
    func tlsFilePath() -> String? {
        guard let path: FilePath = scalar() else { return nil }
        decoding.tlsPlaces.add(file: path.text, at: location)
        return path.text
    }
}

/// Whether OpenSSL knows them is checked by whoever has it.
private struct CipherListText: ConfigurationScalar {
    static let expectation = "names of ciphers as OpenSSL spells them, separated by colons"

    let text: String

    init(configurationText text: String) throws(ScalarError) {
        guard !text.isEmpty else {
            throw ScalarError(
                expected: Self.self,
                found: text,
                remedy: "remove the key for the standard ones"
            )
        }
        self.text = text
    }
}

extension ConfigurationNode {
    /// `clientCertificates: required` and `clientCertificates: ca.pem`: what to write instead.
    fileprivate var asClientCertificates: String {
        guard case .scalar(let text) = content, text.utf8.count <= 256 else {
            return "write { mode: required, authorities: FILE }"
        }
        // `try?`: only whether it is one counts.
        let mode = try? TLSSettings.ClientCertificates.Mode(configurationText: text)
        if mode == .off { return "remove the key" }
        return mode.map { "write { mode: \($0.rawValue), authorities: FILE }" }
            ?? "write { mode: required, authorities: \(text.asYAML) }"
    }
}

extension KernelTLSSetting: ConfigurationWord {
    package static let synonyms: [String: Self] = [
        "no": .off, "false": .off, "on": .automatic, "true": .automatic, "yes": .automatic,
        "automatic": .automatic, "all": .full,
    ]
}

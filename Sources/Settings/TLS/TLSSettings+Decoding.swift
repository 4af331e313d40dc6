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
        place?.mapping { fields in
            var settings = TLSSettings()
            let acme = ACMESettings.decode(fields.place("acme"))
            settings.read(&fields)
            return (settings, acme)
        }
    }

    /// Overwrites what is given.
    fileprivate mutating func read(_ fields: inout Fields) {
        fields.guess = { Self.guess(for: $0.key) }
        if fields.isGiven("certificates") {
            certificates = fields.elements("certificates").compactMap(CertificateFiles.decode)
        }
        fields.read("minimumVersion", into: &minimumVersion)
        ciphers = fields.optional("ciphers") ?? ciphers
        cipherSuites = fields.optional("cipherSuites") ?? cipherSuites
        let tickets: Bool? = fields.optional("sessionTickets")
        resumesSessions = tickets ?? resumesSessions
        if let place = fields.place("clientCertificates") { clientCertificates.read(place) }
    }

    /// What other programs call these keys.
    private static func guess(for key: String) -> KeyGuess? {
        let synonyms = [
            "certificates": ["certificate", "cert", "certs", "crt", "sslcertificate"],
            "minimumVersion": ["minversion", "protocols", "sslprotocols", "version", "versions"],
            "ciphers": ["cipherlist", "sslciphers"],
            "clientCertificates": ["verify", "verifyclient", "clientauth", "mtls", "clientca"],
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
        let decoded: Self? = place.mapping { fields in
            var certificates = Self()
            fields.read("mode", into: &certificates.mode)
            certificates.authorities = fields.filePath("authorities")
            certificates.revocations = fields.filePath("revocations")
            if certificates.mode != .off, certificates.authorities == nil {
                fields.conclude(
                    .error,
                    at: fields.place,
                    fromAbsenceOf: ["authorities"],
                    "nobody's certificates would be accepted",
                    remedy: "add authorities: FILE, the certificates that sign the clients'"
                )
            }
            return certificates
        }
        if let decoded { self = decoded }
    }
}

extension CertificateFiles {
    static func decode(_ place: Place) -> CertificateFiles? {
        place.mapping { fields in
            fields.example = "FILE"
            let certificate = fields.requiredFilePath("certificate")
            let key = fields.requiredFilePath("key")
            guard let certificate, let key else { return nil }
            return CertificateFiles(certificate: certificate, key: key)
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
    }

    /// - Parameter service: the listener's; `nil` if it is unknown.
    static func decode(_ place: Place?, protocol service: ServiceProtocol?) -> ClientTLS {
        guard let place else { return .off }
        let general = place.decoding.tls ?? TLSSettings()
        var word = Word.on
        var settings = general
        if place.isMapping {
            let decoded: (Word, TLSSettings)? = place.mapping { fields in
                var word = Word.required
                var settings = general
                fields.read("mode", into: &word)
                settings.read(&fields)
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
            place.requireCertificate(of: settings)
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
    fileprivate func requireCertificate(of settings: TLSSettings) {
        guard settings.certificates.isEmpty, !decoding.hasCertificatesByACME else { return }
        error(
            "TLS needs a certificate",
            remedy:
                "add tls: { certificates: [ { certificate: FILE, key: FILE } ] } at the top level"
        )
    }
}

extension Fields {
    /// The path of a file; `nil` if it is missing or empty.
    mutating func filePath(_ key: String) -> String? {
        let path: FilePath? = optional(key)
        return path?.text
    }

    mutating func requiredFilePath(_ key: String) -> String? {
        let path: FilePath? = required(key)
        return path?.text
    }
}

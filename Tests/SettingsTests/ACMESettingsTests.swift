import Testing
import Time

@testable import Settings

@Suite("Certificates by ACME in a configuration")
struct ACMESettingsTests {
    private static let minimum: ConfigurationNode = [
        "directoryURL": "https://ca.example/directory", "termsOfServiceAgreed": "true",
        "certificates": [["names": ["gw.example.com"]]],
    ]

    private func decoded(_ node: ConfigurationNode) -> (ACMESettings?, [ConfigurationFinding]) {
        let decoding = Decoding(
            now: UnixTime(seconds: 1_800_000_000),
            ruleLimit: 10,
            lists: ListFileCache()
        ) { _, _ throws(UnreadableFile) in throw UnreadableFile(reason: "none") }
        let settings = ACMESettings.decode(
            Place(node: node, path: "tls.acme", decoding: decoding)
        )
        return (settings, decoding.allFindings)
    }

    private func settings(_ node: ConfigurationNode) throws -> ACMESettings {
        let (settings, findings) = decoded(node)
        #expect(findings == [])
        return try #require(settings)
    }

    @Test("A directory, agreement and names are enough")
    func standard() throws {
        let settings = try settings(Self.minimum)
        #expect(settings.directory.text == "https://ca.example/directory")
        #expect(settings.certificates == [.init(names: ["gw.example.com"], challenge: .http)])
        #expect(settings.keyType == .ecdsaP256 && settings.contacts == [])
        #expect(settings.externalAccount == nil && settings.authorityFile == nil)
        #expect(settings.folder == nil)
    }

    @Test("Each key is read; a certificate may have a challenge of its own")
    func all() throws {
        let settings = try settings(
            Self.minimum.setting("contact", to: ["ops@example.com", "mailto:a@example.com"])
                .setting("authorities", to: "ca.pem").setting("challenge", to: "tls-alpn-01")
                .setting("externalAccount", to: ["keyID": "kid-1", "keyFile": "eab.key"])
                .setting("folder", to: "certs").setting("keyType", to: "rsa-2048")
                .setting(
                    "certificates",
                    to: [
                        ["names": ["GW.example.com", "b.example.com"]],
                        ["names": ["*.gw.example.com", "gw.example.com"], "challenge": "dns-01"],
                    ]
                )
        )
        #expect(settings.contacts == ["mailto:ops@example.com", "mailto:a@example.com"])
        #expect(settings.authorityFile == "ca.pem" && settings.folder == "certs")
        #expect(settings.externalAccount == .init(keyID: "kid-1", keyFile: "eab.key"))
        #expect(settings.keyType == .rsa2048)
        #expect(
            settings.certificates == [
                .init(names: ["gw.example.com", "b.example.com"], challenge: .tlsALPN),
                .init(names: ["*.gw.example.com", "gw.example.com"], challenge: .dns),
            ]
        )
    }

    @Test("One contact needs no list, and a directory on loopback no TLS")
    func short() throws {
        let settings = try settings(
            Self.minimum.setting("contact", to: "ops@example.com")
                .setting("directoryURL", to: "http://127.0.0.1:14000/dir")
        )
        #expect(settings.contacts == ["mailto:ops@example.com"])
    }

    @Test(
        "What is invalid is an error at its place, with what to do",
        arguments: [
            ("directoryURL", "http://ca.example/d", "directoryURL", "loopback"),
            ("directoryURL", "ca.example", "directoryURL", "expected an https URL"),
            ("termsOfServiceAgreed", "false", "termsOfServiceAgreed", "issues nothing"),
            ("termsOfServiceAgreed", "yes", "termsOfServiceAgreed", "did you mean true?"),
            ("contact", "ops", "contact", "expected an email address"),
            ("contact", "mailto:a@b.example?subject=x", "contact", "expected an email address"),
            ("contact", "a@b.example,c@d.example", "contact", "expected an email address"),
            ("challenge", "http", "challenge", "did you mean http-01?"),
            ("keyType", "ec256", "keyType", "did you mean ecdsa-p256?"),
            ("keyType", "rsa-1024", "keyType", "expected one of"),
            ("certificates", [], "certificates", "no certificates"),
            ("certificates", "gw.example.com", "certificates", "expected a list"),
            ("folder", "", "folder", "expected a path"),
            ("externalAccount", ["keyID": "a"], "externalAccount.keyFile", "missing"),
            (
                "externalAccount", ["keyID": "a", "hmacKey": "c2VjcmV0"],
                "externalAccount.hmacKey", "keyFile: FILE"
            ),
            ("email", "a@b.example", "email", "did you mean contact?"),
            ("server", "https://b.example", "server", "did you mean directoryURL?"),
            ("directoryUrl", "https://b.example", "directoryUrl", "did you mean directoryURL?"),
        ] as [(String, ConfigurationNode, String, String)]
    )
    func errors(key: String, value: ConfigurationNode, path: String, text: String) {
        let (_, findings) = decoded(Self.minimum.setting(key, to: value))
        let found = findings.filter { $0.severity == .error && $0.path == "tls.acme.\(path)" }
        #expect(found.contains { "\($0.message) \($0.remedy ?? "")".contains(text) }, "\(findings)")
        #expect(!findings.contains { "\($0)".contains("c2VjcmV0") })
    }

    @Test("Agreement to the terms is the operator's own, and is not assumed")
    func agreement() {
        let (_, findings) = decoded(Self.minimum.removing("termsOfServiceAgreed"))
        #expect(findings.map(\.path) == ["tls.acme.termsOfServiceAgreed"])
        #expect(findings.first?.remedy?.contains("once you have read") == true)
    }

    @Test(
        "Names that no certificate can have are errors",
        arguments: [
            ("192.0.2.1", "is an address"), ("a_b.example.com", "a name with _"),
            ("gw.example.com.", "dot at the end"), ("gw..example.com", "expected a DNS name"),
            ("*", "expected a DNS name"), ("a.*.example.com", "expected a DNS name"),
            ("**.example.com", "expected a DNS name"), ("-a.example.com", "expected a DNS name"),
            ("bücher.example", "xn--"), ("", "expected a DNS name"), ("a b", "expected a DNS name"),
            ("*.gw.example.com", "write challenge: dns-01"),
        ]
    )
    func names(name: String, text: String) {
        let node = Self.minimum.setting("certificates[0].names[0]", to: .init(stringLiteral: name))
        let (_, findings) = decoded(node)
        #expect(findings.map(\.path) == ["tls.acme.certificates[0].names[0]"])
        #expect(
            findings.contains { "\($0.message) \($0.remedy ?? "")".contains(text) },
            "\(findings)"
        )
    }

    @Test("A name twice, the same certificate twice, and too many names are errors")
    func duplicates() {
        let twice = decoded(
            Self.minimum.setting("certificates", to: [["names": ["a.example", "A.example"]]])
        ).1
        #expect(twice.map(\.path) == ["tls.acme.certificates[0].names[1]"])
        let same = decoded(
            Self.minimum.setting(
                "certificates",
                to: [
                    ["names": ["a.example", "b.example"]], ["names": ["b.example", "a.example"]],
                ]
            )
        ).1
        #expect(same.map(\.path) == ["tls.acme.certificates[1]"])
        let names = (0...100).map { ConfigurationNode(stringLiteral: "a\($0).example") }
        let many = decoded(
            Self.minimum.setting("certificates", to: [["names": ConfigurationNode(list: names)]])
        ).1
        #expect(many.map(\.message) == ["more than 100 names"])
    }
}

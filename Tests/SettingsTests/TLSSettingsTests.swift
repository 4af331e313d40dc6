import Testing
import Traffic

@testable import Settings

@Suite("TLS in a configuration")
struct TLSSettingsTests {
    static let tree: ConfigurationNode = [
        "tls": ["certificates": [["certificate": "gw.pem", "key": "gw.key"]]],
        "listeners": [
            [
                "protocol": "mysql", "listen": "0.0.0.0:9040", "tls": "on",
                "routes": [["default": "true", "warehouse": "A"]],
            ],
            [
                "protocol": "http", "listen": "0.0.0.0:9041", "tls": "required",
                "routes": [["default": "true", "warehouse": "A"]],
            ],
        ],
        "warehouses": [
            [
                "id": "A", "whitelist": ["entries": [["cidr": "203.0.113.0/24"]]],
                "services": [
                    "mysql": ["backends": ["127.0.0.1:3306"]],
                    "http": ["backends": ["127.0.0.1:8030"]],
                ],
            ]
        ],
    ]

    private func findings(_ tree: ConfigurationNode) -> [String] {
        tree.decoded().findings.map(\.description)
    }

    @Test("The places of files, pairs, lists of ciphers and listeners are known")
    func places() throws {
        let tree = Self.tree.setting("tls.ciphers", to: "AES128-SHA")
            .setting("tls.cipherSuites", to: "TLS_AES_128_GCM_SHA256")
        var decoded = tree.decoded()
        #expect(decoded.findings == [])
        decoded.tlsPlaces.mapPaths { "/etc/" + $0 }
        let places = decoded.tlsPlaces
        #expect(places[file: "/etc/gw.key"]?.path == "tls.certificates[0].key")
        let pair = CertificateFiles(certificate: "/etc/gw.pem", key: "/etc/gw.key")
        #expect(places[pair]?.path == "tls.certificates[0]")
        #expect(places.cipherLists.map(\.kind) == [.ciphers, .cipherSuites])
        #expect(places.cipherLists.map(\.location.path) == ["tls.ciphers", "tls.cipherSuites"])
        let listener = try #require(decoded.configuration?.topology.listeners.first)
        #expect(places[listener: listener.address]?.path == "listeners[0].tls")
    }

    @Test(
        "One mistake in the gateway's TLS is one error, whatever listeners lack because of it",
        arguments: [
            ("tls.certificates", ["gw.pem"], "tls.certificates[0]"),
            ("tls.certificates", [["certificate": "gw.pem"]], "tls.certificates[0].key"),
            ("tls.certificates", "gw.pem", "tls.certificates"),
            ("tls", ["cert": "gw.pem"], "tls.cert"),
            ("tls", "on", "tls"),
            (
                "tls",
                [
                    "acme": [
                        "directoryURL": "nowhere", "termsOfServiceAgreed": "true",
                        "certificates": [["names": ["gw.example"]]],
                    ]
                ],
                "tls.acme.directoryURL"
            ),
        ] as [(String, ConfigurationNode, String)]
    )
    func oneError(key: String, value: ConfigurationNode, path: String) {
        let faults = Self.tree.setting(key, to: value).decoded().faults
        #expect(faults.map(\.path) == [path], "\(faults)")
    }

    @Test("The lack of a certificate is one error, and so is a misspelt tls")
    func lack() {
        let faults = Self.tree.removing("tls").decoded().faults
        #expect(faults.map(\.path) == ["listeners[0].tls"])
        #expect(faults.first?.message == "TLS needs a certificate")
        let misspelt = Self.tree.renaming("tls", to: "tsl").decoded().faults
        #expect(misspelt.map(\.path) == ["tsl"])
        let own = Self.tree.removing("tls")
            .setting("listeners[0].tls", to: ["certificates": ["gw.pem"]])
            .setting("listeners[1].tls", to: "off")
        #expect(own.decoded().faults.map(\.path) == ["listeners[0].tls.certificates[0]"])
    }

    @Test(
        "What other programs call the keys is one error that names ours",
        arguments: [
            ("listeners[0].ssl", "on", "tls"),
            ("ssl", ["certificates": []], "tls"),
            ("tls.clientCertificates", ["mode": "required", "ca": "a.pem"], "authorities"),
            ("listeners[0].routes", [["sni": "a.example", "warehouse": "A"]], "serverName"),
            (
                "warehouses[0].services.http.backendTLS", ["ca": "a.pem"], "authorities"
            ),
        ] as [(String, ConfigurationNode, String)]
    )
    func synonyms(key: String, value: ConfigurationNode, ours: String) {
        let found = Self.tree.setting(key, to: value).decoded().findings
        #expect(found.map(\.message) == ["unknown key"], "\(found)")
        #expect(found.first?.remedy == "did you mean \(ours)?")
    }

    @Test("A single value instead of client certificates is corrected")
    func clientCertificates() {
        func remedy(_ value: String) -> String? {
            let node = ConfigurationNode(stringLiteral: value)
            return Self.tree.setting("tls.clientCertificates", to: node).decoded().faults.first?
                .remedy
        }
        #expect(remedy("myca.pem") == "write { mode: required, authorities: myca.pem }")
        #expect(remedy("optional") == "write { mode: optional, authorities: FILE }")
        #expect(remedy("off") == "remove the key")
    }

    @Test("An empty list of ciphers is an error", arguments: ["ciphers", "cipherSuites"])
    func emptyCiphers(key: String) {
        let faults = Self.tree.setting("tls.\(key)", to: "").decoded().faults
        #expect(faults.map(\.path) == ["tls.\(key)"])
        #expect(faults.first?.remedy == "remove the key for the standard ones")
    }

    @Test(
        "Settings next to a mode that ends no TLS have no effect",
        arguments: ["off", "passThrough"]
    )
    func unused(mode: String) {
        let pair: ConfigurationNode = ["certificate": "a.pem", "key": "a.key"]
        let tree = Self.tree.setting(
            "listeners[1].tls",
            to: ["mode": .init(stringLiteral: mode), "certificates": [pair]]
        )
        let found = tree.decoded().findings
        #expect(found.map(\.path) == ["listeners[1].tls.mode"])
        #expect(found.first?.severity == .warning)
        #expect(found.first?.message.hasPrefix("certificates has no effect") == true)
        let alone = Self.tree.setting(
            "listeners[1].tls",
            to: ["mode": .init(stringLiteral: mode)]
        )
        #expect(alone.decoded().findings == [])
    }

    @Test("A mapping without a mode requires TLS")
    func standardMode() {
        let tree = Self.tree.setting("listeners[0].tls", to: ["minimumVersion": "1.3"])
        let listener = tree.decoded().configuration?.topology.listeners.first
        #expect(listener?.tls?.mode == .required)
    }
}

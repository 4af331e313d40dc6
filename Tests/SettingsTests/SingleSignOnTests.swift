import Testing

@testable import Settings

@Suite("Single sign-on of a configuration")
struct SingleSignOnTests {
    private static let minimum: ConfigurationNode = [
        "name": "Company", "issuer": "https://login.example.com/realms/x", "clientId": "sluice",
        "roles": [["value": "dba", "role": "administer"]],
    ]

    private func decoded(
        _ singleSignOn: ConfigurationNode = minimum,
        url: ConfigurationNode? = "https://gateway.example.com",
        store: ConfigurationNode? = "sluice.db"
    ) -> DecodedConfiguration {
        var tree = SampleTree.public.setting("management", to: ["listen": "127.0.0.1:7080"])
            .setting("management.singleSignOn", to: singleSignOn)
        if let store { tree = tree.setting("state", to: store) }
        if let url { tree = tree.setting("management.url", to: url) }
        return tree.decoded()
    }

    private func settings(_ node: ConfigurationNode) throws -> SingleSignOn {
        let decoded = decoded(node)
        let management = try #require(
            decoded.configuration?.topology.management,
            "\(decoded.findings)"
        )
        return try #require(management.singleSignOn)
    }

    @Test("Name, issuer, client and roles are enough")
    func standard() throws {
        let settings = try settings(Self.minimum)
        #expect(settings.scopes == ["openid", "profile"] && settings.claim == "groups")
        #expect(settings.algorithms == [.rs256, .es256])
        #expect(settings.clientSecretFile == nil && settings.authorityFile == nil)
        #expect(settings.issuer.text == "https://login.example.com/realms/x")
        #expect(settings.roles == [.init(value: "dba", role: .administer)])
    }

    @Test("Without a store it is an error; accounts and notices have no effect")
    func noStore() {
        #expect(decoded(store: nil).faults.map(\.path) == ["management"])
        var tree = SampleTree.public.setting("management", to: ["listen": "127.0.0.1:7080"])
        #expect(tree.decoded().warnings.allSatisfy { $0.path != "management" })
        tree = tree.setting("management.accounts", to: ["idle": "1h"])
        let warnings = tree.decoded().warnings.filter { $0.path == "management" }
        #expect(
            warnings.map(\.message) == ["accounts has no effect without a store"],
            "\(warnings)"
        )
        #expect(
            tree.setting("state", to: "sluice.db").decoded().warnings.allSatisfy {
                $0.path != "management"
            }
        )
    }

    @Test("Each key is read")
    func all() throws {
        let settings = try settings(
            Self.minimum
                .setting("clientSecretFile", to: "secret").setting("ca", to: "ca.pem")
                .setting("scopes", to: ["openid", "groups"]).setting("claim", to: "roles")
                .setting("algorithms", to: ["EdDSA", "PS512"])
                .setting(
                    "roles",
                    to: [["value": "a", "role": "read", "warehouses": ["AWVA7CM7"]]]
                )
        )
        #expect(settings.clientSecretFile == "secret" && settings.authorityFile == "ca.pem")
        #expect(settings.scopes == ["openid", "groups"] && settings.claim == "roles")
        #expect(settings.algorithms == [.edDSA, .ps512])
        #expect(settings.roles == [.init(value: "a", role: .read, warehouses: ["AWVA7CM7"])])
    }

    @Test(
        "What would weaken it is an error at its place",
        arguments: [
            ("issuer", "http://login.example.com", ".issuer"),
            ("issuer", "login.example.com", ".issuer"),
            ("issuer", "https://login.example.com?x=1", ".issuer"),
            ("issuer", "https://a:b@login.example.com", ".issuer"),
            ("algorithms", ["none"], ".algorithms[0]"), ("algorithms", ["HS256"], ".algorithms[0]"),
            ("algorithms", [], ".algorithms"), ("scopes", ["profile"], ".scopes"),
            ("scopes", ["openid", "a b"], ".scopes[1]"),
            ("roles", [["value": "x", "role": "lease"]], ".roles[0].role"),
            ("roles", [["value": "x"]], ".roles[0].role"),
            ("roles", [["value": "x", "role": "read", "warehouses": []]], ".roles[0].warehouses"),
            (
                "roles", [["value": "x", "role": "read", "warehouses": ["OTHER"]]],
                ".roles[0].warehouses[0]"
            ),
        ] as [(String, ConfigurationNode, String)]
    )
    func weak(key: String, value: ConfigurationNode, path: String) {
        let faults = decoded(Self.minimum.setting(key, to: value)).faults
        #expect(faults.map(\.path) == ["management.singleSignOn" + path], "\(faults)")
    }

    @Test("A secret in the file itself is refused, and not repeated")
    func secret() {
        let findings = decoded(Self.minimum.setting("clientSecret", to: "hunter2")).findings
        #expect(findings.map(\.path) == ["management.singleSignOn.clientSecret"])
        #expect(findings.first?.remedy?.contains("clientSecretFile: ") == true)
        #expect(!"\(findings)".contains("hunter2"))
    }

    @Test("It needs the gateway's URL, by HTTPS unless on loopback")
    func url() {
        #expect(decoded(url: nil).faults.map(\.path) == ["management.singleSignOn"])
        for text in [
            "http://gateway.example.com", "gateway.example.com", "https://gateway.example.com/x",
            "https://gateway.example.com?x",
        ] {
            let url = ConfigurationNode(stringLiteral: text)
            #expect(decoded(url: url).faults.map(\.path) == ["management.url"], "\(text)")
        }
        for (text, kept) in [
            ("https://gateway.example.com/", "https://gateway.example.com"),
            ("http://127.0.0.1:7080", "http://127.0.0.1:7080"),
            ("http://[::1]:7080", "http://[::1]:7080"), ("http://localhost", "http://localhost"),
        ] {
            let decoded = decoded(url: ConfigurationNode(stringLiteral: text))
            #expect(decoded.configuration?.topology.management.url?.text == kept, "\(text)")
        }
    }

    @Test("A URL has a host of its own, and nothing hidden in it")
    func webURLs() throws {
        let url = try #require(WebURL("https://[2001:db8::1]:8443/a?b"))
        #expect(url.host == "2001:db8::1" && url.path == "/a?b" && url.isSecure)
        #expect(WebURL("https://Gateway.example.com")?.host == "gateway.example.com")
        for text in [
            "", "https://", "https:///a", "https://a:", "https://a:x", "https://a:99999",
            "https://a b", "https://a\n", "https://a#b", "https://a@b", "https://[::1", "https://ü",
            "HTTPS://a", "http://127.0.0.1.evil.example", "http://localhost.evil.example",
            "https://" + String(repeating: "a", count: 2_000),
        ] {
            #expect(WebURL(text) == nil, "\(text)")
        }
    }
}

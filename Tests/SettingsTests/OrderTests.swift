import Testing

@testable import Settings

@Suite("What certificates by ACME need")
struct OrderTests {
    private static let tree = TLSSettingsTests.tree
        .setting("domain", to: "gw.example")
        .setting("listeners[1].tls", to: "on")
        .setting(
            "dns",
            to: [
                "listen": "192.0.2.1:53", "nameServers": ["ns1.gw.example"],
                "addresses": ["192.0.2.1"],
            ]
        )
        .setting(
            "tls.acme",
            to: [
                "directoryURL": "https://ca.example/directory", "termsOfServiceAgreed": "true",
                "certificates": [["names": ["a.gw.example"]]],
            ]
        )
    private static let order = "tls.acme.certificates[0]"

    private func findings(_ challenge: String, _ tree: ConfigurationNode) -> [String] {
        let node = ConfigurationNode(stringLiteral: challenge)
        return tree.setting("tls.acme.challenge", to: node).decoded().findings.map {
            "\($0.severity.rawValue) \($0.path) \($0.message)"
        }
    }

    @Test(
        "With what they need, there is no finding",
        arguments: ["http-01", "tls-alpn-01", "dns-01"]
    )
    func complete(challenge: String) {
        #expect(findings(challenge, Self.tree) == [])
    }

    @Test("dns-01 needs a name server or a server to update")
    func dns() {
        for tree in [Self.tree.removing("dns"), Self.tree.removing("dns.listen")] {
            let found = findings("dns-01", tree)
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("error \(Self.order) dns-01 is answered by") == true)
        }
    }

    @Test("tls-alpn-01 needs a listener that ends TLS")
    func alpn() {
        let tree = Self.tree.setting("listeners[0].tls", to: "off")
            .setting("listeners[1].tls", to: "passThrough")
        let found = findings("tls-alpn-01", tree)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("error \(Self.order) tls-alpn-01 is answered") == true)
    }

    @Test("http-01 needs an http listener, and rather one that takes clients without TLS")
    func http() {
        let required = findings("http-01", Self.tree.setting("listeners[1].tls", to: "required"))
        #expect(
            required.count == 1 && required[0].hasPrefix("warning \(Self.order) http-01 starts")
        )
        let none = findings("http-01", Self.tree.setting("listeners[1].tls", to: "passThrough"))
        #expect(none.count == 1 && none[0].hasPrefix("error \(Self.order) http-01 is answered"))
    }

    @Test("A name outside of the domain cannot be proved by dns-01, and needs a route otherwise")
    func outside() {
        let tree = Self.tree.setting("\(Self.order).names[0]", to: "sales.company.com")
        let path = "\(Self.order).names[0]"
        #expect(findings("dns-01", tree).map { $0.hasPrefix("error \(path)") } == [true])
        #expect(findings("http-01", tree).map { $0.hasPrefix("warning \(path)") } == [true])
        let routed = tree.setting(
            "listeners[1].routes",
            to: [
                ["serverName": "sales.company.com", "warehouse": "A"],
                ["serverName": "a.gw.example", "warehouse": "A"],
            ]
        )
        #expect(findings("http-01", routed) == [])
    }

    @Test("A name without an address in the gateway's own zone is proved by dns-01 only")
    func noAddress() {
        for name in ["gw.example", "b.gw.example"] {
            let tree = Self.tree.setting(
                "\(Self.order).names[0]",
                to: .init(stringLiteral: name)
            )
            let found = findings("tls-alpn-01", tree)
            #expect(found.count == 1)
            #expect(found.first?.contains("has no address for \(name)") == true)
            #expect(findings("dns-01", tree) == [])
        }
    }

    @Test("Nothing is concluded from a configuration with another error")
    func cascade() {
        let tree = Self.tree.removing("dns").setting("limits.connections", to: "many")
        #expect(findings("dns-01", tree).count == 1)
    }
}

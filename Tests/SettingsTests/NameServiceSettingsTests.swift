import Addresses
import DNSProtocol
import DomainNames
import Settings
import Testing

@Suite("How names are made to resolve: the key dns")
struct NameServiceSettingsTests {
    private let tree = SampleTree.public.setting("domain", to: "gw.example")
        .setting("warehouses[0].listeners[0].listen", to: "192.0.2.1:9030")
        .setting("dns", to: ["listen": "192.0.2.1:53", "nameServers": ["ns1.gw.example"]])

    private func findings(_ tree: ConfigurationNode) -> [String] {
        tree.decoded().findings.map { "\($0.path): \($0.message)" }
    }

    private func names(_ tree: ConfigurationNode) throws -> NameServiceSettings {
        let decoded = tree.decoded()
        #expect(decoded.findings == [])
        let topology = try #require(decoded.configuration?.topology)
        return try #require(topology.names)
    }

    @Test("An address and a name server are enough")
    func minimal() throws {
        let names = try names(tree)
        #expect(names.listen.map(\.description) == ["192.0.2.1:53"])
        #expect(names.nameServers.map(\.name.text) == ["ns1.gw.example"])
        #expect(names.nameServers.map(\.addresses) == [[try IPAddress(parsing: "192.0.2.1")]])
        #expect(names.ttl == .seconds(60) && names.limits == NameServiceLimits())
    }

    @Test("Every key is read")
    func all() throws {
        let names = try names(
            tree.setting("dns.listen", to: ["192.0.2.1:53", "[2001:db8::1]:53"])
                .setting("dns.contact", to: "admin@example.com")
                .setting("dns.ttl", to: "5m")
                .setting("dns.zones", to: ["us-east-1a": ["10.0.1.4"]])
                .setting(
                    "dns.caa",
                    to: [
                        "ca.example",
                        ["tag": "iodef", "value": "mailto:a@b.c", "critical": "true"],
                    ]
                )
                .setting("dns.clientSubnetFrom", to: ["10.0.0.53"])
                .setting(
                    "dns.networks",
                    to: [["clients": ["10.1.0.0/16"], "names": ["a.awva7cm7", "b.gw.example"]]]
                )
                .setting("dns.limits", to: ["responsesPerNetwork": "0", "idle": "1m"])
                .setting(
                    "dns.update",
                    to: ["server": "ns.example:53", "zone": "example", "keyFile": "k"]
                )
        )
        #expect(names.listen.count == 2 && names.contact?.text == "admin.example.com")
        #expect(names.zones == ["us-east-1a": [try IPAddress(parsing: "10.0.1.4")]])
        #expect(names.certificationAuthorities.map(\.tag) == ["issue", "iodef"])
        #expect(names.networks[0].names.map(\.text) == ["a.awva7cm7.gw.example", "b.gw.example"])
        #expect(names.limits.responses == 0 && names.limits.idle == .seconds(60))
        #expect(names.update?.zone?.text == "example" && names.update?.keyFile == "k")
    }

    @Test("Names need a domain, a name server, and addresses that clients can reach")
    func missing() {
        #expect(findings(tree.removing("domain")).first == "dns: there is no domain to answer for")
        #expect(findings(tree.removing("dns.nameServers")).first == "dns.nameServers: missing")
        let wild = tree.setting("warehouses[0].listeners[0].listen", to: "0.0.0.0:9030")
        #expect(findings(wild).first?.contains("has every address of this machine") == true)
        #expect(findings(wild.setting("dns.addresses", to: ["192.0.2.9"])) == [])
        let hidden = tree.setting("dns.listen", to: "0.0.0.0:53")
        #expect(findings(hidden).first?.hasSuffix("is in the domain and needs an address") == true)
        let outside = hidden.setting("dns.nameServers", to: ["ns.elsewhere.example"])
        #expect(findings(outside) == [])
    }

    @Test(
        "What cannot be right is an error",
        arguments: [
            ("dns.listen", "192.0.2.1:9030"), ("dns.addresses", ["0.0.0.0"]),
            ("dns.contact", "a.b@example.com"), ("dns.ttl", "8d"), ("dns.caa", ["é"]),
            ("dns.update", ["server": "a:53", "zone": "other.example", "keyFile": "k"]),
            ("dns.limits", ["slip": "11"]), ("dns.listne", "1"),
        ] as [(String, ConfigurationNode)]
    )
    func invalid(path: String, value: ConfigurationNode) {
        #expect(tree.setting(path, to: value).decoded().configuration == nil, "\(path)")
    }
}

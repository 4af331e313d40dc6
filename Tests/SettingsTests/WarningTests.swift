import Policy
import Testing
import Traffic

@testable import Settings

@Suite("Warnings of a configuration")
struct WarningTests {
    @Test("A warning does not keep a configuration from being served")
    func configurationIsMade() {
        let decoded = SampleTree.public.setting("timeouts.header", to: "2s").decoded()
        #expect(decoded.warnings.count == 1)
        #expect(decoded.faults == [])
        #expect(decoded.configuration != nil)
    }

    @Test("The policy is in a store if there is one, unless the file says otherwise")
    func authority() {
        for (policy, state, authority) in [
            (nil, nil, .file), (nil, "s.db", .store), ("file", "s.db", .file),
            ("store", "s.db", .store),
        ] as [(ConfigurationNode?, ConfigurationNode?, PolicyAuthority)] {
            var tree = SampleTree.public
            if let policy { tree = tree.setting("policy", to: policy) }
            if let state { tree = tree.setting("state", to: state) }
            let decoded = tree.decoded()
            #expect(decoded.findings == [])
            #expect(decoded.configuration?.topology.policyAuthority == authority)
        }
        let faults = SampleTree.public.setting("policy", to: "store").decoded().faults
        #expect(faults.map(\.path) == ["policy"])
    }

    @Test("initialPolicy decides what a warehouse without a whitelist starts with")
    func initialPolicy() throws {
        let tree = SampleTree.public.removing("warehouses[0].whitelist").setting(
            "state",
            to: "s.db"
        )
        for (initial, blocks) in [("open", ["0.0.0.0/0", "::/0"]), ("closed", [])] {
            let decoded = tree.setting("initialPolicy", to: .init(stringLiteral: initial)).decoded()
            #expect(decoded.findings == [])
            let policy = try #require(decoded.configuration?.policy.warehouses.values.first)
            let entries = policy.whitelist.lists.flatMap { $0.entries.map(\.entry.text) }
            #expect(entries == blocks && policy.whitelist.mode == .specific)
        }
    }

    @Test("A doubtful setting is a warning at its key path", arguments: publicWarnings)
    func publicLink(warning: FaultCase) {
        warning.expectFinding(.warning, in: SampleTree.public)
    }

    static let publicWarnings = [
        FaultCase("initialPolicy", "closed", "only applies to a policy in a store"),
        FaultCase("warehouses", [], "serves nothing"),
        FaultCase("timeouts.header", "2s", "at least 3s"),
        FaultCase("keepalive.idle", "240s", "less than 240s"),
        FaultCase("log.audit", "unixgram:/dev/log", at: "log", "only a policy in a store"),
        FaultCase("warehouses[0].listeners", [], at: "warehouses[0]", "no listener"),
        FaultCase("warehouses[0].listeners", nil, at: "warehouses[0]", "no listener"),
        FaultCase("warehouses[0].whitelist", nil, at: "warehouses[0]", "every address is admitted"),
        FaultCase("warehouses[0].whitelist", [:], "admit no clients"),
        FaultCase(
            "warehouses[0].whitelist.mode",
            "anywhere",
            at: "warehouses[0].whitelist.entries",
            "has no effect while mode is anywhere"
        ),
        FaultCase(
            "warehouses[0].whitelist.mode",
            "nowhere",
            at: "warehouses[0].whitelist.entries",
            "has no effect while mode is nowhere"
        ),
        FaultCase(
            "warehouses[0].whitelist.entries[0].cidr",
            "0.0.0.0/0",
            at: "warehouses[0].whitelist",
            "does not cover IPv6"
        ),
        FaultCase(
            "warehouses[0].whitelist.entries[0].cidr",
            "::/0",
            at: "warehouses[0].whitelist",
            "does not cover IPv4"
        ),
        FaultCase(
            "warehouses[0].whitelist.entries[0].expires",
            "2025-12-31T23:59:59Z",
            "has expired"
        ),
        FaultCase("warehouses[0].listeners[0].listen", "0.0.0.0:0", "port 0"),
        FaultCase("warehouses[0].listeners[0].healthCheck", "tcp", "max_connect_errors"),
        FaultCase(
            "warehouses[0].listeners[0].proxyProtocol",
            ["trusted": ["10.0.0.0/24"]],
            "has no effect while accept is off"
        ),
        FaultCase(
            "warehouses[0].listeners[0].proxyProtocol",
            ["timeout": "1s"],
            at: "warehouses[0].listeners[0].proxyProtocol.timeout",
            "at least 3s"
        ),
    ]

    @Test("An HTTP backend with only a TCP check may reject our header and count as healthy")
    func uncheckedHeader() {
        let path = "warehouses[0].listeners[0]"
        let tree = SampleTree.public.setting("\(path).protocol", to: "http")
            .setting("\(path).sendProxyProtocol", to: "v1")
        #expect(tree.decoded().findings.map(\.remedy) == ["set healthCheck: http"])
        for word in ["http", "off"] as [ConfigurationNode] {
            #expect(tree.setting("\(path).healthCheck", to: word).decoded().findings == [])
        }
    }

    @Test(
        "A description that looks like an expiry causes a warning, unless the entry has one",
        arguments: ["until 2027-01-01", "guests, expires 2027", "Expiry: 01.02.2027"]
    )
    func describedExpiry(description: String) {
        let path = "warehouses[0].whitelist.entries[0]"
        let tree = SampleTree.public
            .setting("\(path).description", to: .init(stringLiteral: description))
        #expect(tree.decoded().findings.map(\.severity) == [.warning])
        #expect(tree.decoded().findings.first?.remedy?.contains("expires: 2027") == true)
        let expiring = tree.setting("\(path).expires", to: "2027-01-01T00:00:00Z")
        #expect(expiring.decoded().findings == [])
    }

    @Test(
        "Trusted networks that together are most of the internet cause a warning",
        arguments: [
            (["0.0.0.0/0"], "any IPv4 address"),
            (["0.0.0.0/1", "128.0.0.0/1"], "any IPv4 address"),
            (["0.0.0.0-255.255.255.254"], "nearly any IPv4"),
            (["64.0.0.0/2", "128.0.0.0/1"], "75% of all IPv4"), (["::/1"], "any IPv6 address"),
            (["2000::/4", "3000::/4"], "any IPv6 address"), (["2000::/4"], "50% of all IPv6"),
        ] as [([String], String)]
    )
    func wideTrust(networks: [String], words: String) {
        let list = ConfigurationNode(list: networks.map { ConfigurationNode(stringLiteral: $0) })
        let listener = "warehouses[0].listeners[0]"
        let trusting = SampleTree.public
            .setting("\(listener).proxyProtocol", to: ["accept": "optional", "trusted": list])
        #expect(trusting.decoded().findings.map(\.path) == ["\(listener).proxyProtocol"])
        #expect(trusting.decoded().warnings.first?.message.contains(words) == true)
        let serving = SampleTree.public.setting("\(listener).link", to: "outbound")
            .setting("\(listener).sources", to: list)
        #expect(serving.decoded().findings.map(\.path) == ["\(listener).sources"])
        #expect(serving.decoded().warnings.first?.message.contains(words) == true)
    }

    @Test(
        "A private network is trusted without a warning",
        arguments: ["10.0.0.0/8", "0.0.0.0/2", "fc00::/7", "2000::/5", "192.0.2.1"]
    )
    func narrowTrust(network: String) {
        let path = "warehouses[0].listeners[0].proxyProtocol"
        let list = ConfigurationNode(list: [ConfigurationNode(stringLiteral: network)])
        let tree = SampleTree.public.setting(path, to: ["accept": "optional", "trusted": list])
        #expect(tree.decoded().findings == [])
    }

    @Test(
        "A management address in a private network needs no warning",
        arguments: ["127.0.0.1:7080", "[::1]:7080", "10.1.2.3:7080", "[fd00::1]:7080"]
    )
    func closedManagement(address: String) {
        let listen = ConfigurationNode(stringLiteral: address)
        let tree = SampleTree.public.setting("management", to: ["listen": listen])
        #expect(tree.decoded().findings == [])
    }

    @Test("A doubtful private link is a warning at its key path", arguments: privateWarnings)
    func privateLink(warning: FaultCase) {
        warning.expectFinding(.warning, in: SampleTree.private)
    }

    static let privateWarnings = [
        FaultCase("warehouses[0].endpoints", nil, at: "warehouses[0]", "admits no clients"),
        FaultCase("warehouses[0].endpoints", [], at: "warehouses[0]", "admits no clients"),
        FaultCase(
            "warehouses[0].endpointServices[0]",
            SampleTree.endpointService
                .setting("acceptance", to: "automatic")
                .setting("allowedPrincipals", to: ["*"]),
            at: "warehouses[0].endpointServices[0].allowedPrincipals[0]",
            "accepted automatically"
        ),
    ]

    @Test("A tcp listener with reject: error causes a warning, and drops")
    func tcpHasNoWords() {
        let decoded =
            SampleTree.public
            .setting("warehouses[0].listeners[0].protocol", to: "tcp")
            .setting("warehouses[0].listeners[0].reject", to: "error")
            .decoded()
        #expect(decoded.findings.map(\.path) == ["warehouses[0].listeners[0].reject"])
        #expect(decoded.configuration?.topology.listeners[0].reject == .drop)
    }

    @Test("A redundant entry causes a warning that names it and the other one")
    func repeatedEntry() {
        let decoded =
            SampleTree.public
            .setting(
                "warehouses[0].whitelist.entries",
                to: [
                    ["cidr": "203.0.113.0/24", "expires": "2027-01-01T00:00:00Z"],
                    ["cidr": "203.0.113.0/24"],
                ]
            )
            .decoded()
        #expect(decoded.findings.map(\.path) == ["warehouses[0].whitelist.entries[0].cidr"])
        #expect(decoded.warnings.first?.message.contains("entries[1].cidr") == true)
    }

    @Test("Lists from files may repeat each other: that needs no warning")
    func repeatedLine() {
        let decoded =
            SampleTree.public
            .setting("warehouses[0].whitelist.files", to: ["a.cidrs"])
            .decoded(files: ["a.cidrs": "198.51.100.0/24\n198.51.100.0/24\n203.0.113.0/24\n"])
        #expect(decoded.findings == [])
    }

    @Test("A whitelist that denies all of IPv4 is not open, and needs no warning")
    func denyAll() {
        let all: ConfigurationNode = ["cidr": "0.0.0.0/0", "action": "deny"]
        let tree = SampleTree.public.setting("warehouses[0].whitelist.entries", to: [all])
        #expect(tree.decoded().findings == [])
    }

    @Test("With manual acceptance, any principal may request an endpoint without a warning")
    func everybodyByHand() {
        let path = "warehouses[0].endpointServices[0].allowedPrincipals"
        #expect(SampleTree.private.setting(path, to: ["*"]).decoded().findings == [])
    }

    @Test("A private link without a whitelist needs no warning: its endpoints decide")
    func privateLinkNeedsNoWhitelist() {
        #expect(SampleTree.private.removing("warehouses[0].whitelist").decoded().findings == [])
    }

    @Test("An entry expires in the second that it names")
    func expiryAtNow() {
        let path = "warehouses[0].whitelist.entries[0].expires"
        let atNow = SampleTree.public.setting(path, to: "2026-01-01T00:00:00Z")
        let later = SampleTree.public.setting(path, to: "2026-01-01T00:00:01Z")
        #expect(atNow.decoded().warnings.map(\.path) == [path])
        #expect(later.decoded().warnings == [])
    }
}

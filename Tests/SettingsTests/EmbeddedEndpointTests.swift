import Addresses
import DomainNames
import Policy
import Settings
import Testing

@Suite("Private links without a cloud, outbound links, and what happens to sessions")
struct EmbeddedEndpointTests {
    private let tree = SampleTree.public
        .setting("warehouses[0].listeners[0].link", to: "private")
        .setting("warehouses[0].listeners[0].listen", to: "10.1.0.2:9030")
        .setting("warehouses[0].listeners[0].endpoint", to: "reporting")
        .setting("warehouses[0].listeners[0].interface", to: "vpc1")
        .setting(
            "warehouses[0].endpoints",
            to: [["id": "reporting", "cloud": "embedded", "state": "available"]]
        )

    private func findings(_ tree: ConfigurationNode) -> [String] {
        tree.decoded().findings.map { "\($0.path): \($0.message)" }
    }

    @Test("A listener can be an endpoint itself, and then needs no PROXY header")
    func embedded() {
        let decoded = tree.setting("domain", to: "link.example.com").decoded()
        #expect(decoded.findings == [])
        #expect(decoded.configuration?.topology.domain?.text == "link.example.com")
        #expect(decoded.configuration?.topology.listeners[0].endpoint == "reporting")
        let endpoints = decoded.configuration?.policy["AWVA7CM7"].endpoints
        #expect(endpoints?.map(\.name) == [EndpointName(.embedded, "reporting")])
    }

    @Test("Without an interface, there is a warning that other networks can use it too")
    func interface() {
        let found = findings(tree.removing("warehouses[0].listeners[0].interface"))
        #expect(found.count == 1)
        #expect(found.first?.contains("over any network") == true)
        for name in ["", "a b", "a/b", "sixteen-letters-", "é"] {
            let tree = tree.setting(
                "warehouses[0].listeners[0].interface",
                to: ConfigurationNode(stringLiteral: name)
            )
            #expect(
                findings(tree).contains { $0.contains("a network interface name") },
                "\(name)"
            )
        }
    }

    @Test("A listener's endpoint must be defined, and an endpoint needs a listener")
    func unmatched() {
        let found = findings(tree.setting("warehouses[0].listeners[0].endpoint", to: "other"))
        #expect(found.count == 2)
        #expect(found.contains { $0.contains("\"other\" is used by a listener but not defined") })
        #expect(found.contains { $0.contains("has no listener") })
    }

    @Test(
        "An embedded endpoint's id is a label of a DNS name",
        arguments: ["Caps", "a.b", "-a", ""]
    )
    func id(text: ConfigurationNode) {
        let found = findings(tree.setting("warehouses[0].listeners[0].endpoint", to: text))
        #expect(found.contains { $0.contains("as in a DNS name") })
    }

    @Test("Only a private link comes through an endpoint")
    func publicLink() {
        let found = findings(tree.setting("warehouses[0].listeners[0].link", to: "public"))
        #expect(found.contains { $0.hasSuffix("only private links have an endpoint") })
    }

    @Test("A listener on every address causes a warning", arguments: ["0.0.0.0:9", "[::]:9"])
    func everyNetwork(address: ConfigurationNode) {
        let decoded = tree.setting("warehouses[0].listeners[0].listen", to: address).decoded()
        #expect(decoded.configuration != nil)
        #expect(decoded.findings.count == 1)
        #expect(decoded.findings.first?.message.contains("listens on every network") == true)
    }

    @Test("An endpoint may have a connection limit")
    func limit() {
        let decoded = tree.setting("warehouses[0].endpoints[0].limits", to: ["connections": "7"])
            .decoded()
        #expect(decoded.configuration?.policy["AWVA7CM7"].endpoints[0].connectionLimit == 7)
    }

    @Test("Only an outbound link has its own sources")
    func sources() {
        let sources: ConfigurationNode = ["10.0.0.0/8"]
        let outbound = SampleTree.public
            .setting("warehouses[0].listeners[0].link", to: "outbound")
            .setting("warehouses[0].listeners[0].sources", to: sources)
        let listener = outbound.decoded().configuration?.topology.listeners[0]
        #expect(listener?.sources?.map(\.description) == ["10.0.0.0/8"])
        let found = findings(
            SampleTree.public.setting("warehouses[0].listeners[0].sources", to: sources)
        )
        #expect(found.contains { $0.contains("only outbound links have sources") })
    }

    @Test("Sessions that a change no longer admits are closed, unless the warehouse keeps them")
    func whenRevoked() {
        let warehouse = SampleTree.public.decoded().configuration?.topology.warehouses[0]
        #expect(warehouse?.whenRevoked == .close)
        let kept = SampleTree.public.setting("warehouses[0].whenRevoked", to: "keep").decoded()
        #expect(kept.configuration?.topology.warehouses[0].whenRevoked == .keep)
    }

    @Test("The states may also be written in the terms of the endpoint's cloud")
    func words() {
        func state(_ cloud: ConfigurationNode, _ id: ConfigurationNode, _ word: ConfigurationNode)
            -> Endpoint.State?
        {
            SampleTree.private
                .setting(
                    "warehouses[0].endpoints",
                    to: [["id": id, "cloud": cloud, "state": word]]
                )
                .decoded().configuration?.policy["AWVA7CM7"].endpoints[0].state
        }
        #expect(state("azure", "5", "Approved") == .available)
        #expect(state("azure", "5", "Disconnected") == .deleted)
        #expect(state("aws", "vpce-0123456789abcdef0", "PendingAcceptance") == .pendingAcceptance)
        #expect(state("aws", "vpce-0123456789abcdef0", "Approved") == nil)
    }

    @Test("The initial state of an allowed principal's endpoint follows its service's acceptance")
    func initialState() {
        func decoded(_ acceptance: ConfigurationNode, _ principal: ConfigurationNode)
            -> DecodedConfiguration
        {
            SampleTree.private
                .setting("warehouses[0].endpointServices[0].acceptance", to: acceptance)
                .setting(
                    "warehouses[0].endpoints",
                    to: [
                        [
                            "id": "vpce-0123456789abcdef0", "cloud": "aws",
                            "service": "vpce-svc-0a1b2c3d4e5f67890", "principal": principal,
                        ]
                    ]
                ).decoded()
        }
        func state(_ decoded: DecodedConfiguration) -> Endpoint.State? {
            decoded.configuration?.policy["AWVA7CM7"].endpoints[0].state
        }
        let known: ConfigurationNode = "arn:aws:iam::123456789012:role/etl"
        #expect(state(decoded("automatic", known)) == .available)
        #expect(state(decoded("manual", known)) == .pendingAcceptance)
        let stranger = decoded("automatic", "arn:aws:iam::999999999999:role/etl")
        #expect(state(stranger) == .pendingAcceptance)
        #expect(stranger.warnings.map(\.path) == ["warehouses[0].endpoints[0].principal"])
    }
}

import Addresses
import CIDRTrie
import Operations
import Testing
import Traffic

@testable import Policy
@testable import Settings
@testable import Time

@Suite("Listeners with routes to several warehouses")
struct SharedListenerTests {
    private static let first = "vpce-0123456789abcdef0"
    private static let second = "vpce-0123456789abcdef1"

    private static func warehouse(_ id: ConfigurationNode, _ endpoint: String) -> ConfigurationNode
    {
        [
            "id": id,
            "whitelist": ["entries": [["cidr": "203.0.113.0/24"]]],
            "endpoints": [["id": .init(stringLiteral: endpoint), "cloud": "aws"]],
            "services": ["mysql": ["backends": ["127.0.0.1:3306"]]],
        ]
    }

    /// Two warehouses behind one private listener.
    private static let tree: ConfigurationNode = [
        "timeouts": ["connect": "3s", "idle": "40s"],
        "listeners": [
            [
                "protocol": "mysql", "listen": "0.0.0.0:9040", "link": "private",
                "proxyProtocol": ["accept": "required", "trusted": ["10.0.0.0/24"]],
                "timeouts": ["idle": "50s"],
                "routes": [
                    ["endpoint": "vpce-0123456789abcdef0", "warehouse": "A"],
                    ["endpoint": "aws:vpce-0123456789abcdef1", "warehouse": "B"],
                    ["default": "true", "warehouse": "A"],
                ],
            ]
        ],
        "warehouses": [warehouse("A", first), warehouse("B", second)],
    ]

    private static let listener = "listeners[0]"

    private func faults(_ path: String, _ value: ConfigurationNode) -> [String] {
        let decoded = Self.tree.setting(path, to: value).decoded()
        #expect(decoded.configuration == nil)
        return decoded.faults.map(\.description)
    }

    @Test("Each route leads to the warehouse's service of the listener's protocol")
    func routes() throws {
        let decoded = Self.tree.decoded()
        #expect(decoded.findings == [])
        let listener = try #require(decoded.configuration?.topology.listeners.first)
        #expect(
            listener.routes.map(\.match) == [
                .endpoint(EndpointName(.aws, Self.first)),
                .endpoint(EndpointName(.aws, Self.second)), .default,
            ]
        )
        let ids = listener.routes.map(\.service.id)
        let (a, b) = (
            Service.ID(warehouse: "A", protocol: .mysql),
            Service.ID(warehouse: "B", protocol: .mysql)
        )
        #expect(ids == [a, b, a])
        #expect(listener.warehouses == ["A", "B"])
        #expect(decoded.configuration?.topology.services.map(\.id) == [a, b])
        #expect(listener.reject == .errorAfterGreeting)
    }

    @Test("The same endpoint with and without its cloud is the same one")
    func sameEndpoint() {
        let faults = faults("listeners[0].routes[1].endpoint", "aws:vpce-0123456789abcdef0")
        #expect(faults.count { $0.contains("duplicate route") } == 1, "\(faults)")
    }

    @Test("Limits of a listener belong to its services")
    func limits() {
        let faults = faults("listeners[0].limits", ["connections": "3"])
        #expect(faults.count == 1 && faults[0].contains("services.PROTOCOL.limits"), "\(faults)")
    }

    @Test("The explanation of a client without a route matches what the data plane does")
    func explained() throws {
        let tree = Self.tree.setting(
            "listeners[0].routes",
            to: [["endpoint": "vpce-0123456789abcdef1", "warehouse": "B"]]
        )
        let configuration = try #require(tree.decoded().configuration)
        for endpoint in [Self.first, "vpce-0aaaaaaaaaaaaaaaa"] {
            let explanations = configuration.explain(
                warehouse: "B",
                AccessQuestion(
                    client: .v4(IPv4Address(203, 0, 113, 7)),
                    endpoint: EndpointName(.aws, endpoint),
                    at: UnixTime(seconds: 0)
                )
            )
            #expect(explanations?.map(\.verdict) == [.deny])
            #expect(explanations?.map(\.reason) == [.unknownEndpoint])
        }
    }

    @Test("A service's settings take precedence over the listener's, and those over the gateway's")
    func timeouts() throws {
        let tree = Self.tree.setting("warehouses[1].services.mysql.timeouts", to: ["write": "60s"])
        let routes = try #require(tree.decoded().configuration?.topology.listeners.first).routes
        #expect(routes.map(\.timeouts.connect) == Array(repeating: .seconds(3), count: 3))
        #expect(routes.map(\.timeouts.idle) == Array(repeating: .seconds(50), count: 3))
        #expect(routes.map(\.timeouts.write) == [.seconds(600), .seconds(60), .seconds(600)])
        let own = tree.setting("warehouses[1].services.mysql.timeouts.idle", to: "70s")
        let idle = own.decoded().configuration?.topology.listeners.first?.routes.map(
            \.timeouts.idle
        )
        #expect(idle == [.seconds(50), .seconds(70), .seconds(50)])
    }

    @Test("A service has the same keys as a warehouse's listener")
    func service() throws {
        let tree = Self.tree
            .setting(
                "warehouses[0].services.mysql",
                to: [
                    "backends": ["db:3306", "[::1]:3307"], "healthCheck": ["user": "monitor"],
                    "sendProxyProtocol": "v1", "sourceAddresses": ["192.0.2.1"],
                    "limits": ["connections": "7"],
                ]
            )
        let decoded = tree.decoded()
        #expect(decoded.faults == [])
        let service = try #require(decoded.configuration?.topology.services.first)
        #expect(service.backends.map(\.address.description) == ["db:3306", "[::1]:3307"])
        #expect(service.healthCheck.kind == .mysql(user: "monitor"))
        #expect(service.sendProxyProtocol == .v1)
        #expect(service.sourceAddresses.map(\.description) == ["192.0.2.1"])
        #expect(service.connectionLimit == 7)
    }

    @Test("A route that leads nowhere is an error that names what is missing")
    func nowhere() {
        let route = "\(Self.listener).routes[1]"
        #expect(
            faults("\(route).warehouse", "C").contains { $0.contains("unknown warehouse") }
        )
        #expect(
            faults("\(route).warehouse", "a").contains { $0.contains("did you mean A?") }
        )
        #expect(
            faults("warehouses[1].services", ["http": ["backends": ["127.0.0.1:80"]]])
                .contains { $0.contains("warehouse B has no mysql service") }
        )
        #expect(
            faults("\(route).endpoint", "553665793").contains { $0.contains("azure:553665793") }
        )
    }

    @Test("A route to an invalid warehouse or service is not reported too")
    func consequences() {
        for (path, value) in [
            ("warehouses[1].whenRevoked", "sometimes"),
            ("warehouses[1].services.mysql.backends", "none"),
            ("warehouses[1].services.mysql.healthCheck", "sql"),
        ] as [(String, ConfigurationNode)] {
            #expect(faults(path, value).count == 1, "\(path)")
        }
    }

    @Test(
        "An invalid route is an error at its place",
        arguments: [
            ("routes[0]", ["warehouse": "A"], "the route matches no clients"),
            ("routes[0]", ["endpoint": "vpce-1"], "warehouse: missing"),
            ("routes[2].default", "false", "must be true"),
            ("routes[2].endpoint", "vpce-0123456789abcdef0", "matches one thing only"),
            ("routes[0].endpoint", "embedded:office", "needs a listener of its own"),
            ("routes[0].endpoint", "aws:vpce-0123456789abcdef1", "duplicate route"),
            ("routes[0]", ["serverName": "a b", "warehouse": "A"], "serverName"),
            (
                "routes[0]", ["host": "a.example", "warehouse": "A"],
                "only HTTP requests have a host"
            ),
            ("routes[0]", ["userSuffix": "a@b", "warehouse": "A"], "without @"),
            (
                "routes[0]", ["attribute": "blue", "warehouse": "A"],
                "which connection attribute it looks at"
            ),
            ("link", "outbound", "an outbound link belongs to one warehouse"),
            ("backends", ["127.0.0.1:1"], "warehouses[].services.PROTOCOL.backends"),
            ("endpoint", "office", "only listeners inside a warehouse have it"),
        ] as [(String, ConfigurationNode, String)]
    )
    func shape(path: String, value: ConfigurationNode, words: String) {
        let found = faults("\(Self.listener).\(path)", value)
        #expect(found.count == 1 && found[0].contains(words), "\(found)")
    }

    @Test("A public listener needs a default route, and has no endpoints")
    func publicLink() {
        let open = Self.tree
            .setting("\(Self.listener).link", to: "public")
            .setting("\(Self.listener).routes", to: [["default": "true", "warehouse": "A"]])
        let faults = open.decoded().faults.map(\.description)
        #expect(faults == [])
        let none = open.setting("\(Self.listener).routes", to: []).decoded().faults
        #expect(none.map(\.path) == ["\(Self.listener).routes"])
        let endpoint = open.setting(
            "\(Self.listener).routes",
            to: [["endpoint": "vpce-0123456789abcdef0", "warehouse": "A"]]
        )
        #expect(endpoint.decoded().faults.contains { $0.remedy == "set link: private" })
    }

    @Test("A service without a route and an unregistered endpoint cause warnings")
    func warnings() {
        let unused = Self.tree
            .setting("warehouses[1].services.http", to: ["backends": ["127.0.0.1:80"]])
            .decoded()
        #expect(unused.findings.map(\.path) == ["warehouses[1].services.http"])
        let unknown = Self.tree
            .setting("\(Self.listener).routes[1].endpoint", to: "vpce-0123456789abcdef9")
            .decoded()
        #expect(unknown.faults == [])
        #expect(unknown.findings.map(\.path) == ["\(Self.listener).routes[1].endpoint"])
    }

    @Test("For a private listener without PROXY headers, becoming an endpoint is not suggested")
    func missingHeaders() throws {
        let decoded = Self.tree.removing("\(Self.listener).proxyProtocol").decoded()
        #expect(decoded.faults.map(\.path) == [Self.listener])
        let remedy = try #require(decoded.faults.first?.remedy)
        #expect(remedy.hasPrefix("add proxyProtocol:") && !remedy.contains("endpoint"), "\(remedy)")
    }

    @Test(
        "A default that names the warehouse is one error, whose remedy passes",
        arguments: [true, false]
    )
    func namedDefault(hasWarehouse: Bool) {
        let route = "\(Self.listener).routes[2]"
        var tree = Self.tree.setting("\(route).default", to: "A")
        if !hasWarehouse { tree = tree.removing("\(route).warehouse") }
        let faults = tree.decoded().faults
        #expect(faults.map(\.path) == ["\(route).default"])
        let remedy = "write default: true" + (hasWarehouse ? "" : ", warehouse: A")
        #expect(faults.map(\.remedy) == [remedy])
        let cured = tree.setting("\(route).default", to: "true")
            .setting("\(route).warehouse", to: "A")
        #expect(cured.decoded().findings == [])
    }

    @Test("For services as a list, the mapping is suggested")
    func listedServices() {
        let found = Self.tree.setting("warehouses[0].services", to: ["mysql"]).decoded().faults
        #expect(found.map(\.path) == ["warehouses[0].services"])
        #expect(found.first?.remedy?.contains("{ PROTOCOL: { backends: [ host:port ] } }") == true)
    }

    @Test(
        "An endpoint that does not have its cloud's form is an error that shows the form",
        arguments: [
            ("azure:pe-1", "a LINKID, 0 to 4294967295"), ("aws:reporting", "vpce- and 17"),
            ("gcp:one", "a decimal number"), ("alibaba:x", "ep-…"),
        ]
    )
    func wrongForm(endpoint: String, expected: String) {
        let route = "\(Self.listener).routes[0].endpoint"
        let found = faults(route, .init(stringLiteral: endpoint))
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
    }

    @Test("For an id without its cloud, only clouds with such ids are suggested")
    func clouds() {
        let route = "\(Self.listener).routes[0].endpoint"
        let number = faults(route, "553665793")
        #expect(number.first?.contains("or write azure:553665793 or gcp:553665793") == true)
        let large = faults(route, "55366579300")
        #expect(large.first?.contains("or write gcp:55366579300)") == true, "\(large)")
        let name = faults(route, "reporting")
        #expect(name.first?.contains("use the id of one of its endpoints") == true, "\(name)")
    }

    @Test("For keys in the wrong mapping, the right one is suggested")
    func homes() {
        let inner = SampleTree.public.setting("warehouses[0].listeners[0].routes", to: [])
        #expect(
            inner.decoded().faults.map(\.description).contains {
                $0.contains("top-level listeners have")
            }
        )
        let service = Self.tree.setting("warehouses[0].services.mysql.listen", to: "0.0.0.0:1")
        #expect(
            service.decoded().faults.contains { $0.remedy?.contains("listeners[].listen") == true }
        )
    }

    @Test("A client's own header must not reach a backend that also gets the gateway's")
    func clientHeaders() {
        let found = Self.tree
            .setting("\(Self.listener).link", to: "public")
            .setting("\(Self.listener).proxyProtocol", to: ["clientHeaders": "pass"])
            .setting("\(Self.listener).routes", to: [["default": "true", "warehouse": "A"]])
            .setting("warehouses[0].services.mysql.sendProxyProtocol", to: "v2")
            .decoded().faults
        #expect(found.map(\.path) == ["\(Self.listener).routes[0]"])
    }
}

import Testing

@testable import Settings

@Suite("Routes by name, and the names of warehouses")
struct RouteNameTests {
    private static func warehouse(_ id: ConfigurationNode) -> ConfigurationNode {
        [
            "id": id, "whitelist": ["entries": [["cidr": "203.0.113.0/24"]]],
            "services": ["http": ["backends": ["127.0.0.1:8030"]]],
        ]
    }

    /// Two warehouses, of which the routes of one TLS listener have the names.
    private static let tree: ConfigurationNode = [
        "domain": "gw.example",
        "tls": ["certificates": [["certificate": "gw.pem", "key": "gw.key"]]],
        "listeners": [
            [
                "protocol": "http", "listen": "192.0.2.1:443", "tls": "on",
                "routes": [
                    ["serverName": "sales.gw.example", "warehouse": "SALES"],
                    ["host": "stock.gw.example", "warehouse": "STOCK"],
                ],
            ]
        ],
        "warehouses": [warehouse("SALES"), warehouse("STOCK")],
    ]
    private static let routes = "listeners[0].routes"

    private func warnings(_ tree: ConfigurationNode) -> [ConfigurationFinding] {
        let decoded = tree.decoded()
        #expect(decoded.faults == [])
        return decoded.warnings
    }

    @Test("Routes for the name of each warehouse cause no warning")
    func complete() {
        #expect(warnings(Self.tree) == [])
    }

    @Test("A warehouse whose name no route has is a warning, with the route to add")
    func unrouted() {
        let tree = Self.tree.setting(
            "\(Self.routes)[1]",
            to: ["default": "true", "warehouse": "STOCK"]
        )
        let found = warnings(tree)
        #expect(found.map(\.path) == ["\(Self.routes)[1]"])
        #expect(found.first?.message.contains("stock.gw.example of STOCK") == true)
        #expect(found.first?.message.contains("unknownName") == true)
        #expect(
            found.first?.remedy
                == "add { serverName: stock.gw.example, warehouse: STOCK } to the same routes"
        )
    }

    @Test("Without any route by name, the default takes every name")
    func defaultOnly() {
        let tree = Self.tree.setting(Self.routes, to: [["default": "true", "warehouse": "STOCK"]])
            .setting("warehouses", to: [Self.warehouse("STOCK")])
        #expect(warnings(tree) == [])
    }

    @Test("A new label needs a new route")
    func label() {
        let found = warnings(Self.tree.setting("warehouses[0].label", to: "sales-eu"))
        #expect(found.map(\.path) == ["\(Self.routes)[0]"])
        let remedies = found.compactMap(\.remedy)
        #expect(
            remedies.contains(
                "add { serverName: sales-eu.gw.example, warehouse: SALES } to the same routes"
            )
        )
    }

    @Test("A host outside of the domain needs a route, or the default")
    func host() {
        let tree = Self.tree.setting("warehouses[0].host", to: "sales.company.com")
        let denied = warnings(tree)
        #expect(denied.count == 1)
        #expect(denied.first?.message.contains("denied (noRoute)") == true)
        let standard: ConfigurationNode = ["default": "true", "warehouse": "STOCK"]
        let elsewhere = warnings(tree.setting("\(Self.routes)[1]", to: standard))
        #expect(elsewhere.contains { $0.message.contains("reach STOCK, by the default route") })
        let own: ConfigurationNode = [
            ["serverName": "stock.gw.example", "warehouse": "STOCK"],
            ["default": "true", "warehouse": "SALES"],
        ]
        #expect(warnings(tree.setting(Self.routes, to: own)) == [])
        #expect(warnings(Self.tree.setting("warehouses[0].host", to: "192.0.2.9")) == [])
    }

    @Test("A name close to a warehouse's is probably that one")
    func typo() {
        let found = warnings(
            Self.tree.setting("\(Self.routes)[1].host", to: "stok.gw.example")
        )
        #expect(found.map(\.message) == ["no warehouse has the name stok.gw.example"])
        #expect(found.first?.remedy == "did you mean stock.gw.example?")
    }

    @Test("Another name in the domain is one that does not resolve if the gateway answers for it")
    func unresolved() {
        let route: ConfigurationNode = ["serverName": "reports.gw.example", "warehouse": "STOCK"]
        let more = Self.tree.setting(
            Self.routes,
            to: [
                ["serverName": "sales.gw.example", "warehouse": "SALES"],
                ["host": "stock.gw.example", "warehouse": "STOCK"], route,
            ]
        )
        #expect(warnings(more) == [])
        let served = more.setting(
            "dns",
            to: ["listen": "192.0.2.1:53", "nameServers": ["ns1.gw.example"]]
        )
        #expect(warnings(served).map(\.path) == ["\(Self.routes)[2]"])
    }

    @Test("Routes by serverName without TLS and PROXY headers can never match")
    func noNames() {
        let plain = Self.tree.setting("listeners[0].tls", to: "off")
            .setting(
                "\(Self.routes)[1]",
                to: ["serverName": "stock.gw.example", "warehouse": "STOCK"]
            )
        let found = warnings(plain)
        #expect(found.map(\.path) == ["\(Self.routes)[0]"])
        #expect(found.first?.message.contains("no client of this listener shows a name") == true)
        #expect(found.first?.remedy?.contains("write host instead") == true)
        let header: ConfigurationNode = ["accept": "required", "trusted": ["10.0.0.0/24"]]
        #expect(warnings(plain.setting("listeners[0].proxyProtocol", to: header)) == [])
        // A request's host is a name, too.
        #expect(warnings(Self.tree.setting("listeners[0].tls", to: "off")) == [])
    }

    @Test(
        "A wildcard in a route is an error that says that there are none",
        arguments: ["serverName", "host"]
    )
    func wildcard(key: String) {
        let route: ConfigurationNode = [
            "\(key)": "*.gw.example", "warehouse": "SALES",
        ]
        let faults = Self.tree.setting("\(Self.routes)[0]", to: route).decoded().faults
        #expect(faults.map(\.path) == ["\(Self.routes)[0].\(key)"])
        #expect(faults.first?.message == "routes have no wildcards, found \"*.gw.example\"")
    }

    @Test("A service without a route is told which routes it may have")
    func services() {
        let tree = Self.tree.setting(
            Self.routes,
            to: [["serverName": "sales.gw.example", "warehouse": "SALES"]]
        )
        let found = warnings(tree)
        #expect(found.map(\.path) == ["warehouses[1].services.http"])
        let remedy = found.first?.remedy ?? ""
        #expect(remedy.contains("default: true, warehouse: STOCK"))
        #expect(remedy.contains("{ serverName: stock.gw.example, … }"))
        #expect(remedy.contains("{ host: stock.gw.example, … }"))
    }
}

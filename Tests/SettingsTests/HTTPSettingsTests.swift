import Addresses
import Settings
import Testing
import Traffic

@Suite("The HTTP settings of a listener")
struct HTTPSettingsTests {
    /// A public HTTP listener whose service has targets.
    static let tree = SampleTree.public
        .setting("warehouses[0].listeners[0].protocol", to: "http")
        .setting("warehouses[0].listeners[0].listen", to: "0.0.0.0:8030")
        .setting("warehouses[0].listeners[0].backends", to: ["fe-1:8030"])
        .setting("warehouses[0].listeners[0].redirects", to: ["targets": ["be-1:8040"]])

    private func decoded(_ http: ConfigurationNode) -> DecodedConfiguration {
        Self.tree.setting("warehouses[0].listeners[0].http", to: http).decoded()
    }

    private func terms(_ http: ConfigurationNode) throws -> HTTPTerms {
        let decoded = decoded(http)
        #expect(decoded.findings == [])
        return try #require(decoded.configuration?.topology.listeners[0].http)
    }

    @Test("Without it, bytes are relayed")
    func standard() {
        let plain = Self.tree.removing("warehouses[0].listeners[0].redirects").decoded()
        #expect(plain.configuration?.topology.listeners[0].http == HTTPTerms())
        #expect(plain.findings == [])
        #expect(!HTTPTerms().readsRequests)
    }

    @Test("A word alone is the mode", arguments: HTTPTerms.Mode.allCases.filter { $0 != .pass })
    func word(mode: HTTPTerms.Mode) throws {
        var expected = HTTPTerms()
        expected.mode = mode
        expected.denied = .internals
        #expect(try terms(.init(stringLiteral: mode.rawValue)) == expected)
    }

    @Test("Every key is read")
    func keys() throws {
        let terms = try terms([
            "mode": "follow", "deny": ["default", "/admin", "/api/*/x$"], "clientAddress": "both",
            "redirectPolicy": "none", "redirectTimeout": "5s", "answerTimeout": "1h",
            "errorURL": "rewrite", "backendList": "rewrite",
        ])
        var expected = HTTPTerms()
        expected.mode = .follow
        expected.denied = PathList(PathList.internals.prefixes + ["/admin", "/api/*/x$"])
        expected.clientAddress = .both
        expected.redirectPolicy = nil
        expected.redirectTimeout = .seconds(5)
        expected.answerTimeout = .seconds(3_600)
        expected.rewritesErrorURL = true
        expected.rewritesBackendList = true
        #expect(terms == expected)
    }

    @Test("deny replaces the built-in list")
    func deny() throws {
        #expect(try terms(["mode": "follow", "deny": []]).denied == PathList())
        #expect(try terms(["mode": "follow", "deny": ["/x"]]).denied == PathList(["/x"]))
    }

    @Test("Private links deny nothing by default")
    func privateLink() throws {
        let tree = SampleTree.private
            .setting("warehouses[0].listeners[0].protocol", to: "http")
            .setting("warehouses[0].listeners[0].redirects", to: ["learn": "http"])
            .setting("warehouses[0].listeners[0].http", to: "follow")
        let listener = try #require(tree.decoded().configuration?.topology.listeners[0])
        #expect(listener.http.mode == .follow && listener.http.denied == PathList())
    }

    @Test("Other protocols have none, and neither has TLS that passes through")
    func contradictions() throws {
        let mysql = SampleTree.public.setting("warehouses[0].listeners[0].http", to: "follow")
        #expect(
            mysql.decoded().findings.map(\.description) == [
                "configuration:1:1: error: warehouses[0].listeners[0].http: only HTTP listeners have"
                    + " http, and this one is mysql (set protocol: http, or remove the key)"
            ]
        )
        let hidden = Self.tree.setting("warehouses[0].listeners[0].http", to: "follow")
            .setting("warehouses[0].listeners[0].tls", to: "passThrough").decoded()
        let error = try #require(hidden.faults.first)
        #expect(error.path == "warehouses[0].listeners[0].http")
        #expect(error.remedy == "set http: pass, or end TLS at the gateway: tls: on")
    }

    @Test(
        "A key that has no effect is an error",
        arguments: ["deny", "clientAddress", "answerTimeout"]
    )
    func noEffect(key: String) throws {
        let values: [String: ConfigurationNode] = [
            "deny": ["/x"], "clientAddress": "remove", "answerTimeout": "5s",
        ]
        for http in [["mode": "pass"], [:]] as [ConfigurationNode] {
            let findings = decoded(http.setting(key, to: try #require(values[key]))).faults
            #expect(findings.map(\.path) == ["warehouses[0].listeners[0].http.\(key)"])
            #expect(findings[0].remedy == "set mode: follow, or remove the key")
        }
    }

    @Test(
        "What is not a path to deny has a remedy",
        arguments: [
            ("admin", "write /admin"), ("/x?y=1", "write the path without the query"),
            ("/a%20b", "write it decoded: escapes are decoded before paths are compared"),
            ("/api/a*", "* stands for one whole segment: /api/*/x"), ("//x", nil), ("/a/../b", nil),
            ("/a;b", nil), ("/a b", nil), ("off", "write deny: []"),
            ("Default", "did you mean default?"), ("DEFAULT", "did you mean default?"),
            ("$default", "did you mean default?"), ("defaults", "did you mean default?"),
        ] as [(String, String?)]
    )
    func invalidPath(text: String, remedy: String?) {
        let findings = decoded([
            "mode": "follow", "deny": [ConfigurationNode(stringLiteral: text)],
        ]).findings
        #expect(findings.map(\.path) == ["warehouses[0].listeners[0].http.deny[0]"])
        #expect(findings.first?.remedy == remedy)
    }

    @Test("Typical slips are recognized")
    func slips() {
        #expect(decoded("fallow").findings.first?.remedy == "did you mean follow?")
        #expect(decoded("on").findings.first?.remedy == "did you mean follow?")
        let policy = decoded(["mode": "follow", "redirectPolicy": "publik"]).findings
        #expect(policy.first?.remedy == "did you mean public?")
        let key = decoded(["mode": "follow", "proxy_read_timeout": "5m"]).findings
        #expect(key.first?.remedy == "did you mean answerTimeout?")
        let timeout = decoded(["mode": "follow", "answerTimeout": "1ms"]).findings
        #expect(timeout.first?.message == "must be between 100ms and 1d, found 1ms")
    }

    @Test("Listeners with routes have it, too")
    func shared() throws {
        let tree: ConfigurationNode = [
            "warehouses": [
                [
                    "id": "W", "whitelist": ["entries": [["cidr": "203.0.113.0/24"]]],
                    "services": [
                        "http": [
                            "backends": ["fe-1:8030"], "redirects": ["targets": ["be-1:8040"]],
                        ]
                    ],
                ]
            ],
            "listeners": [
                [
                    "protocol": "http", "listen": "0.0.0.0:8030", "http": "rewrite",
                    "routes": [["default": "true", "warehouse": "W"]],
                ]
            ],
        ]
        let listener = try #require(tree.decoded().configuration?.topology.listeners.first)
        #expect(listener.http.mode == .rewrite && listener.http.denied == .internals)
        #expect(listener.routes[0].service.redirects.targets.map(\.description) == ["be-1:8040"])
    }
}

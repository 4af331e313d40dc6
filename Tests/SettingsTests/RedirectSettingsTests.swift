import Policy
import Settings
import Testing
import Traffic

@Suite("The redirect settings of a service")
struct RedirectSettingsTests {
    private static let tree = HTTPSettingsTests.tree
        .setting("warehouses[0].listeners[0].http", to: "follow")

    private func decoded(_ redirects: ConfigurationNode) -> DecodedConfiguration {
        Self.tree.setting("warehouses[0].listeners[0].redirects", to: redirects).decoded()
    }

    private func settings(_ redirects: ConfigurationNode) throws -> RedirectSettings {
        let decoded = decoded(redirects)
        #expect(decoded.findings == [])
        let routes = try #require(decoded.configuration?.topology.listeners[0].routes)
        return routes[0].service.redirects
    }

    @Test("Targets are names and addresses with their ports")
    func targets() throws {
        let settings = try settings([
            "targets": ["be-1:8040", "10.1.0.7:8040", "[2001:db8::1]:8040"]
        ])
        #expect(
            settings.targets.map(\.description) == [
                "be-1:8040", "10.1.0.7:8040", "[2001:db8::1]:8040",
            ]
        )
        #expect(settings.learning == nil)
    }

    @Test("Targets may be learned, with a login of the gateway's own")
    func learning() throws {
        let learning = try settings([
            "learn": [
                "from": "http", "user": "checker", "passwordFile": "/etc/sluice/check-password",
                "every": "1m",
            ]
        ]).learning
        var expected = RedirectSettings.Learning(
            source: .http,
            user: "checker",
            passwordFile: "/etc/sluice/check-password"
        )
        expected.interval = .seconds(60)
        #expect(learning == expected)
        #expect(
            try settings(["learn": "http"]).learning == .init(source: .http, user: "sluice_check")
        )
    }

    @Test("Redirects to HTTPS have TLS settings of their own, or the backends'")
    func tls() throws {
        #expect(try settings(["targets": ["be-1:8040"]]).tls == nil)
        var own = BackendTLSSettings()
        own.authorities = "fe.pem"
        own.serverName = "fe.internal"
        let redirects: ConfigurationNode = [
            "targets": ["fe-1:8050"],
            "tls": ["authorities": "fe.pem", "serverName": "FE.internal"],
        ]
        #expect(try settings(redirects).tls == own)
        func service(_ redirects: ConfigurationNode?) throws -> Service {
            var tree = Self.tree.setting("warehouses[0].listeners[0].backendTLS", to: "on")
            if let redirects {
                tree = tree.setting("warehouses[0].listeners[0].redirects", to: redirects)
            }
            let topology = try #require(tree.decoded().configuration?.topology)
            return topology.listeners[0].routes[0].service
        }
        let inherited = try service(nil)
        #expect(inherited.redirects.tls == BackendTLSSettings())
        #expect(inherited.clientTLS == [BackendTLSSettings()])
        #expect(try service(redirects).redirects.tls == own)
        #expect(try service(redirects).clientTLS == [BackendTLSSettings(), own])
        let off = try service(["targets": ["fe-1:8050"], "tls": "off"])
        #expect(off.tls != nil && off.redirects.tls == nil)
    }

    @Test("The files of redirects' TLS are named, found, and warned of")
    func tlsFiles() throws {
        let decoded = decoded(["targets": ["fe-1:8050"], "tls": ["authorities": "fe.pem"]])
        var topology = try #require(decoded.configuration?.topology)
        #expect(topology.tlsFiles.map(\.path) == ["fe.pem"])
        topology.mapTLSPaths { "/etc/sluice/\($0)" }
        #expect(topology.tlsFiles.map(\.path) == ["/etc/sluice/fe.pem"])
        let trusting = self.decoded(["targets": ["fe-1:8050"], "tls": ["verify": "false"]])
        #expect(trusting.findings.map(\.severity) == [.warning])
        #expect(trusting.findings[0].path.hasSuffix("redirects.tls.verify"))
        let useless = self.decoded(["tls": "on"])
        #expect(useless.findings.map(\.severity) == [.warning])
        #expect(useless.findings[0].path.hasSuffix("redirects.tls"))
        #expect(self.decoded(["tls": "off"]).findings == [])
    }

    @Test("Learning over MySQL needs a MySQL service of the warehouse")
    func mysql() throws {
        for learn in ["mysql", ["from": "mysql"]] as [ConfigurationNode] {
            let findings = decoded(["learn": learn]).findings
            #expect(findings.map(\.severity) == [.error])
            #expect(findings[0].message == "warehouse AWVA7CM7 has no mysql service to learn from")
        }
        let service = Self.tree
            .setting("warehouses[0].listeners[0].redirects", to: ["learn": "mysql"])
            .setting("warehouses[0].services", to: ["mysql": ["backends": ["fe-1:9030"]]])
        #expect(service.decoded().findings == [], "no route has to lead to it")
        let services = try #require(service.decoded().configuration?.topology.services)
        #expect(services.map(\.id.protocol) == [.http, .mysql], "it is asked")
        let learning = service.decoded().configuration?.topology.listeners[0].routes[0].service
            .redirects.learning
        #expect(learning == .init(source: .mysql, user: "sluice_check"))
    }

    @Test("A password in the file itself is refused, and not repeated")
    func password() {
        let findings = decoded(["learn": ["from": "http", "password": "hunter2"]]).findings
        #expect(findings.count == 1 && findings[0].path.hasSuffix("redirects.learn.password"))
        #expect(findings[0].remedy?.contains("passwordFile: ") == true)
        #expect(!"\(findings)".contains("hunter2"))
    }

    @Test("The gateway itself is not a target")
    func itself() {
        let findings = decoded(["targets": ["127.0.0.1:8030"]]).findings
        #expect(findings.map(\.severity) == [.error])
        #expect(findings[0].path == "warehouses[0].listeners[0].redirects.targets[0]")
        #expect(findings[0].message.contains("would connect to itself"))
    }

    @Test("Invalid values have a place and a remedy")
    func invalid() {
        let list = decoded(["be-1:8040"]).findings
        #expect(list.map(\.remedy) == ["write { targets: [ … ] }"])
        let double = decoded(["targets": ["be-1:8040", "be-1:8040"]]).findings
        #expect(double.first?.message.hasPrefix("duplicate target be-1:8040") == true)
        let user = decoded(["learn": ["from": "http", "user": "a:b"]]).findings
        #expect(user.map(\.message) == ["expected 1 to 128 bytes without a colon"])
        let source = decoded(["learn": "sql"]).findings
        #expect(source.first?.remedy == "did you mean mysql?")
        let port = decoded(["targets": ["be-1"]]).findings
        #expect(port.map(\.path) == ["warehouses[0].listeners[0].redirects.targets[0]"])
    }

    @Test("What follows from a mistake is not reported beside it")
    func oneMessage() {
        let listener = "warehouses[0].listeners[0]"
        let base = Self.tree.setting("\(listener).http", to: "follow")
        let bare = base.removing("\(listener).redirects")
        let cases: [(ConfigurationNode, String)] = [
            (bare.setting("\(listener).redirect", to: ["targets": ["be-1:8040"]]), "redirect"),
            (base.setting("\(listener).http", to: "folow"), "http"),
            (base.setting("\(listener).http", to: ["deny": ["default"]]), "http.deny"),
            (base.removing("\(listener).http").setting("\(listener).mode", to: "follow"), "mode"),
        ]
        for (tree, key) in cases {
            let findings = tree.decoded().findings
            #expect(findings.map(\.path) == ["\(listener).\(key)"], "\(findings)")
        }
        #expect(cases[3].0.decoded().findings[0].remedy == "write http: { mode: follow }")
    }

    @Test("A service of another protocol has none")
    func protocols() {
        let path = "warehouses[0].listeners[0].redirects"
        let findings = SampleTree.public.setting(path, to: ["targets": ["be-1:8040"]]).decoded()
            .faults
        #expect(
            findings.map(\.message) == ["only HTTP services have redirects, and this one is mysql"]
        )
    }

    @Test("Redirects that may lead nowhere are a warning, and targets that nothing uses")
    func consequences() {
        let none = Self.tree.removing("warehouses[0].listeners[0].redirects").decoded()
        #expect(
            none.faults == [] && none.warnings.map(\.path) == ["warehouses[0].listeners[0].http"]
        )
        #expect(none.warnings[0].remedy?.hasPrefix("add redirects: { targets:") == true)
        let unused = HTTPSettingsTests.tree.decoded()
        #expect(unused.warnings.map(\.path) == ["warehouses[0].listeners[0].redirects"])
        #expect(
            unused.warnings[0].message
                == "has no effect: no listener that reads requests leads to this service"
        )
    }
}

import Testing
import Traffic

@testable import Settings

@Suite("Client certificates of routes")
struct RouteCertificateTests {
    private static let tls: ConfigurationNode = [
        "certificates": [["certificate": "gw.pem", "key": "gw.key"]]
    ]

    private static func tree(_ tls: ConfigurationNode, _ routes: ConfigurationNode...)
        -> ConfigurationNode
    {
        [
            "tls": Self.tls,
            "listeners": [
                [
                    "protocol": "http", "listen": "0.0.0.0:8443", "tls": tls,
                    "routes": .init(list: routes),
                ]
            ],
            "warehouses": [
                [
                    "id": "A", "whitelist": ["mode": "anywhere"],
                    "services": ["http": ["backends": ["127.0.0.1:8030"]]],
                ],
                [
                    "id": "B", "whitelist": ["mode": "anywhere"],
                    "services": ["http": ["backends": ["127.0.0.1:8031"]]],
                ],
            ],
        ]
    }

    private static func listener(_ tls: ConfigurationNode, _ routes: ConfigurationNode...) throws
        -> Listener
    {
        var all = tree(tls)
        all = all.setting(
            "listeners[0].routes",
            to: .init(list: routes)
        )
        let decoded = all.decoded()
        #expect(decoded.findings == [])
        return try #require(decoded.configuration?.topology.listeners.first)
    }

    private static let asking: ConfigurationNode = [
        "clientCertificates": [
            "mode": "required", "authorities": "ca.pem", "revocations": "ca.crl",
        ]
    ]

    @Test("A route has the listener's, lifts them, or has its own")
    func decoding() throws {
        let listener = try Self.listener(
            Self.asking,
            ["serverName": "a.example", "warehouse": "A"],
            ["serverName": "b.example", "warehouse": "A", "clientCertificates": "off"],
            ["serverName": "c.example", "warehouse": "A", "clientCertificates": "optional"],
            [
                "serverName": "d.example", "warehouse": "B",
                "clientCertificates": ["authorities": "other.pem"],
            ],
            [
                "serverName": "e.example", "warehouse": "B",
                "clientCertificates": ["mode": "optional", "revocations": "new.crl"],
            ]
        )
        let found = listener.routes.map(\.clientCertificates)
        #expect(found[0] == nil)
        #expect(found[1]?.mode == .off)
        #expect(found[2]?.mode == .optional && found[2]?.authorities == "ca.pem")
        #expect(found[3]?.mode == .required && found[3]?.authorities == "other.pem")
        #expect(found[3]?.revocations == nil)
        #expect(found[4]?.authorities == "ca.pem" && found[4]?.revocations == "new.crl")
    }

    @Test("The files that routes name are read")
    func files() throws {
        let route: ConfigurationNode = [
            "default": "true", "warehouse": "A",
            "clientCertificates": ["authorities": "other.pem", "revocations": "other.crl"],
        ]
        var topology = try #require(Self.tree(Self.asking, route).decoded().configuration?.topology)
        topology.mapTLSPaths { "/etc/\($0)" }
        let kinds = topology.tlsFiles.reduce(into: [:]) { $0[$1.path] = $1.kind }
        #expect(kinds["/etc/ca.pem"] == .certificate && kinds["/etc/ca.crl"] == .revocations)
        #expect(kinds["/etc/other.pem"] == .certificate && kinds["/etc/other.crl"] == .revocations)
    }

    @Test("In the handshake, each name is asked as its route wants")
    func names() throws {
        let plan = CertificatePlan(
            of: try Self.listener(
                Self.asking,
                ["serverName": "a.example", "warehouse": "A"],
                ["serverName": "b.example", "warehouse": "B", "clientCertificates": "off"]
            )
        )
        #expect(plan.named["a.example"]?.mode == .required)
        #expect(plan.named["b.example"]?.trust == nil)
        // Nothing but a load balancer's header leads another name to a route.
        #expect(plan.standard.mode == .required)
    }

    @Test("A host's name is asked for in TLS too, and wants the same there")
    func hosts() throws {
        let plan = CertificatePlan(
            of: try Self.listener(
                Self.asking,
                ["host": "a.example", "warehouse": "A", "clientCertificates": "off"],
                ["serverName": "b.example", "warehouse": "B"],
                ["host": "b.example", "warehouse": "B", "clientCertificates": "off"]
            )
        )
        #expect(plan.named["a.example"]?.trust == nil)
        #expect(plan.named["b.example"]?.mode == .required, "a route by TLS goes first")
    }

    @Test("A client whose route is not known yet is asked for what all its routes accept")
    func others() throws {
        func standard(_ routes: ConfigurationNode...) throws -> TLSSettings.ClientCertificates {
            var all = Self.tree(Self.asking)
            all = all.setting(
                "listeners[0].routes",
                to: .init(list: routes)
            )
            let topology = try #require(all.decoded().configuration?.topology)
            return CertificatePlan(of: try #require(topology.listeners.first)).standard
        }
        let inherited: ConfigurationNode = ["default": "true", "warehouse": "A"]
        let lifted: ConfigurationNode = [
            "host": "b.example", "warehouse": "B", "clientCertificates": "off",
        ]
        let other: ConfigurationNode = [
            "host": "b.example", "warehouse": "B",
            "clientCertificates": ["authorities": "other.pem"],
        ]
        #expect(try standard(inherited).mode == .required)
        #expect(try standard(inherited, lifted).mode == .optional)
        #expect(try standard(lifted).mode == .off)
        let mixed = try standard(other, inherited)
        #expect(mixed.mode == .optional && mixed.authorities == "ca.pem")
        #expect(try standard(other).authorities == "other.pem")
    }

    @Test("The rules are those of the routes to one service")
    func rules() throws {
        let listener = try Self.listener(
            Self.asking,
            ["serverName": "a.example", "warehouse": "A"],
            ["serverName": "b.example", "warehouse": "B", "clientCertificates": "off"]
        )
        let verdicts = listener.routes.map { route in
            listener.certificateRules[route.service.id]?.judge(nil, by: [route.match])
        }
        #expect(verdicts == [.denied(detail: "the client does not use TLS"), .accepted(nil)])
    }

    @Test("Certificates that no client can show, or nobody signs, are errors")
    func faults() {
        func fault(_ tls: ConfigurationNode, _ value: ConfigurationNode) -> String? {
            Self.tree(
                tls,
                ["serverName": "a.example", "warehouse": "A", "clientCertificates": value]
            ).decoded().faults.first.map(\.description)
        }
        let missing = fault("required", "required")
        #expect(missing?.contains("listeners[0].routes[0].clientCertificates: nobody's") == true)
        #expect(missing?.contains("(write { mode: required, authorities: FILE })") == true)
        #expect(fault("required", ["mode": "optional"])?.contains("nobody's certificates") == true)
        #expect(fault("passThrough", "off")?.contains("TLS ends at the backend") == true)
        #expect(fault("off", "off")?.contains("does not use TLS") == true)
    }

    @Test("Authorities without a mode ask no client, which is reported")
    func noMode() {
        let tls: ConfigurationNode = ["clientCertificates": ["authorities": "ca.pem"]]
        let decoded = Self.tree(tls, ["default": "true", "warehouse": "A"]).decoded()
        let warnings = decoded.findings.filter { $0.description.contains("no client is asked") }
        #expect(warnings.count == 1 && warnings[0].severity == .warning)
    }
}

import Addresses
import CIDRTrie
import Testing

@testable import Policy
@testable import Settings
@testable import Traffic

@Suite("Listeners of a configuration")
struct ListenerTests {
    private func listener(
        _ keys: ConfigurationNode,
        timeouts: ConfigurationNode = [:]
    ) throws -> Listener {
        let decoded =
            SampleTree.public
            .setting("timeouts", to: timeouts)
            .setting("warehouses[0].listeners", to: [keys])
            .decoded()
        #expect(decoded.findings == [])
        return try #require(decoded.configuration?.topology.listeners[0])
    }

    /// The service behind it.
    private func service(_ keys: ConfigurationNode) throws -> Service {
        try listener(keys).routes[0].service
    }

    private func minimal(_ service: String) -> ConfigurationNode {
        SampleTree.listener.setting("protocol", to: .init(stringLiteral: service))
    }

    /// Every setting, each with a value that neither is the default nor occurs twice.
    @Test("Each setting of a listener is read from its own key")
    func everyKey() throws {
        let listener = try listener([
            "protocol": "http",
            "listen": "192.0.2.1:8030",
            "link": "outbound",
            "proxyProtocol": [
                "accept": "optional", "trusted": ["10.0.0.0/24", "10.0.1.0/24"], "timeout": "11s",
                "maximumSize": "2KiB",
            ],
            "reject": "drop",
            "backends": [["address": "fe-1:8031"], ["address": "[::1]:8032"]],
            "healthCheck": [
                "type": "http", "path": "/ok", "interval": "21s", "timeout": "22s", "rise": "23",
                "fall": "24",
            ],
            "sendProxyProtocol": ["version": "v2", "tlvs": "pass", "crc32c": "true"],
            "limits": ["connections": "25"],
            "timeouts": ["connect": "31s", "idle": "32s", "halfClosed": "33s", "write": "34s"],
        ])
        var expected = Listener(
            of: "AWVA7CM7",
            protocol: .http,
            address: try SocketAddress(parsing: "192.0.2.1:8030"),
            backends: [
                BackendAddress(host: .name("fe-1"), port: 8031),
                BackendAddress(host: .ip(try IPAddress(parsing: "::1")), port: 8032),
            ]
        )
        expected.link = .outbound
        expected.acceptProxyProtocol.mode = .optional
        expected.acceptProxyProtocol.trusted = [
            try CIDRBlock(parsing: "10.0.0.0/24"), try CIDRBlock(parsing: "10.0.1.0/24"),
        ]
        expected.acceptProxyProtocol.timeout = .seconds(11)
        expected.acceptProxyProtocol.maximumByteCount = 2_048
        expected.reject = .drop
        var service = expected.routes[0].service
        service.healthCheck = HealthCheck(kind: .http(path: "/ok"))
        service.healthCheck.interval = .seconds(21)
        service.healthCheck.timeout = .seconds(22)
        service.healthCheck.rise = 23
        service.healthCheck.fall = 24
        service.connectionLimit = 25
        var options = SendProxyProtocol.V2Options()
        options.passTLVs = true
        options.addsCRC32C = true
        service.sendProxyProtocol = .v2(options)
        expected.timeouts.header = .seconds(11)
        expected.timeouts.connect = .seconds(31)
        expected.timeouts.idle = .seconds(32)
        expected.timeouts.halfClosed = .seconds(33)
        expected.timeouts.write = .seconds(34)
        expected.routes = [Route(.default, to: service, timeouts: expected.timeouts)]
        #expect(listener == expected)
    }

    @Test("A backend may be its address alone, and its name absolute")
    func shortBackends() throws {
        let service = try service(
            minimal("mysql").setting("backends", to: ["db:3306", ["address": "db.internal.:3306"]])
        )
        #expect(
            service.backends.map(\.address) == [
                BackendAddress(host: .name("db"), port: 3306),
                BackendAddress(host: .name("db.internal."), port: 3306),
            ]
        )
    }

    @Test("A backend may have a weight, be a backup, and be out of service")
    func backendKeys() throws {
        let service = try service(
            minimal("mysql").setting(
                "backends",
                to: [
                    ["address": "db:3306", "weight": "5"],
                    ["address": "db:3307", "backup": "true", "mode": "drain"],
                ]
            )
        )
        #expect(
            service.backends == [
                ConfiguredBackend(BackendAddress(host: .name("db"), port: 3306), weight: 5),
                ConfiguredBackend(
                    BackendAddress(host: .name("db"), port: 3307),
                    isBackup: true,
                    mode: .drain
                ),
            ]
        )
    }

    @Test(
        "Backends of which none is active, or all are backups, cause a warning",
        arguments: [
            ([["address": "db:1", "mode": "drain"]], "no backend is active"),
            (
                [["address": "db:1", "backup": "true"], ["address": "db:2", "backup": "true"]],
                "every backend is a backup"
            ),
        ] as [(ConfigurationNode, String)]
    )
    func idleBackends(list: ConfigurationNode, words: String) {
        let path = "warehouses[0].listeners[0].backends"
        let decoded = SampleTree.public.setting(path, to: list).decoded()
        #expect(decoded.findings.map(\.path) == [path])
        #expect(decoded.warnings.first?.message.contains(words) == true)
    }

    @Test("Trusted networks and sources are written as in a list: blocks, addresses and ranges")
    func addresses() throws {
        let forms: ConfigurationNode = ["10.0.0.0/24", "10.1.0.1", "10.2.0.0 - 10.2.0.255"]
        let listener = try listener(
            minimal("mysql").setting("link", to: "outbound").setting("sources", to: forms)
                .setting("proxyProtocol", to: ["accept": "optional", "trusted": forms])
        )
        let expected = ["10.0.0.0/24", "10.1.0.1/32", "10.2.0.0/24"]
        #expect(listener.sources?.map(\.description) == expected)
        #expect(listener.acceptProxyProtocol.trusted.map(\.description) == expected)
    }

    @Test(
        "A listener's defaults follow its protocol",
        arguments: [
            ("mysql", Reject.errorAfterGreeting, HealthCheck.mysql.kind), ("http", .error, .tcp),
            ("tcp", .drop, .tcp),
        ]
    )
    func defaults(word: String, reject: Reject, check: HealthCheck.Kind) throws {
        let listener = try listener(minimal(word))
        #expect(listener.link == .public)
        #expect(listener.reject == reject)
        #expect(listener.routes.map(\.match) == [.default])
        #expect(listener.routes[0].service.healthCheck == HealthCheck(kind: check))
        #expect(listener.routes[0].service.sendProxyProtocol == .off)
        #expect(listener.acceptProxyProtocol == AcceptProxyProtocol())
    }

    @Test("A listener inherits the gateway's timeouts and may set its own")
    func timeouts() throws {
        let gateway: ConfigurationNode = ["header": "7s", "connect": "8s", "idle": "9s"]
        let inherited = try listener(minimal("tcp"), timeouts: gateway)
        let own = try listener(
            minimal("tcp").setting("timeouts", to: ["header": "4s"]),
            timeouts: gateway
        )
        #expect(inherited.timeouts.header == .seconds(7))
        #expect(inherited.timeouts.connect == .seconds(8))
        #expect(inherited.timeouts.idle == .seconds(9))
        #expect(inherited.acceptProxyProtocol.timeout == .seconds(7))
        #expect(own.timeouts.header == .seconds(4))
        #expect(own.timeouts.idle == .seconds(9))
        #expect(own.acceptProxyProtocol.timeout == .seconds(4))
    }

    @Test(
        "A health check may be one word",
        arguments: [
            ("mysql", "off", HealthCheck.Kind.off), ("http", "tcp", .tcp),
            ("mysql", "mysql", HealthCheck.mysql.kind), ("http", "http", .http(path: "/")),
        ]
    )
    func healthCheckWord(of name: String, word: String, kind: HealthCheck.Kind) throws {
        let keys = minimal(name).setting("healthCheck", to: .init(stringLiteral: word))
        #expect(try service(keys).healthCheck == HealthCheck(kind: kind))
    }

    @Test("A MySQL check may log in as a chosen user; no other check has a user")
    func healthCheckUser() throws {
        let own: ConfigurationNode = ["user": "monitor"]
        let service = try service(minimal("mysql").setting("healthCheck", to: own))
        #expect(service.healthCheck.kind == .mysql(user: "monitor"))
        let path = "warehouses[0].listeners[0].healthCheck"
        let faults = SampleTree.public
            .setting(path, to: ["type": "tcp", "user": "monitor"])
            .decoded().faults
        #expect(faults.map(\.path) == ["\(path).user"])
    }

    @Test("Connections may come from configured source addresses")
    func sourceAddresses() throws {
        let list: ConfigurationNode = ["192.0.2.1", "2001:db8::1"]
        let service = try service(minimal("mysql").setting("sourceAddresses", to: list))
        #expect(service.sourceAddresses.map(\.description) == ["192.0.2.1", "2001:db8::1"])
    }

    @Test(
        "An invalid source address is an error",
        arguments: ["0.0.0.0", "::", "192.0.2.1:80", "localhost", "192.0.2.0/24"]
    )
    func badSourceAddress(text: String) {
        let path = "warehouses[0].listeners[0].sourceAddresses"
        let list = ConfigurationNode.Content.sequence([.init(stringLiteral: text)])
        let faults = SampleTree.public
            .setting(path, to: ConfigurationNode(list, at: SampleTree.public.position))
            .decoded().faults
        #expect(faults.map(\.path) == ["\(path)[0]"])
    }

    @Test(
        "A duplicate source address is an error; one of the wrong family for a backend is a warning"
    )
    func doubtfulSourceAddresses() {
        let path = "warehouses[0].listeners[0].sourceAddresses"
        let twice = SampleTree.public.setting(path, to: ["192.0.2.1", "192.0.2.1"]).decoded()
        #expect(twice.faults.map(\.path) == ["\(path)[1]"])
        let family = SampleTree.public
            .setting("warehouses[0].listeners[0].backends[0].address", to: "10.0.0.1:1")
            .setting(path, to: ["2001:db8::1"])
            .decoded()
        #expect(family.warnings.map(\.path) == [path])
    }

    @Test(
        "sendProxyProtocol may be one word",
        arguments: [
            ("off", SendProxyProtocol.off), ("v1", .v1), ("v2", .v2(SendProxyProtocol.V2Options())),
        ]
    )
    func sendWord(word: String, expected: SendProxyProtocol) throws {
        let keys = minimal("mysql").setting("sendProxyProtocol", to: .init(stringLiteral: word))
        #expect(try service(keys).sendProxyProtocol == expected)
    }

    @Test(
        "A key of only one protocol is an error for the others",
        arguments: [
            ("http", "reject", "errorAfterGreeting"), ("tcp", "reject", "errorAfterGreeting"),
            ("http", "healthCheck", "mysql"), ("tcp", "healthCheck", "mysql"),
            ("tcp", "healthCheck", "http"),
        ]
    )
    func wrongProtocol(service: String, key: String, value: String) {
        let path = "warehouses[0].listeners[0]"
        let decoded =
            SampleTree.public
            .setting("\(path).protocol", to: .init(stringLiteral: service))
            .setting("\(path).\(key)", to: .init(stringLiteral: value))
            .decoded()
        #expect(decoded.findings.map(\.severity) == [.error])
        #expect(decoded.findings.map(\.path) == ["\(path).\(key)"])
    }

    @Test("A mysql listener may answer a denied client after its greeting")
    func errorAfterGreeting() throws {
        let keys = minimal("mysql").setting("reject", to: "errorAfterGreeting")
        #expect(try listener(keys).reject == .errorAfterGreeting)
    }
}

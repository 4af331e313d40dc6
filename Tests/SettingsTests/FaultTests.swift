import Testing

@testable import Settings

/// One thing that is wrong in an otherwise sound configuration.
struct FaultCase: CustomTestStringConvertible {
    var path: String
    /// `nil` removes the key.
    var value: ConfigurationNode?
    /// Where the fault is to be reported, if not at `path`.
    var reportedAt: String?
    /// A part of the message or the remedy.
    var words: String

    init(
        _ path: String,
        _ value: ConfigurationNode?,
        at reportedAt: String? = nil,
        _ words: String
    ) {
        self.path = path
        self.value = value
        self.reportedAt = reportedAt
        self.words = words
    }

    var testDescription: String { "\(path): \(words)" }

    func findings(in tree: ConfigurationNode) -> [ConfigurationFinding] {
        let faulty = value.map { tree.setting(path, to: $0) } ?? tree.removing(path)
        return faulty.decoded().findings
    }

    /// Expects exactly one finding, of this severity, at the place and with the words.
    func expectFinding(_ severity: ConfigurationFinding.Severity, in tree: ConfigurationNode) {
        let findings = findings(in: tree)
        let texts = findings.map { "\($0.message) (\($0.remedy ?? ""))" }
        #expect(findings.map(\.severity) == [severity], "\(texts)")
        #expect(findings.map(\.path) == [reportedAt ?? path])
        #expect(texts.first?.contains(words) == true, "\(texts)")
    }
}

@Suite("Errors of a configuration")
struct FaultTests {
    @Test("The samples that the tests modify have neither errors nor warnings")
    func samples() {
        #expect(SampleTree.public.decoded().findings == [])
        #expect(SampleTree.private.decoded().findings == [])
    }

    @Test("A configuration with an error is not created")
    func nothingIsMade() {
        #expect(SampleTree.public.decoded().configuration != nil)
        #expect(SampleTree.public.setting("policy", to: "files").decoded().configuration == nil)
    }

    @Test("An invalid setting of the gateway is reported at its key path", arguments: gatewayFaults)
    func gateway(fault: FaultCase) {
        fault.expectFinding(.error, in: SampleTree.public)
    }

    static let gatewayFaults = [
        FaultCase("managment", ["listen": "127.0.0.1:7080"], "did you mean management?"),
        FaultCase("thing", [:], "expected one of management, state"),
        FaultCase("listen", "0.0.0.0:9030", "warehouses[].listeners[].listen"),
        FaultCase("backends", ["db:3306"], "warehouses[].listeners[].backends"),
        FaultCase("whitelist", [:], "warehouses[].whitelist"),
        FaultCase("idleTimeout", "5m", "write timeouts: { idle: 5m }"),
        FaultCase("drainTimeout", "5s", "write timeouts: { drain: 5s }"),
        FaultCase("maxconn", "100", "write limits: { connections: 100 }"),
        FaultCase("logLevel", "info", "write log: { level: info }"),
        FaultCase("workers", "4", "write engine: { shards: 4 }"),
        FaultCase("log", "info", "write { level: info }"),
        FaultCase("limits", "100", "write { connections: 100 }"),
        FaultCase(
            "management",
            ["lisen": "127.0.0.1:7080"],
            at: "management.lisen",
            "did you mean listen?"
        ),
        FaultCase("management", "127.0.0.1:7080", "write { listen: 127.0.0.1:7080 }"),
        FaultCase("management", [:], at: "management.listen", "missing"),
        FaultCase("management.listen", "127.0.0.1", "an address and port"),
        FaultCase("management.listen", "localhost:7080", "did you mean 127.0.0.1:7080?"),
        FaultCase("management.listen", "7080", "missing address (write 0.0.0.0:7080"),
        FaultCase("management.listen", ":7080", "or 127.0.0.1:7080 for this machine only"),
        FaultCase("management.listen", "*:7080", "write 0.0.0.0:7080 for all IPv4 addresses"),
        FaultCase("management.listen", "2001:db8::1:7080", "needs brackets"),
        FaultCase("management.listen", "gw.internal:7080", "use an IP address"),
        FaultCase("management", .empty, "no value"),
        FaultCase("policy", "files", "did you mean file?"),
        FaultCase("log.level", "warn", "did you mean warning?"),
        FaultCase("log.level", "Err", "did you mean error?"),
        FaultCase("log.level", ["info"], "found a list"),
        FaultCase("log.format", "xml", "one of json, text"),
        FaultCase("log.access", "stdot", "./stdot"),
        FaultCase("log.audit", "/dev/log", "unixgram:/dev/log"),
        FaultCase("log.audit", "udp:syslog.internal", "udp:HOST:514"),
        FaultCase("log.audit", "udp:syslog.internal:0", "tcp:HOST:601"),
        FaultCase("log.audit", "tls:syslog.internal:6514", "tcp:HOST:601"),
        FaultCase("log.audit", "unixgram:dev/log", "unixgram:/dev/log"),
        FaultCase("limits.connections", "-1", "between 0 and"),
        FaultCase("limits.connectionsPerSource", "many", "a whole number"),
        FaultCase("limits.connectRatePerSource", "1e3", "a whole number"),
        FaultCase("limits.connections", "99999999999999999999", "a whole number"),
        FaultCase("limits.connectionPerSource", "1", "did you mean connectionsPerSource?"),
        FaultCase("timeouts.header", "5", "add a unit: 5s"),
        FaultCase("timeouts.connect", "0s", "between 1ms and 365d"),
        FaultCase("timeouts.idle", "400d", "between 1ms and 365d, found 400d"),
        FaultCase("timeouts.drain", "soon", "a duration"),
        FaultCase("timeouts.halfClosed", "0s", "between 1ms and 365d"),
        FaultCase("timeouts.write", "400d", "between 1ms and 365d"),
        FaultCase("limits.bufferPerSource", "64", "a size such as"),
        FaultCase("keepalive.idle", "1500ms", "whole seconds"),
        FaultCase("keepalive.interval", "0s", "between 1s and"),
        FaultCase("keepalive.count", "128", "between 1 and 127, found 128"),
        FaultCase("engine.shards", "-1", "between 0 and 255"),
        FaultCase("engine.linger", "2s", "between 0s and 1s"),
        FaultCase("engine.scratch", "64", "did you mean 64B?"),
        FaultCase("engine.scratch", "64KB", "did you mean 64KiB?"),
        FaultCase("engine.scratch", "1 m", "did you mean 1MiB?"),
        FaultCase("engine.scratch", "much", "a size such as"),
        FaultCase("engine.scratch", "1KiB", "between 4KiB and 16MiB"),
        FaultCase("engine.pipe", "1GiB", "between 4KiB and 64MiB"),
        FaultCase("engine.clientBuffer", "1GiB", "between 0B and"),
        FaultCase("engine.backendBuffer", "1MB", "a size such as"),
        FaultCase("engine.unsent", "-1B", "a size such as"),
        FaultCase("engine.congestionControl", "new reno", "such as cubic"),
        FaultCase("engine.congestionControl", "0123456789abcdef", "auto, system or"),
        FaultCase("warehouses", nil, "missing"),
        FaultCase("warehouses", "none", "expected a list"),
        FaultCase("warehouses[0]", "AWVA7CM7", "expected a mapping"),
    ]

    @Test("An invalid warehouse is reported at its key path", arguments: warehouseFaults)
    func warehouse(fault: FaultCase) {
        fault.expectFinding(.error, in: SampleTree.public)
    }

    static let warehouseFaults = [
        FaultCase("warehouses[0].id", nil, "missing"),
        FaultCase("warehouses[0].id", "A/B", "letters, digits"),
        FaultCase("warehouses[0].id", "", "letters, digits"),
        FaultCase("warehouses[0].name", "a\u{7}", "control character"),
        FaultCase("warehouses[0].host", "my host", "a host name"),
        FaultCase("warehouses[0].limits.connections", "-5", "between 0 and"),
        FaultCase("warehouses[0].limits.connection", "5", "did you mean connections?"),
        FaultCase("warehouses[0].listener", [], "did you mean listeners?"),
        FaultCase("warehouses[0].whitelist", .empty, "no value"),
        FaultCase("warehouses[0].whitelist.mode", "everywhere", "anywhere, nowhere, specific"),
        FaultCase("warehouses[0].whitelist.entries", .empty, "no value"),
        FaultCase("warehouses[0].whitelist.entries[0].cidr", nil, "missing"),
        FaultCase("warehouses[0].whitelist.entries[0].cidr", "203.0.113.1/24", "203.0.113.0/24"),
        FaultCase("warehouses[0].whitelist.entries[0].action", "permit", "did you mean allow?"),
        FaultCase("warehouses[0].whitelist.entries[0].action", "block", "did you mean deny?"),
        FaultCase("warehouses[0].whitelist.entries[0].cidr", "10.1.*.*", "10.1.0.0/16"),
        FaultCase(
            "warehouses[0].whitelist.entries[0].cidr",
            "10.0.0.0/8 office",
            "write 10.0.0.0/8 alone"
        ),
        FaultCase(
            "warehouses[0].whitelist.entries[0].cidr",
            "10.0.0.1 to 10.0.0.9",
            "10.0.0.1-10.0.0.9"
        ),
        FaultCase(
            "warehouses[0].whitelist.entries[0].cidr",
            "10.1.0.0/24 // c",
            "text after 10.1.0.0/24"
        ),
        FaultCase("warehouses[0].whitelist.entries[0]", "10.0.0.1 10.0.0.2", "a second address"),
        FaultCase("warehouses[0].whitelist.entries[0]", "10.1.0.0/16 deny", "write !"),
        FaultCase("warehouses[0].whitelist.entries[0]", "office", "a name instead of an address"),
        FaultCase(
            "warehouses[0].whitelist.entries[0]",
            "10.0.0.1\n10.0.0.2",
            "expected an address"
        ),
        FaultCase("warehouses[0].whitelist.entries[0]", "# none", "expected an address"),
        FaultCase("warehouses[0].whitelist.entries", "10.0.0.0/8", "write [ 10.0.0.0/8 ]"),
        FaultCase("warehouses[0].whitelist", ["10.0.0.0/8"], "write { entries: [ … ] }"),
        FaultCase("warehouses[0].whitelist", "anywhere", "write { mode: anywhere }"),
        FaultCase("warehouses[0].allowlist", [:], "did you mean whitelist?"),
        FaultCase("warehouses[0].whitelist", "10.0.0.0/8", "write { entries: [ 10.0.0.0/8 ] }"),
        FaultCase("warehouses[0].whitelist", "office.cidrs", "write { files: [ office.cidrs ] }"),
        FaultCase("warehouses[0].comment", "x", "did you mean name?"),
        FaultCase("warehouses[0].description", "x", "did you mean name?"),
        FaultCase("warehouses[0].listen", "0.0.0.0:9030", "listeners[].listen"),
        FaultCase("warehouses[0].log", [:], "the top level"),
        FaultCase("warehouses[0].mode", "anywhere", "under whitelist"),
        FaultCase("warehouses[0].limits", "5", "write { connections: 5 }"),
        FaultCase("warehouses[0].whitelist.entries[0].action", "denied", "did you mean deny?"),
        FaultCase("warehouses[0].whitelist.entries[0].action", "Drop", "did you mean deny?"),
        FaultCase("warehouses[0].whitelist.entries[0].action", "blocked", "did you mean deny?"),
        FaultCase(
            "warehouses[0].whitelist.entries[0]",
            ["allow": "10.0.0.0/8"],
            at: "warehouses[0].whitelist.entries[0].allow",
            "write { cidr: 10.0.0.0/8 }"
        ),
        FaultCase(
            "warehouses[0].whitelist.entries[0]",
            ["deny": "10.0.0.0/8"],
            at: "warehouses[0].whitelist.entries[0].deny",
            "write { cidr: 10.0.0.0/8, action: deny }"
        ),
        FaultCase(
            "warehouses[0].whitelist.entries[0]",
            ["10.0.0.0/8": "Lisbon"],
            at: "warehouses[0].whitelist.entries[0].\"10.0.0.0/8\"",
            "write { cidr: 10.0.0.0/8, description: Lisbon }"
        ),
        FaultCase(
            "warehouses[0].whitelist.entries[0]",
            "10.0.0.1 expires 2027-01-01",
            "expires: 2027-01-01T00:00:00Z"
        ),
        FaultCase(
            "warehouses[0].whitelist.entries[0]",
            "10.0.0.1 until 2027",
            "looks like an expiry"
        ),
        FaultCase("warehouses[0].whitelist.mode", "any", "did you mean anywhere?"),
        FaultCase("warehouses[0].whitelist.entries[0].expires", "tomorrow", "a time such as"),
        FaultCase(
            "warehouses[0].whitelist.entries[0].expires",
            "2027-01-01",
            "write 2027-01-01T00:00:00Z"
        ),
        FaultCase("warehouses[0].whitelist.entries[0].comment", "x", "did you mean description?"),
        FaultCase("warehouses[0].whitelist.entries[0].expiresAt", "x", "did you mean expires?"),
        FaultCase(
            "warehouses[0].whitelist.files",
            ["no.cidrs"],
            at: "warehouses[0].whitelist.files[0]",
            "no such file"
        ),
    ]

    @Test("An invalid listener is reported at its key path", arguments: listenerFaults)
    func listener(fault: FaultCase) {
        var fault = fault
        fault.path = "warehouses[0].listeners[0].\(fault.path)"
        fault.reportedAt = fault.reportedAt.map { "warehouses[0].listeners[0]\($0)" }
        fault.expectFinding(.error, in: SampleTree.public)
    }

    static let listenerFaults = [
        FaultCase("protocol", nil, "missing"),
        FaultCase("protocol", "mysqld", "did you mean mysql?"),
        FaultCase("listen", nil, "missing"),
        FaultCase("listen", "9030", "write 0.0.0.0:9030"),
        FaultCase("listen", "*:9030", "[::]:9030 to include IPv6"),
        FaultCase("bind", "0.0.0.0:9030", "did you mean listen?"),
        FaultCase("listen", "0.0.0.0:70000", "an address and port"),
        FaultCase("link", "vpn", "public, private, outbound"),
        FaultCase("reject", "deny", "drop, error, errorAfterGreeting"),
        FaultCase("timeouts.drain", "5s", "unknown key"),
        FaultCase("timeouts.idle", "0s", "between"),
        FaultCase("backends", nil, "missing"),
        FaultCase("backends", [], "at least one backend"),
        FaultCase("backends", ["address": "127.0.0.1:3306"], "expected a list, found a mapping"),
        FaultCase("backends[0].address", nil, "missing"),
        FaultCase("backends[0].address", "127.0.0.1", "add a port: 127.0.0.1:3306"),
        FaultCase("backends[0].address", "127.0.0.1:", "add a port: 127.0.0.1:3306"),
        FaultCase("backends[0].address", "db:", "add a port: db:3306"),
        FaultCase("backends[0].address", "127.0.0.1 : 3306", "did you mean 127.0.0.1:3306?"),
        FaultCase("backends[0].address", "db :3306", "did you mean db:3306?"),
        FaultCase("backends[0].address", "db", "add a port: db:3306"),
        FaultCase("backends[0].address", "3306", "such as db:3306"),
        FaultCase("backends[0]", ["db": "3306"], "write db:3306"),
        FaultCase("backends[0]", ["127.0.0.1": "3306"], "write 127.0.0.1:3306"),
        FaultCase("backends[0]", ["[::1]": "3306"], "write \"[::1]:3306\""),
        FaultCase("backends[0]", ["127.0.0.1": .empty], "add a port: 127.0.0.1:3306"),
        FaultCase("backends[0]", ["host": "db", "port": "3306"], "write db:3306"),
        FaultCase("backends[0]", ["ip": "::1", "port": "3306"], "write \"[::1]:3306\""),
        FaultCase("backends[0].address", ["db": "3306"], "write db:3306"),
        FaultCase("listen", ["127.0.0.1": "9030"], "write 127.0.0.1:9030"),
        FaultCase("backends[0].address", "0.0.0.0:3306", "or 127.0.0.1:3306 for this machine"),
        FaultCase("backends[0].address", "[::]:3306", "or [::1]:3306 for this machine"),
        FaultCase("backends[0]", "[::ffff:0.0.0.0]:3306", "the unspecified address"),
        FaultCase("backends[0]", "224.0.0.5:3306", "a multicast or broadcast address"),
        FaultCase("backends[0]", "255.255.255.255:3306", "a multicast or broadcast address"),
        FaultCase("backends[0]", "[ff02::1]:3306", "a multicast or broadcast address"),
        FaultCase("backends[0].address", "http://db:8030", "did you mean db:8030?"),
        FaultCase("backends[0].address", "mysql://me@db:3306/sales", "did you mean db:3306?"),
        FaultCase("backends[0].address", "http://db", "omit scheme"),
        FaultCase("backends[0].address", "db..internal.:80", "a host name"),
        FaultCase("backends[0].address", ".:80", "expected host:port"),
        FaultCase("backends[0].host", "db", "did you mean address?"),
        FaultCase("backends[0]", "db", "add a port: db:3306"),
        FaultCase("backends", "db:3306", "write [ db:3306 ]"),
        FaultCase("backends[0].address", "127.0.0.1:9030", "connect to itself"),
        FaultCase("backends[0].address", "localhost:9030", "connect to itself"),
        FaultCase("backends[0]", "LOCALHOST.:9030", "connect to itself"),
        FaultCase("backends[0].wait", "5", "unknown key"),
        FaultCase("backends[0].weight", "0", "between 1 and 256"),
        FaultCase("backends[0].mode", "of", "active, drain, maintenance"),
        FaultCase("proxyProtocol.accept", "maybe", "off, optional, required"),
        FaultCase("proxyProtocol.accept", "optional", at: ".proxyProtocol", "no source is trusted"),
        FaultCase("proxyProtocol.accept", "required", at: ".proxyProtocol", "no source is trusted"),
        FaultCase(
            "proxyProtocol",
            ["accept": "optional", "trusted": "10.0.0.0/24"],
            at: ".proxyProtocol.trusted",
            "expected a list"
        ),
        FaultCase(
            "proxyProtocol",
            ["accept": "optional", "trusted": ["10.0.0.1/24"]],
            at: ".proxyProtocol.trusted[0]",
            "10.0.0.0/24"
        ),
        FaultCase("proxyProtocol.timeout", "0s", "between"),
        FaultCase("proxyProtocol.maximumSize", "50B", "between 107B and"),
        FaultCase("proxyProtocol.trust", [], "did you mean trusted?"),
        FaultCase("healthCheck", "http", "an HTTP check requires protocol http"),
        FaultCase("healthCheck", "no", "did you mean off?"),
        FaultCase("healthCheck", "None", "did you mean off?"),
        FaultCase("healthCheck", "false", "did you mean off?"),
        FaultCase(
            "healthCheck",
            ["type": "http", "path": "/"],
            at: ".healthCheck.type",
            "an HTTP check"
        ),
        FaultCase(
            "healthCheck",
            ["typ": "http", "path": "/"],
            at: ".healthCheck.typ",
            "did you mean type?"
        ),
        FaultCase("sendProxyProtocol", "true", "write v1 or v2"),
        FaultCase("sendProxyProtocol", "On", "write v1 or v2"),
        FaultCase("sendProxyProtocol", "yes", "write v1 or v2"),
        FaultCase("sendProxyProtocol", "no", "did you mean off?"),
        FaultCase("proxyProtocol", "required", "write { accept: required, trusted: [ the load"),
        FaultCase("proxyProtocol", "true", "write { accept: required, trusted: [ the load"),
        FaultCase("proxyProtocol", "off", "write { accept: off }"),
        FaultCase(
            "proxyProtocol",
            ["accept": "required", "trusts": ["10.0.0.0/24"]],
            at: ".proxyProtocol.trusts",
            "did you mean trusted?"
        ),
        FaultCase(
            "proxyProtocol",
            ["acept": "required", "trusted": ["10.0.0.0/24"]],
            at: ".proxyProtocol.acept",
            "did you mean accept?"
        ),
        FaultCase("idleTimeout", "5m", "write timeouts: { idle: 5m }"),
        FaultCase("connect-timeout", "5s", "write timeouts: { connect: 5s }"),
        FaultCase("proxy_connect_timeout", "5s", "write timeouts: { connect: 5s }"),
        FaultCase("timeouts", "5m", "write { idle: 5m }"),
        FaultCase("comment", "x", "a YAML comment, after #"),
        FaultCase("whitelist", ["mode": "anywhere"], "next to listeners"),
        FaultCase("<<", ["a": "b"], at: ".\"<<\"", "merge keys are not supported"),
        FaultCase("trusted", "10.0.0.0/24", "write proxyProtocol: { trusted: [ 10.0.0.0/24 ] }"),
        FaultCase("healthCheck", "ping", "off, tcp, mysql, http"),
        FaultCase("healthCheck.type", "http", "requires protocol http"),
        FaultCase("healthCheck.path", "/", "only http health checks have a path (remove path)"),
        FaultCase("healthCheck.interval", "1ms", "between 10ms and 1h"),
        FaultCase("healthCheck.rise", "0", "between 1 and 100"),
        FaultCase("sendProxyProtocol", "v3", "off, v1, v2"),
        FaultCase("sendProxyProtocol", [:], at: ".sendProxyProtocol.version", "missing"),
        FaultCase(
            "sendProxyProtocol",
            ["version": "v1", "tlvs": "drop"],
            at: ".sendProxyProtocol.tlvs",
            "only supported by version v2"
        ),
        FaultCase(
            "sendProxyProtocol",
            ["version": "v2", "tlvs": "keep"],
            at: ".sendProxyProtocol.tlvs",
            "pass, drop"
        ),
        FaultCase(
            "sendProxyProtocol",
            ["version": "v2", "crc32c": "yes"],
            at: ".sendProxyProtocol.crc32c",
            "did you mean true?"
        ),
    ]

    @Test(
        "An unsupported switch is an error that shows what to write instead",
        arguments: [
            ("warehouses[0].listeners[0].backends[0]", "write mode: maintenance"),
            ("warehouses[0].listeners[0].healthCheck", "write type: off"),
            ("warehouses[0].listeners[0].sendProxyProtocol", "write version: off"),
            ("warehouses[0].listeners[0].proxyProtocol", "write accept: off"),
            ("warehouses[0].whitelist", "write mode: anywhere or mode: nowhere"),
            ("warehouses[0].listeners[0]", "to disable this part, comment it out with #"),
            ("warehouses[0]", "to disable this part, comment it out with #"),
        ]
    )
    func switches(path: String, remedy: String) {
        let base = SampleTree.public
            .setting("warehouses[0].listeners[0].healthCheck", to: ["type": "mysql"])
            .setting("warehouses[0].listeners[0].sendProxyProtocol", to: ["version": "v1"])
            .setting("warehouses[0].listeners[0].proxyProtocol", to: ["accept": "off"])
            .setting("warehouses[0].listeners[0].backends[0]", to: ["address": "db:3306"])
        #expect(base.decoded().findings == [])
        for (key, value) in [("disabled", "true"), ("enabled", "false")] {
            let faults = base.setting("\(path).\(key)", to: .init(stringLiteral: value))
                .decoded().faults
            #expect(faults.map(\.path) == ["\(path).\(key)"])
            #expect(faults.map(\.remedy) == [remedy])
        }
        let needless = base.setting("\(path).enabled", to: "true").decoded().faults
        #expect(needless.map(\.remedy) == ["remove the key"])
        // Entries have the switch, under one of its names.
        let entry = base.setting("warehouses[0].whitelist.entries[0].disabled", to: "true")
        #expect(entry.decoded().faults.map(\.remedy) == ["write enabled: false"])
    }
}

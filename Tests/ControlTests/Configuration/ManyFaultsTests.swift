import Settings
import Testing

@testable import Control

@Suite("All errors at once")
struct ManyFaultsTests {
    /// Each line with a fault says which, by its key path.
    private let yaml = """
        managment: { listen: 127.0.0.1:7080 }
        policy: files
        log: { level: loud, access: stdot }
        limits: { connections: -1 }
        timeouts:
          idle: 5
          header: 5s
          header: 6s
        keepalive: { count: 0 }
        engine: { scratch: 64KB }
        warehouses:
          - id: A B
            whitelist:
              mode: specific
              entries:
                - { cidr: 203.0.113.1/24 }
                - { description: nothing }
                - { cidr: 198.51.100.0/24, action: allow, expires: soon }
                - { cidr: 198.51.100.0/24, action: deny }
            listeners:
              - protocol: mysql
                listen: 0.0.0.0
                backends: []
              - protocol: htpp
                listen: 0.0.0.0:8030
                backends:
                  - { address: "fe:http" }
              - protocol: http
                listen: 0.0.0.0:8030
                proxyProtocol: { accept: required }
                reject: errorAfterGreeting
                healthCheck: mysql
                sendProxyProtocol: { version: v1, crc32c: true }
                backends: [ { address: 127.0.0.1:8030 } ]
            endpoints:
              - { id: 12x, cloud: azure }
        """

    private let expected = [
        "1:1 managment",
        "2:9 policy",
        "3:15 log.level",
        "3:29 log.access",
        "4:24 limits.connections",
        "6:9 timeouts.idle",
        "8:3 timeouts.header",
        "9:21 keepalive.count",
        "10:20 engine.scratch",
        "12:9 warehouses[0].id",
        "16:19 warehouses[0].whitelist.entries[0].cidr",
        "17:11 warehouses[0].whitelist.entries[1].cidr",
        "18:60 warehouses[0].whitelist.entries[2].expires",
        "19:19 warehouses[0].whitelist.entries[3].cidr",
        "22:17 warehouses[0].listeners[0].listen",
        "23:19 warehouses[0].listeners[0].backends",
        "24:19 warehouses[0].listeners[1].protocol",
        "27:24 warehouses[0].listeners[1].backends[0].address",
        "29:17 warehouses[0].listeners[2].listen",
        "30:24 warehouses[0].listeners[2].proxyProtocol",
        "31:17 warehouses[0].listeners[2].reject",
        "32:22 warehouses[0].listeners[2].healthCheck",
        "33:51 warehouses[0].listeners[2].sendProxyProtocol.crc32c",
        "34:32 warehouses[0].listeners[2].backends[0].address",
        "36:15 warehouses[0].endpoints[0].id",
    ]

    @Test("Each error in a file is reported with its path, line and column, in order")
    func allFaults() throws {
        let loaded = try load(yaml)
        #expect(loaded.configuration == nil)
        #expect(loaded.places == expected)
        #expect(loaded.warnings == [])
    }

    private let interrupted = """
        polcy: file
        timeouts:
          idle: 5
          idle: 6s
        warehouses:
          - id: A B
            whitelst: { mode: anywhere }
            listeners:
              - protocol: htpp
                backends: [ "0.0.0.0:80" ]

        """

    @Test(
        "A syntax error hides no earlier error, and nothing is concluded from what is missing",
        arguments: [
            ("        listen: 127.0.0.1 : 80", "11:17"), ("        listen: 'x", "11:17"),
            ("        listen: [ 1", "11:17"), ("        - x", "11:9"), ("\tlisten: x", "11:1"),
            ("        listen: !x y", "11:17"), ("        listen: *x", "11:17"),
            ("        listen: 0.0.0.0:1\n      y: z", "12:7"),
        ]
    )
    func syntaxError(line: String, place: String) throws {
        let loaded = try load(interrupted + line + "\n")
        #expect(loaded.configuration == nil)
        #expect(loaded.warnings == [])
        let before = [
            "1:1 polcy", "3:9 timeouts.idle", "4:3 timeouts.idle", "6:9 warehouses[0].id",
            "7:5 warehouses[0].whitelst", "9:19 warehouses[0].listeners[0].protocol",
            "10:21 warehouses[0].listeners[0].backends[0]",
        ]
        #expect(loaded.places == before + [place], "\(loaded.lines)")
    }

    @Test(
        "Values that a syntax error may have distorted are not checked",
        arguments: [
            "log:\n  level: info\n   format: text\n", "log: { level: [info }\nwarehouses: []\n",
            "warehouses:\n  - id: A\n    listeners:\n      - backends: [ db:3306\n        listen: x\n",
            "log:\n  level: 'info\nwarehouses:\n  - id: 'A'\n",
        ]
    )
    func distorted(yaml: String) throws {
        let loaded = try load(yaml)
        #expect(loaded.findings.count == 1, "\(loaded.lines)")
        #expect(loaded.findings.first?.path == "")
    }

    @Test("An error is one line that names file, place, key path, message and remedy")
    func lines() throws {
        let loaded = try load("polcy: file\nwarehouses: []\n")
        #expect(
            loaded.lines == [
                "\(loaded.file):1:1: error: polcy: unknown key (did you mean policy?)",
                "\(loaded.file):2:13: warning: warehouses: no warehouses: the gateway serves nothing",
            ]
        )
    }

    @Test("Whatever the key, its error is one line without terminal control characters")
    func strangeKeys() throws {
        let loaded = try load("warehouses: []\n\"a\\nb\\e[2J\": 1\n? ''\n: 2\n<<: 3\n")
        #expect(loaded.faults.map(\.path) == [#""a\nb\u{1B}[2J""#, "\"\"", #""<<""#])
        #expect(loaded.lines.allSatisfy { !$0.contains("\n") && !$0.contains("\u{1b}") })
    }

    @Test("Beyond a limit, errors are counted, not kept")
    func limit() throws {
        let entries = String(repeating: "      - { cidr: nonsense }\n", count: 1_500)
        let loaded = try load("warehouses:\n  - whitelist:\n      entries:\n\(entries)")
        #expect(loaded.findings.count == 1_001)
        #expect(loaded.findings.last?.message.hasSuffix("more findings are not shown") == true)
        #expect(loaded.configuration == nil)
    }
}

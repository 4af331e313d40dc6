import Addresses
import CIDRTrie
import Configurations
import Testing
import Traffic

@testable import Policy
@testable import Settings
@testable import Time

@Suite("Values of a configuration")
struct ValueTests {
    /// Every setting, each with a value that neither is the default nor occurs twice.
    @Test(
        "The receiver of the audit is read as it is written",
        arguments: [
            "off", "unixgram:/dev/log", "udp:10.0.0.9:514", "udp:[2001:db8::1]:514",
            "tcp:syslog.internal:601",
        ]
    )
    func audit(_ text: String) throws {
        let audit = try LogSettings.AuditLog(configurationText: text)
        #expect(audit.description == text)
    }

    @Test("Each setting of the gateway is read from its own key")
    func gateway() throws {
        let tree: ConfigurationNode = [
            "management": ["listen": "[::1]:7080"],
            "lastPolicy": "/var/lib/sluice/policy",
            "policy": "file",
            "log": ["level": "debug", "format": "json", "access": "/var/log/sluice/access.log"],
            "limits": [
                "connections": "11", "connectionsPerSource": "12", "connectRatePerSource": "13",
                "bufferPerSource": "14MiB", "handshakesPerWorker": "15",
            ],
            "timeouts": [
                "header": "21s", "connect": "22s", "idle": "23s", "drain": "24s",
                "halfClosed": "25s", "write": "26s",
            ],
            "keepalive": ["idle": "31s", "interval": "32s", "count": "33"],
            "engine": [
                "shards": "41", "linger": "42ms", "scratch": "43KiB", "pipe": "44KiB",
                "clientBuffer": "45KiB", "backendBuffer": "46KiB", "unsent": "47KiB",
                "congestionControl": "bbr", "kernelTLS": "full",
            ],
            "warehouses": [["id": "A", "whitelist": ["mode": "nowhere"], "listeners": []]],
        ]
        let configuration = try #require(tree.decoded().configuration)
        var expected = Topology(warehouses: configuration.topology.warehouses)
        expected.management.address = try SocketAddress(parsing: "[::1]:7080")
        expected.lastPolicyFolder = "/var/lib/sluice/policy"
        expected.log.level = .debug
        expected.log.format = .json
        expected.log.access = .file(path: "/var/log/sluice/access.log")
        expected.limits.connections = 11
        expected.limits.connectionsPerSource = 12
        expected.limits.connectRatePerSource = 13
        expected.limits.bufferPerSource = 14 * 1_048_576
        expected.limits.handshakesPerWorker = 15
        expected.timeouts.header = .seconds(21)
        expected.timeouts.connect = .seconds(22)
        expected.timeouts.idle = .seconds(23)
        expected.timeouts.drain = .seconds(24)
        expected.timeouts.halfClosed = .seconds(25)
        expected.timeouts.write = .seconds(26)
        expected.keepalive.idle = .seconds(31)
        expected.keepalive.interval = .seconds(32)
        expected.keepalive.count = 33
        expected.engine.shards = 41
        expected.engine.linger = .milliseconds(42)
        expected.engine.scratchByteCount = 43 * 1_024
        expected.engine.pipeByteCount = 44 * 1_024
        expected.engine.clientBufferByteCount = 45 * 1_024
        expected.engine.backendBufferByteCount = 46 * 1_024
        expected.engine.unsentByteCount = 47 * 1_024
        expected.engine.congestionControl = .named("bbr")
        expected.engine.kernelTLS = .full
        #expect(configuration.topology == expected)
    }

    @Test("A minimal configuration gets the defaults")
    func defaults() throws {
        let tree: ConfigurationNode = ["warehouses": []]
        #expect(tree.decoded().configuration == GatewayConfiguration(warehouses: []))
    }

    @Test("Each setting of a warehouse is read from its own key")
    func warehouse() throws {
        let tree: ConfigurationNode = [
            "warehouses": [
                [
                    "id": "A_1-b", "name": "Demo", "host": "demo.example",
                    "limits": ["connections": "7"],
                    "whitelist": [
                        "mode": "specific",
                        "entries": [
                            [
                                "cidr": "2001:db8::/32", "action": "deny", "description": "old",
                                "expires": "2027-01-01T00:00:00Z",
                            ]
                        ],
                        "files": ["a.cidrs", "b.cidrs"],
                    ],
                    "listeners": [],
                ]
            ]
        ]
        let files = ["a.cidrs": "192.0.2.0/24 a\n", "b.cidrs": "!198.51.100.7\n"]
        let configuration = try #require(tree.decoded(files: files).configuration)
        let rules = [
            Rule(
                block: try CIDRBlock(parsing: "2001:db8::/32"),
                action: .deny,
                description: "old",
                expiry: try UnixTime(rfc3339: "2027-01-01T00:00:00Z")
            )
        ]
        let first = Rule(block: try CIDRBlock(parsing: "192.0.2.0/24"), description: "a")
        let second = Rule(block: try CIDRBlock(parsing: "198.51.100.7/32"), action: .deny)
        let expected = GuardedWarehouse(
            id: "A_1-b",
            name: "Demo",
            host: "demo.example",
            whitelist: Whitelist(
                mode: .specific,
                lists: [
                    EntryList(.entries, rules: rules),
                    EntryList(.file("a.cidrs"), rules: [first]),
                    EntryList(.file("b.cidrs"), rules: [second]),
                ]
            ),
            connectionLimit: 7
        )
        #expect(configuration.topology.warehouses == [expected.warehouse])
        #expect(configuration.policy == Policy(["A_1-b": expected.policy]))
    }

    @Test("A warehouse without a whitelist starts open, for IPv4 and IPv6")
    func initialWhitelist() throws {
        let tree = SampleTree.public.removing("warehouses[0].whitelist")
        let configuration = try #require(tree.decoded().configuration)
        let id = configuration.topology.warehouses[0].id
        let whitelist = configuration.policy[id].whitelist
        #expect(whitelist.mode == .specific)
        let rules = whitelist.lists.flatMap { $0.trie.rules }
        #expect(rules.map(\.block.description) == ["0.0.0.0/0", "::/0"])
        #expect(rules.map(\.action) == [.allow, .allow])
    }

    @Test("A warehouse without a name is named by its id")
    func name() throws {
        #expect(
            SampleTree.public.decoded().configuration?.topology.warehouses[0].name == "AWVA7CM7"
        )
    }
}

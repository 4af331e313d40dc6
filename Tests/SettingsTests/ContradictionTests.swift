import CIDRTrie
import Testing

@testable import Settings
@testable import Time

@Suite("Parts of a configuration that contradict each other")
struct ContradictionTests {
    private static let second: ConfigurationNode = [
        "id": "AWVA7CM8", "whitelist": ["mode": "nowhere"],
        "listeners": [SampleTree.listener],
    ]

    private static func withSecond(_ path: String, _ value: ConfigurationNode) -> [String] {
        let sample = SampleTree.public
        guard case .mapping(let entries) = sample.content,
            case .sequence(let warehouses) = entries[0].value.content
        else { return [] }
        let both = ConfigurationNode(
            .sequence(warehouses + [second.setting(path, to: value)]),
            at: sample.position
        )
        return sample.setting("warehouses", to: both).decoded().findings.map {
            "\($0.path): \($0.message)"
        }
    }

    @Test("Two listeners on one address are an error that names the first")
    func sameAddress() {
        #expect(
            Self.withSecond("name", "second") == [
                "warehouses[1].listeners[0].listen: 0.0.0.0:9030 is already used by "
                    + "warehouses[0].listeners[0].listen, line 1"
            ]
        )
        #expect(Self.withSecond("listeners[0].listen", "0.0.0.0:9031") == [])
    }

    @Test("0.0.0.0 has the port on every IPv4 address, and leaves it free on the IPv6 ones")
    func wildcardAddress() {
        #expect(Self.withSecond("listeners[0].listen", "127.0.0.1:9030").count == 1)
        #expect(Self.withSecond("listeners[0].listen", "[::]:9030") == [])
    }

    @Test(
        "A listener that would connect to itself is an error",
        arguments: [
            ("0.0.0.0:3306", "127.0.0.1:3306", true), ("0.0.0.0:3306", "0.0.0.0:3306", true),
            ("[::]:3306", "127.0.0.1:3306", true), ("[::]:3306", "[::1]:3306", true),
            ("127.0.0.1:3306", "localhost:3306", true), ("[::]:3306", "localhost:3306", true),
            ("192.0.2.1:3306", "192.0.2.1:3306", true), ("0.0.0.0:3306", "[::1]:3306", false),
            ("0.0.0.0:3306", "127.0.0.1:3307", false), ("0.0.0.0:3306", "192.0.2.1:3306", false),
            ("127.0.0.1:3306", "127.0.0.2:3306", false), ("192.0.2.1:80", "localhost:80", false),
        ]
    )
    func loop(listen: String, backend: String, isFault: Bool) {
        let listener = "warehouses[0].listeners[0]"
        let faults =
            SampleTree.public
            .setting("\(listener).listen", to: .init(stringLiteral: listen))
            .setting("\(listener).backends[0].address", to: .init(stringLiteral: backend))
            .decoded().faults
        #expect(faults.map(\.path) == (isFault ? ["\(listener).backends[0].address"] : []))
    }

    @Test(
        "A backend that is another listener, or the management address, is an error that names it"
    )
    func otherOwnAddress() {
        let listener = "warehouses[0].listeners[0]"
        let tree = SampleTree.public
            .setting("management", to: ["listen": "127.0.0.1:7080"])
            .setting("\(listener).listen", to: "0.0.0.0:9030")
        for backend in ["127.0.0.1:7080", "localhost:7080"] {
            let faults = tree.setting(
                "\(listener).backends[0].address",
                to: .init(stringLiteral: backend)
            ).decoded().faults
            #expect(faults.map(\.path) == ["\(listener).backends[0].address"], "\(backend)")
            #expect(faults.first?.message.contains("management.listen") == true, "\(backend)")
        }
        let crossed = Self.withSecond("listeners[0].backends[0].address", "127.0.0.1:9030")
        let message = "127.0.0.1:9030 is the gateway itself (\(listener).listen, line 1)"
        #expect(
            crossed.contains("warehouses[1].listeners[0].backends[0].address: \(message)"),
            "\(crossed)"
        )
    }

    @Test("A duplicate warehouse is an error that names the first")
    func sameWarehouse() {
        let findings = Self.withSecond("id", "AWVA7CM7").filter { !$0.contains("listen") }
        #expect(
            findings == [
                "warehouses[1].id: duplicate id \"AWVA7CM7\", first defined at warehouses[0].id, line 1"
            ]
        )
    }

    @Test("A listener on the management address is an error")
    func managementAddress() {
        let faults =
            SampleTree.public
            .setting("management", to: ["listen": "0.0.0.0:9030"])
            .decoded().faults
        #expect(faults.map(\.path) == ["warehouses[0].listeners[0].listen"])
        #expect(faults.first?.message.contains("management.listen") == true)
    }

    @Test("Any number of listeners may let the system choose their port")
    func portZero() {
        let findings =
            SampleTree.public
            .setting("management", to: ["listen": "0.0.0.0:0"])
            .setting("warehouses[0].listeners[0].listen", to: "0.0.0.0:0")
            .decoded()
        #expect(findings.faults == [])
        #expect(findings.configuration != nil)
    }

    @Test("A duplicate backend is an error")
    func sameBackend() {
        let backend: ConfigurationNode = ["address": "127.0.0.1:3306"]
        let faults =
            SampleTree.public
            .setting("warehouses[0].listeners[0].backends", to: [backend, backend])
            .decoded().faults
        #expect(faults.map(\.path) == ["warehouses[0].listeners[0].backends[1].address"])
    }

    @Test("A block that is both allowed and denied is an error that names both places")
    func sameBlock() {
        let faults =
            SampleTree.public
            .setting(
                "warehouses[0].whitelist.entries",
                to: [
                    ["cidr": "203.0.113.0/24"],
                    ["cidr": "203.0.113.0/25", "action": "deny"],
                    ["cidr": "203.0.113.0/24", "action": "deny"],
                ]
            )
            .decoded().faults
        #expect(faults.map(\.path) == ["warehouses[0].whitelist.entries[2].cidr"])
        #expect(
            faults.first?.message == "203.0.113.0/24 is both allowed and denied (see "
                + "warehouses[0].whitelist.entries[0].cidr, line 1)"
        )
    }

    @Test("A duplicate key is an error, and the first one counts")
    func sameKey() {
        let tree = SampleTree.public
        guard case .mapping(let entries) = tree.content else { return }
        let later = SourcePosition(line: 9, column: 1)
        let repeated = ConfigurationNode.Entry(
            key: "warehouses",
            keyPosition: later,
            value: "nonsense"
        )
        let faults = ConfigurationNode(.mapping(entries + [repeated]), at: tree.position)
            .decoded().faults
        #expect(faults.map(\.path) == ["warehouses"])
        #expect(faults.map(\.position) == [later])
        #expect(faults.first?.message == "duplicate key, first defined on line 1")
    }

    @Test("When a run is over, nothing of it remains")
    func released() {
        final class Token: Sendable {}
        weak var left: Token?
        do {
            let token = Token()
            left = token
            let decoder = ConfigurationDecoder(now: UnixTime(seconds: 0)) {
                _,
                _ throws(UnreadableFile) in
                _ = token
                throw UnreadableFile(reason: "none")
            }
            for tree in [SampleTree.public, SampleTree.private] {
                #expect(decoder.decode(tree).configuration != nil)
                let twice = tree.setting("warehouses[0].whitelist.files", to: ["a.cidrs"])
                    .setting("management", to: ["listen": "0.0.0.0:9030"])
                #expect(decoder.decode(twice).configuration == nil)
            }
        }
        #expect(left == nil)
    }
}

import Testing

@testable import Settings

/// What follows from an error that is reported already is not reported again.
@Suite("One mistake, one finding")
struct ConsequenceTests {
    private static let warehouse = "warehouses[0]"
    private static let listener = "warehouses[0].listeners[0]"

    private func paths(_ tree: ConfigurationNode) -> [String] {
        tree.decoded().findings.map { "\($0.severity.rawValue) \($0.path)" }
    }

    @Test(
        "A misspelled key is not also reported as missing, and nothing is concluded from its absence",
        arguments: [
            ("id", "ID"), ("whitelist", "whitelst"), ("whitelist", "white_list"),
            ("whitelist", "allowlist"), ("listeners", "listners"), ("listeners", "listener"),
            ("whitelist.entries", "entreis"), ("whitelist.entries", "rules"),
            ("whitelist.entries[0].cidr", "cdir"), ("whitelist.entries[0].cidr", "network"),
            ("listeners[0].protocol", "protocl"), ("listeners[0].listen", "lisen"),
            ("listeners[0].listen", "bind"), ("listeners[0].backends", "backend"),
            ("listeners[0].backends", "servers"), ("listeners[0].backends[0].address", "adress"),
        ]
    )
    func misspelt(path: String, key: String) {
        let tree = SampleTree.public.renaming("\(Self.warehouse).\(path)", to: key)
        let parent = path.split(separator: ".").dropLast().joined(separator: ".")
        let place = parent.isEmpty ? Self.warehouse : "\(Self.warehouse).\(parent)"
        #expect(paths(tree) == ["error \(place).\(key)"])
    }

    @Test(
        "This also applies to private links",
        arguments: [
            ("endpoints", "endpoint"), ("endpointServices", "endpointService"),
            ("listeners[0].proxyProtocol", "proxyprotocols"),
            ("listeners[0].proxyProtocol.accept", "acept"),
            ("listeners[0].proxyProtocol.trusted", "trust"), ("listeners[0].link", "lnk"),
        ]
    )
    func privateLink(path: String, key: String) {
        let tree = SampleTree.private.renaming("\(Self.warehouse).\(path)", to: key)
        #expect(tree.decoded().findings.count == 1, "\(tree.decoded().findings)")
    }

    @Test("An unknown key that resembles nothing may be any optional one, but no required one")
    func unclear() {
        let whitelist = SampleTree.public.renaming("\(Self.warehouse).whitelist", to: "xyz")
        #expect(paths(whitelist) == ["error \(Self.warehouse).xyz"])
        let listen = SampleTree.public.renaming("\(Self.listener).listen", to: "xyz")
        #expect(
            Set(paths(listen)) == ["error \(Self.listener).xyz", "error \(Self.listener).listen"]
        )
    }

    @Test("A merge key may be any key")
    func mergeKey() {
        let tree = SampleTree.public.renaming("\(Self.listener).listen", to: "<<")
        #expect(paths(tree) == ["error \(Self.listener).\"<<\""])
    }

    @Test("A reference to a part with an error is not reported too")
    func references() {
        let service = SampleTree.private
            .setting("\(Self.warehouse).endpoints[0].service", to: "vpce-svc-0a1b2c3d4e5f67890")
            .setting("\(Self.warehouse).endpointServices[0].region", to: "us east")
        #expect(service.decoded().findings.count == 1, "\(service.decoded().findings)")
        let endpoint = SampleTree.private
            .setting("\(Self.warehouse).endpoints[0].state", to: "perhaps")
        #expect(endpoint.decoded().findings.count == 1, "\(endpoint.decoded().findings)")
    }

    @Test("Nothing is concluded from the rest of a whitelist with an invalid entry")
    func whitelist() {
        let tree = SampleTree.public.setting(
            "\(Self.warehouse).whitelist.entries",
            to: [["cidr": "0.0.0.0/0"], ["cidr": "::/00"]]
        )
        #expect(paths(tree) == ["error \(Self.warehouse).whitelist.entries[1].cidr"])
    }
}

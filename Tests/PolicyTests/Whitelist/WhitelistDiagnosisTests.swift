import Addresses
import CIDRTrie
import SeededRandom
import Testing
import Time

@testable import Policy

@Suite("Entries of a whitelist without effect, over all of its lists")
struct WhitelistDiagnosisTests {
    private static let now = UnixTime(seconds: 1_795_428_000)

    private static func entry(_ text: String) throws -> WhitelistEntry {
        var words = text.split(separator: " ").map(String.init)[...]
        let action: Action = words.first == "!" ? .deny : .allow
        if action == .deny { words = words.dropFirst() }
        let block = try CIDRBlock(parsing: words[words.startIndex])
        let rest = words.dropFirst()
        let expiry = rest.compactMap { Int64($0) }.first
        return WhitelistEntry(
            Rule(
                block: block,
                action: action,
                expiry: expiry.map { UnixTime(seconds: now.seconds + $0) }
            ),
            isEnabled: !rest.contains("off")
        )
    }

    private static func list(_ name: EntryList.Name, _ entries: String...) throws -> EntryList {
        EntryList(name, try entries.map(entry))
    }

    /// `covered entries/10.0.0.0/8 by group`
    private static func found(_ mode: Whitelist.Mode, _ lists: [EntryList], limit: Int = 100)
        -> Set<String>
    {
        let whitelist = Whitelist(mode: mode, lists: lists)
        let diagnosis = WhitelistDiagnosis(of: whitelist, at: now, limit: limit)
        let name = { (place: WhitelistDiagnosis.Place) in
            "\(place.list)/\(lists[place.list][place.index].text)"
        }
        return Set(
            diagnosis.findings.map { finding in
                let other = finding.other.map { " by \(name($0))" } ?? ""
                return "\(finding.kind.rawValue) \(name(finding.place))\(other)"
            }
        )
    }

    @Test("The same block in two lists: one of the two is a duplicate")
    func duplicates() throws {
        let lists = [
            try Self.list(.entries, "10.0.0.0/8", "192.0.2.0/24 100", "2001:db8::/32"),
            try Self.list(.group("a"), "10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32 off"),
        ]
        #expect(
            Self.found(.specific, lists) == [
                "duplicate 1/10.0.0.0/8 by 0/10.0.0.0/8",
                "duplicate 0/192.0.2.0/24 by 1/192.0.2.0/24",
            ]
        )
    }

    @Test("If one list denies a block, another cannot allow it")
    func contradictions() throws {
        let lists = [
            try Self.list(.entries, "10.1.0.0/16", "10.2.0.0/16", "10.0.0.0/8"),
            try Self.list(.group("a"), "! 10.1.0.0/16", "! 10.2.0.0/16 100"),
        ]
        // The denial that expires leaves the other its time.
        #expect(
            Self.found(.specific, lists) == ["contradicted 0/10.1.0.0/16 by 1/10.1.0.0/16"]
        )
    }

    @Test("A block inside a larger one of the same action is covered, in whichever list")
    func covered() throws {
        let lists = [
            try Self.list(.entries, "10.0.0.0/8", "! 10.1.0.0/16", "10.1.1.0/24", "10.2.0.0/16 5"),
            try Self.list(.group("a"), "10.3.0.0/16", "! 10.1.2.0/24", "::/0", "2001:db8::/32"),
        ]
        #expect(
            Self.found(.specific, lists) == [
                "covered 0/10.2.0.0/16 by 0/10.0.0.0/8", "covered 1/10.3.0.0/16 by 0/10.0.0.0/8",
                "covered 1/10.1.2.0/24 by 0/10.1.0.0/16", "covered 1/2001:db8::/32 by 1/::/0",
            ]
        )
    }

    @Test("A larger block that expires first covers nothing")
    func expiry() throws {
        let lists = [
            try Self.list(.entries, "10.0.0.0/8 100", "10.1.0.0/16", "10.2.0.0/16 101"),
            try Self.list(.group("a"), "10.3.0.0/16 -1", "10.4.0.0/16 100"),
        ]
        #expect(Self.found(.specific, lists) == ["covered 1/10.4.0.0/16 by 0/10.0.0.0/8"])
    }

    @Test("Smaller blocks that cover all of a larger one shadow it, even a whole family")
    func shadowed() throws {
        let lists = [
            try Self.list(.entries, "10.0.0.0/8", "! 10.0.0.0/9", "! ::/1", "::/0"),
            try Self.list(.group("a"), "! 10.128.0.0/9", "! 8000::/1"),
        ]
        #expect(Self.found(.specific, lists) == ["shadowed 0/10.0.0.0/8", "shadowed 0/::/0"])
        let part = [try Self.list(.entries, "10.0.0.0/8", "! 10.0.0.0/9", "! 10.128.0.0/9 5")]
        #expect(Self.found(.specific, part).isEmpty)
    }

    @Test("What the mode does anyway needs no entry")
    func modes() throws {
        let lists = [try Self.list(.entries, "! 10.0.0.0/8", "192.0.2.0/24", "! 0.0.0.0/0 off")]
        #expect(Self.found(.specific, lists) == ["alreadyDenied 0/10.0.0.0/8"])
        #expect(Self.found(.anywhere, lists) == ["alreadyAllowed 0/192.0.2.0/24"])
        #expect(Self.found(.nowhere, lists).isEmpty)
    }

    @Test("An entry for one service is compared with those for all; not the other way round")
    func services() throws {
        let lists = [
            try Self.list(.entries, "10.1.0.0/16", "192.0.2.0/24"),
            try Self.list(.service(.mysql), "10.0.0.0/8", "192.0.2.0/24"),
            try Self.list(.service(.http), "10.1.1.0/24"),
            try Self.list(.group("a"), "198.51.100.0/24"),
        ]
        #expect(
            Self.found(.specific, lists) == [
                "duplicate 1/192.0.2.0/24 by 0/192.0.2.0/24",
                "covered 2/10.1.1.0/24 by 0/10.1.0.0/16",
            ]
        )
    }

    @Test("The findings are bounded, and counted; a whitelist that is too long is not searched")
    func bounded() throws {
        let entries = try (0..<200).map { try Self.entry("10.0.\($0).0/24") }
        let lists = [
            try Self.list(.group("a"), "10.0.0.0/8"), EntryList(.entries, entries),
        ]
        let whitelist = Whitelist(mode: .specific, lists: lists)
        let diagnosis = WhitelistDiagnosis(of: whitelist, at: Self.now, limit: 7)
        #expect(diagnosis.findings.count == 7 && diagnosis.total == 200 && diagnosis.isComplete)
        let short = WhitelistDiagnosis(of: whitelist, at: Self.now, limit: 7, entryLimit: 200)
        #expect(short.findings.isEmpty && !short.isComplete)
    }

    @Test("Removing an entry with a finding changes no verdict", arguments: 0..<40)
    func harmless(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let mode: Whitelist.Mode = seed.isMultiple(of: 2) ? .specific : .anywhere
        let lists = [EntryList.Name.entries, .service(.mysql), .group("a"), .file("b")].map {
            name in
            var blocks: Set<CIDRBlock> = []
            let entries: [WhitelistEntry] = (0..<12).compactMap { _ in
                let address = IPAddress.v4(IPv4Address(10, 0, 0, UInt8(random.next() % 16)))
                let length = UInt8(26 + random.next() % 7)
                let block = CIDRBlock(containing: address, prefixLength: length)
                guard blocks.insert(block).inserted else { return nil }
                let action: Action = random.next() % 2 == 0 ? .allow : .deny
                return WhitelistEntry(Rule(block: block, action: action))
            }
            return EntryList(name, entries)
        }
        let whitelist = Whitelist(mode: mode, lists: lists)
        let findings = WhitelistDiagnosis(of: whitelist, at: Self.now, limit: 1_000).findings
        for finding in findings {
            let place = finding.place
            var changed = whitelist
            changed.lists[place.list] = EntryList(
                lists[place.list].name,
                lists[place.list].trie.rules.indices.filter { $0 != place.index }
                    .map { lists[place.list][$0] }
            )
            for service in ServiceProtocol.allCases {
                for last in UInt8(0)..<64 {
                    let address = IPAddress.v4(IPv4Address(10, 0, 0, last))
                    #expect(
                        Self.admits(address, whitelist, service)
                            == Self.admits(address, changed, service),
                        "\(finding) \(address)"
                    )
                }
            }
        }
    }

    private static func admits(
        _ address: IPAddress,
        _ whitelist: Whitelist,
        _ service: ServiceProtocol
    ) -> Bool {
        AccessPolicy(whitelistOf: WarehousePolicy(whitelist: whitelist), for: service)
            .verdict(client: address, endpoint: nil, at: now).isAllowed
    }
}

import Addresses
import CIDRTrie
import Configurations
import Policy
import Settings
import Testing
import Time
import Traffic

@Suite("Which clients are admitted")
struct AccessPolicyTests {
    private let now = UnixTime(seconds: 1_795_428_000)

    /// A warehouse with rules of each kind and one endpoint in each state.
    private func policy(for link: LinkKind, mode: Whitelist.Mode) throws -> AccessPolicy {
        let rules = [
            Rule(block: try CIDRBlock(parsing: "203.0.113.0/24")),
            Rule(block: try CIDRBlock(parsing: "203.0.113.66/32"), action: .deny),
            Rule(block: try CIDRBlock(parsing: "198.51.100.0/24"), expiry: now),
            Rule(block: try CIDRBlock(parsing: "2001:db8::/32")),
        ]
        let warehouse = GuardedWarehouse(
            id: "WH",
            whitelist: Whitelist(mode: mode, rules: rules),
            endpoints: Endpoint.State.allCases.map { state in
                Endpoint(id: "vpce-\(state.rawValue)", cloud: .aws, state: state)
            }
        )
        return AccessPolicy(
            for: .example(link),
            under: warehouse.policy
        )
    }

    private func verdict(
        _ address: String,
        _ mode: Whitelist.Mode = .specific,
        link: LinkKind = .public,
        endpoint: String? = nil
    ) throws -> AccessVerdict {
        let client = try IPAddress(parsing: address)
        return try policy(for: link, mode: mode).verdict(
            client: client,
            endpoint: endpoint.map { EndpointName(.aws, $0) },
            at: now
        )
    }

    @Test("An allow rule admits, and is named")
    func allowed() throws {
        let verdict = try verdict("203.0.113.65")
        #expect(verdict.isAllowed)
        #expect(try verdict.match?.block == CIDRBlock(parsing: "203.0.113.0/24"))
    }

    @Test("The longest matching rule decides: one that denies is named too")
    func denied() throws {
        let verdict = try verdict("203.0.113.66")
        #expect(verdict.denial == .deniedByRule)
        #expect(!verdict.isAllowed)
        #expect(try verdict.match?.block == CIDRBlock(parsing: "203.0.113.66/32"))
    }

    @Test("A client that no rule matches is denied, and no rule is named")
    func unmatched() throws {
        for address in ["192.0.2.1", "203.0.112.255", "2001:db9::1"] {
            #expect(try verdict(address) == AccessVerdict(denial: .notInWhitelist))
        }
    }

    @Test("From its expiry on, a rule does not apply")
    func expired() throws {
        let policy = try policy(for: .public, mode: .specific)
        let client = try IPAddress(parsing: "198.51.100.1")
        let before = UnixTime(seconds: now.seconds - 1)
        #expect(policy.verdict(client: client, endpoint: nil, at: before).isAllowed)
        #expect(policy.verdict(client: client, endpoint: nil, at: now).denial == .notInWhitelist)
    }

    @Test(
        "Anywhere admits every client that no rule denies; nowhere ignores the rules",
        arguments: [LinkKind.public, .outbound]
    )
    func modes(link: LinkKind) throws {
        for address in ["203.0.113.65", "203.0.113.66", "192.0.2.1", "::1"] {
            let open = try verdict(address, .anywhere, link: link)
            if address == "203.0.113.66" {
                #expect(open.denial == .deniedByRule)
                #expect(try open.match?.block == CIDRBlock(parsing: "203.0.113.66/32"))
            } else {
                #expect(open == AccessVerdict())
            }
            let closed = try verdict(address, .nowhere, link: link)
            #expect(closed == AccessVerdict(denial: .linkClosed))
        }
        #expect(try verdict("203.0.113.66", link: link).denial == .deniedByRule)
    }

    @Test("Shadow mode admits whom no rule matches, until it ends, and nobody else")
    func shadow() throws {
        let end = UnixTime(seconds: now.seconds + 60)
        let shadow = AccessPolicy.shadow(try policy(for: .public, mode: .specific), until: end)
        func verdict(_ client: String, at now: UnixTime) throws -> AccessVerdict {
            shadow.verdict(client: try IPAddress(parsing: client), endpoint: nil, at: now)
        }
        let admitted = try verdict("192.0.2.1", at: now)
        #expect(admitted.isAllowed && admitted.expiry == end)
        #expect(admitted.shadow?.reason == .notInWhitelist)
        // An entry that admits does so without the mode.
        #expect(try verdict("203.0.113.65", at: now).shadow == nil)
        #expect(try verdict("203.0.113.66", at: now).denial == .deniedByRule)
        #expect(try verdict("192.0.2.1", at: end) == AccessVerdict(denial: .notInWhitelist))
    }

    @Test("Shadow mode opens neither a closed link nor a private one")
    func shadowOfOthers() throws {
        let end = UnixTime(seconds: now.seconds + 60)
        let client = try IPAddress(parsing: "192.0.2.1")
        for (link, mode, denial) in [
            (.public, .nowhere, .linkClosed), (.private, .specific, .noEndpoint),
        ] as [(LinkKind, Whitelist.Mode, DenialReason)] {
            let shadow = AccessPolicy.shadow(try policy(for: link, mode: mode), until: end)
            let verdict = shadow.verdict(client: client, endpoint: nil, at: now)
            #expect(verdict == AccessVerdict(denial: denial))
        }
        let sources = AccessPolicy.shadow(.init(sources: []), until: end)
        #expect(sources.verdict(client: client, endpoint: nil, at: now).denial == .notASource)
    }

    @Test("Only the listener that is in shadow mode is")
    func shadowedListener() throws {
        let listener = Listener.example(.public)
        let other = SocketAddress(listener.address.ip, port: listener.address.port + 1)
        let end = UnixTime(seconds: now.seconds + 60)
        for (address, shadowEnd) in [(listener.address, end), (other, nil)] {
            let policy = WarehousePolicy(
                whitelist: Whitelist(mode: .specific),
                shadows: [address: end]
            )
            #expect(AccessPolicy(for: listener, under: policy).shadowEnd == shadowEnd)
        }
    }

    /// From anywhere, with a whitelist's entries.
    private func open(_ rules: Rule..., lists: [EntryList] = []) -> AccessPolicy {
        let lists = [EntryList(.entries, rules: rules)] + lists
        let whitelist = Whitelist(mode: .anywhere, lists: lists)
        return AccessPolicy(whitelistOf: WarehousePolicy(whitelist: whitelist), for: .mysql)
    }

    private func rule(_ block: String, _ action: Action = .allow, expiresIn seconds: Int64? = nil)
        throws -> Rule
    {
        Rule(
            block: try CIDRBlock(parsing: block),
            action: action,
            expiry: seconds.map { UnixTime(seconds: now.seconds + $0) }
        )
    }

    @Test("From anywhere, an allow entry inside a denied block lifts the denial, in any list")
    func exceptions() throws {
        let group = EntryList(.group("offices"), rules: [try rule("10.1.2.0/24")])
        let policy = open(
            try rule("10.0.0.0/8", .deny),
            try rule("10.1.0.0/16", expiresIn: 5),
            lists: [group]
        )
        func verdict(_ client: String, at now: UnixTime) throws -> AccessVerdict {
            policy.verdict(client: try IPAddress(parsing: client), endpoint: nil, at: now)
        }
        #expect(try verdict("10.9.0.1", at: now).denial == .deniedByRule)
        #expect(try verdict("10.1.0.1", at: now) == AccessVerdict())
        let later = UnixTime(seconds: now.seconds + 5)
        #expect(try verdict("10.1.0.1", at: later).denial == .deniedByRule)
        #expect(try verdict("10.1.2.1", at: later) == AccessVerdict())
    }

    @Test("From anywhere, nothing is looked up unless an enabled entry denies")
    func nothingToLookUp() throws {
        func looksUp(_ policy: AccessPolicy) -> Bool { policy.whitelist != nil }
        #expect(!looksUp(open()))
        #expect(!looksUp(open(try rule("10.0.0.0/8"), try rule("10.1.0.0/16", expiresIn: 5))))
        #expect(looksUp(open(try rule("10.0.0.0/8"), try rule("10.1.0.0/16", .deny))))
        let denial = WhitelistEntry(try rule("10.0.0.0/8", .deny))
        let list = EntryList(.group("bad"), [denial])
        #expect(looksUp(open(lists: [list])))
        let id = list.id(at: 0)
        let off = EntryEdit.setEnabled(id, false, editor: "", at: now)
        let on = EntryEdit.setEnabled(id, true, editor: "", at: now)
        let disabled = try list.applying([off]).list
        #expect(!looksUp(open(lists: [disabled])))
        #expect(looksUp(open(lists: [try disabled.applying([on]).list])))
        #expect(!looksUp(open(lists: [try list.applying([.remove(id)]).list])))
        let allowed = WhitelistEntry(try rule("10.0.0.0/8"))
        #expect(!looksUp(open(lists: [try list.applying([.change(id, to: allowed)]).list])))
        #expect(!looksUp(open(lists: [EntryList(.service(.http), [denial])])))
        let (image, notes) = list.saved
        #expect(looksUp(open(lists: [try EntryList(.group("bad"), image: image, notes: notes)])))
    }

    @Test("Entries for one service decide about its clients only")
    func services() throws {
        let whitelist = Whitelist(
            mode: .specific,
            lists: [
                EntryList(.service(.mysql), rules: [try rule("10.0.0.0/8")]),
                EntryList(.service(.http), rules: [try rule("10.0.0.0/8", .deny)]),
                EntryList(.group("offices"), rules: [try rule("11.0.0.0/8")]),
            ]
        )
        let policy = WarehousePolicy(whitelist: whitelist)
        for (service, client, denial) in [
            (.mysql, "10.0.0.1", nil), (.http, "10.0.0.1", .deniedByRule),
            (.tcp, "10.0.0.1", .notInWhitelist), (.tcp, "11.0.0.1", nil),
        ] as [(ServiceProtocol, String, DenialReason?)] {
            let verdict = AccessPolicy(whitelistOf: policy, for: service).verdict(
                client: try IPAddress(parsing: client),
                endpoint: nil,
                at: now
            )
            #expect(verdict.denial == denial)
        }
    }

    @Test(
        "On a private link the endpoint decides, whatever the whitelist",
        arguments: Whitelist.Mode.allCases
    )
    func privateLink(mode: Whitelist.Mode) throws {
        func denial(_ endpoint: String?) throws -> DenialReason? {
            try verdict("203.0.113.66", mode, link: .private, endpoint: endpoint).denial
        }
        #expect(try denial("vpce-available") == nil)
        #expect(try denial(nil) == .noEndpoint)
        #expect(try denial("vpce-other") == .unknownEndpoint)
        #expect(try denial("VPCE-available") == .unknownEndpoint)
        for state in Endpoint.State.allCases where state != .available {
            let reason = try denial("vpce-\(state.rawValue)")
            #expect(reason?.rawValue.lowercased() == "endpoint\(state.rawValue.lowercased())")
        }
    }

    @Test("An endpoint's id of another cloud is another endpoint")
    func otherCloud() throws {
        let client = try IPAddress(parsing: "192.0.2.1")
        let policy = try policy(for: .private, mode: .specific)
        for cloud in Cloud.allCases {
            let name = EndpointName(cloud, "vpce-available")
            let verdict = policy.verdict(client: client, endpoint: name, at: now)
            #expect(verdict.denial == (cloud == .aws ? nil : .unknownEndpoint))
        }
    }

    @Test("An outbound link with its own sources only serves them, whatever the whitelist")
    func sources() throws {
        for mode in Whitelist.Mode.allCases {
            let warehouse = GuardedWarehouse(id: "WH", whitelist: Whitelist(mode: mode))
            var listener = Listener.example(.outbound)
            listener.sources = [try CIDRBlock(parsing: "10.0.0.0/8")]
            let policy = AccessPolicy(for: listener, under: warehouse.policy)
            func denial(_ address: String) throws -> DenialReason? {
                let client = try IPAddress(parsing: address)
                return policy.verdict(client: client, endpoint: nil, at: now).denial
            }
            #expect(try denial("10.1.2.3") == nil)
            #expect(try denial("11.1.2.3") == .notASource)
        }
    }

    @Test("On a public link an endpoint does not admit")
    func endpointOnPublicLink() throws {
        let verdict = try verdict("192.0.2.1", endpoint: "vpce-available")
        #expect(verdict.denial == .notInWhitelist)
    }

    @Test("If an endpoint is listed twice, the stricter state counts")
    func twice() throws {
        for states in [[.available, .rejected], [.rejected, .available]] as [[Endpoint.State]] {
            let warehouse = GuardedWarehouse(
                id: "WH",
                whitelist: .openToAll,
                endpoints: states.map { Endpoint(id: "vpce-1", cloud: .aws, state: $0) }
            )
            let policy = AccessPolicy(for: .example(.private), under: warehouse.policy)
            let client = try IPAddress(parsing: "192.0.2.1")
            let verdict = policy.verdict(
                client: client,
                endpoint: EndpointName(.aws, "vpce-1"),
                at: now
            )
            #expect(verdict.denial == .endpointRejected)
        }
    }

    @Test("An empty whitelist admits no client; one open to all admits all clients")
    func extremes() throws {
        let empty = AccessPolicy.entries(.empty)
        let open = AccessPolicy.entries(.openToAll)
        for address in ["0.0.0.0", "255.255.255.255", "::", "2001:db8::1"] {
            let client = try IPAddress(parsing: address)
            #expect(empty.verdict(client: client, endpoint: nil, at: now).denial == .notInWhitelist)
            #expect(open.verdict(client: client, endpoint: nil, at: now).isAllowed)
        }
    }
}

extension Listener {
    static func example(_ link: LinkKind) -> Listener {
        let address = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 9030)
        return Listener(of: "W", protocol: .mysql, address: address, link: link, backends: [])
    }
}

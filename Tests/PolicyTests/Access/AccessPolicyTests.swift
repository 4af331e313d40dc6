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

    @Test("Anywhere and nowhere ignore the rules", arguments: [LinkKind.public, .outbound])
    func modes(link: LinkKind) throws {
        for address in ["203.0.113.66", "192.0.2.1", "::1"] {
            #expect(try verdict(address, .anywhere, link: link) == AccessVerdict())
            let closed = try verdict(address, .nowhere, link: link)
            #expect(closed == AccessVerdict(denial: .linkClosed))
        }
        #expect(try verdict("203.0.113.66", link: link).denial == .deniedByRule)
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

import Addresses
import CIDRTrie
import Configurations
import Operations
import Policy
import Settings
import Testing
import Time
import Traffic

@Suite("A running session is decided by its own service")
struct SessionPoliciesTests {
    private let now = UnixTime(seconds: 1_795_428_000)
    private let balancer = IPAddress.v4(IPv4Address(10, 0, 0, 1))

    private func session(
        _ client: String = "192.0.2.1",
        protocol: ServiceProtocol = .tcp,
        link: LinkKind = .public,
        isIntroduced: Bool = false,
        intermediaries: [IPAddress] = []
    ) throws -> SessionIdentity {
        let address = try IPAddress(parsing: client)
        return SessionIdentity(
            warehouse: "W",
            listener: "127.0.0.1:1",
            protocol: `protocol`,
            link: link,
            peer: isIntroduced ? balancer : address,
            client: address,
            endpoint: link == .private ? EndpointName(.aws, "vpce-1") : nil,
            isIntroduced: isIntroduced,
            intermediaries: intermediaries
        )
    }

    /// A warehouse, and the listeners that lead to it.
    private struct Site {
        var warehouse: GuardedWarehouse
        var listeners: [Listener]
    }

    private func listener(
        _ port: UInt16,
        link: LinkKind = .public,
        accept: AcceptProxyProtocol = AcceptProxyProtocol()
    ) -> Listener {
        Listener(
            of: "W",
            protocol: .tcp,
            address: SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: port),
            link: link,
            acceptProxyProtocol: accept,
            backends: []
        )
    }

    private func warehouse(_ entries: String, id: String = "W", _ listeners: Listener...)
        -> Site
    {
        let rules = Array(CIDRList(parsing: Array(entries.utf8).span).rules)
        let warehouse = GuardedWarehouse(
            id: id,
            whitelist: Whitelist(mode: .specific, rules: rules),
            endpoints: [Endpoint(id: "vpce-1", cloud: .aws, state: .rejected)]
        )
        let own = listeners.map { listener in
            var listener = listener
            listener.routes[0].service.id.warehouse = id
            return listener
        }
        return Site(warehouse: warehouse, listeners: own)
    }

    private func judge(_ session: SessionIdentity, _ sites: Site...)
        -> SessionPolicies.Judgement
    {
        let configuration = GatewayConfiguration(
            listeners: sites.flatMap(\.listeners),
            warehouses: sites.map(\.warehouse)
        )
        let policies = SessionPolicies(of: configuration.topology, under: configuration.policy)
        return policies.judge(session, at: now)
    }

    private func accept(_ mode: AcceptProxyProtocol.Mode, _ trusted: IPAddress...)
        -> AcceptProxyProtocol
    {
        AcceptProxyProtocol(
            mode: mode,
            trusted: trusted.map { CIDRBlock(containing: $0, prefixLength: 32) }
        )
    }

    @Test("Its warehouse's whitelist decides, with its listener and without it")
    func whitelist() throws {
        let session = try session()
        let goesOn = SessionPolicies.Judgement.goesOn(until: nil)
        #expect(judge(session, warehouse("192.0.2.0/24", listener(1))) == goesOn)
        #expect(judge(session, warehouse("192.0.2.0/24")) == goesOn)
        for warehouse in [warehouse("10.0.0.0/8", listener(1)), warehouse("10.0.0.0/8")] {
            #expect(judge(session, warehouse) == .ends(.notInWhitelist))
        }
    }

    @Test("Entries for one service matter for its sessions only, with the listener and without it")
    func service() throws {
        let denial = Rule(block: try CIDRBlock(parsing: "192.0.2.0/24"), action: .deny)
        for mode in [Whitelist.Mode.specific, .anywhere] {
            for hasListener in [true, false] {
                var own = hasListener ? warehouse("", listener(1)) : warehouse("")
                own.warehouse.policy.whitelist = Whitelist(
                    mode: mode,
                    lists: [
                        EntryList(.entries, rules: [Rule(block: .allIPv4)]),
                        EntryList(.service(.mysql), rules: [denial]),
                    ]
                )
                #expect(judge(try session(protocol: .http), own) == .goesOn(until: nil))
                #expect(judge(try session(protocol: .mysql), own) == .ends(.deniedByRule))
            }
        }
    }

    @Test("Shadow mode keeps a session until it ends, at its listener alone")
    func shadow() throws {
        let end = UnixTime(seconds: now.seconds + 60)
        for (port, judgement) in [
            (1, .goesOn(until: end)), (2, .ends(.notInWhitelist)),
        ] as [(UInt16, SessionPolicies.Judgement)] {
            var site = warehouse("10.0.0.0/8", listener(1))
            site.warehouse.policy.shadows = [listener(port).address: end]
            #expect(judge(try session(), site) == judgement)
        }
    }

    @Test("A warehouse open to anywhere closes sessions that an entry denies, and no others")
    func anywhere() throws {
        let soon = UnixTime(seconds: now.seconds + 5)
        let list = try EntryList(
            .entries,
            rules: [
                Rule(block: CIDRBlock(parsing: "192.0.2.0/24"), action: .deny),
                Rule(block: CIDRBlock(parsing: "198.51.100.0/24"), expiry: soon),
            ]
        )
        var open = warehouse("", listener(1))
        open.warehouse.policy.whitelist = Whitelist(mode: .anywhere, lists: [list])
        #expect(judge(try session("192.0.2.1"), open) == .ends(.deniedByRule))
        #expect(judge(try session("198.51.100.1"), open) == .goesOn(until: nil))
        #expect(judge(try session("203.0.113.1"), open) == .goesOn(until: nil))
    }

    @Test("An entry's expiry is found even if the listener is gone")
    func expiry() throws {
        let soon = UnixTime(seconds: now.seconds + 5)
        var warehouse = warehouse("192.0.2.0/24")
        func setExpiry(_ moment: UnixTime) throws {
            let rule = Rule(block: try CIDRBlock(parsing: "192.0.2.0/24"), expiry: moment)
            warehouse.warehouse.policy.whitelist = Whitelist(mode: .specific, rules: [rule])
        }
        try setExpiry(soon)
        #expect(judge(try session(), warehouse) == .goesOn(until: soon))
        try setExpiry(now)
        #expect(judge(try session(), warehouse) == .ends(.notInWhitelist))
    }

    @Test("If its listener's address now belongs to another warehouse, its own warehouse decides")
    func moved() throws {
        let session = try session()
        let other = warehouse("0.0.0.0/0", id: "OTHER", listener(1))
        #expect(judge(session, warehouse("10.0.0.0/8"), other) == .ends(.notInWhitelist))
        #expect(judge(session, warehouse("192.0.2.0/24"), other) == .goesOn(until: nil))
        #expect(judge(session, other) == .ends(.linkClosed))
    }

    @Test("If its listener only leads to other warehouses, its own warehouse decides")
    func ledElsewhere() throws {
        var shared = listener(1, link: .private)
        shared.routes[0].match = .endpoint(EndpointName(.aws, "vpce-2"))
        let session = try session(link: .private)
        var own = warehouse("")
        let other = warehouse("", id: "OTHER", shared)
        #expect(judge(session, own, other) == .ends(.endpointRejected))
        own.warehouse.policy.endpoints[0].state = .available
        #expect(judge(session, own, other) == .goesOn(until: nil))
    }

    @Test("If nothing can decide about it, it continues until it ends by itself")
    func undecided() throws {
        #expect(judge(try session()) == .goesOn(until: nil))
        let outbound = try session(link: .outbound)
        #expect(judge(outbound, warehouse("10.0.0.0/8")) == .goesOn(until: nil))
    }

    @Test("It is closed when the load balancer that named its client is no longer trusted")
    func trust() throws {
        let session = try session(isIntroduced: true)
        let list = "192.0.2.0/24"
        #expect(
            judge(session, warehouse(list, listener(1, accept: accept(.required, balancer))))
                == .goesOn(until: nil)
        )
        let other = IPAddress.v4(IPv4Address(10, 0, 0, 2))
        for accept in [accept(.required, other), accept(.optional, other), accept(.off)] {
            #expect(
                judge(session, warehouse(list, listener(1, accept: accept)))
                    == .ends(.untrustedProxySource)
            )
        }
        let chained = try self.session(isIntroduced: true, intermediaries: [other])
        #expect(
            judge(chained, warehouse(list, listener(1, accept: accept(.required, balancer))))
                == .ends(.untrustedProxySource)
        )
        let both = accept(.required, balancer, other)
        #expect(judge(chained, warehouse(list, listener(1, accept: both))) == .goesOn(until: nil))
    }

    @Test("A direct client's session is closed if only load balancers may connect now")
    func direct() throws {
        let list = "192.0.2.0/24"
        for (mode, judgement) in [
            (AcceptProxyProtocol.Mode.optional, SessionPolicies.Judgement.goesOn(until: nil)),
            (.required, .ends(.untrustedProxySource)),
        ] {
            let listener = listener(1, accept: accept(mode, balancer))
            #expect(judge(try session(), warehouse(list, listener)) == judgement)
        }
    }

    @Test("When its listener's link changes, the new link decides")
    func changedLink() throws {
        let list = "192.0.2.0/24"
        let session = try session()
        #expect(judge(session, warehouse(list, listener(1))) == .goesOn(until: nil))
        let `private` = warehouse(list, listener(1, link: .private))
        #expect(judge(session, `private`) == .ends(.noEndpoint))
        let endpoint = try self.session("10.1.0.10", link: .private)
        #expect(judge(endpoint, `private`) == .ends(.endpointRejected))
        #expect(judge(endpoint, warehouse(list, listener(1))) == .ends(.notInWhitelist))
    }

    @Test("A private link's session is judged by its endpoint, with its listener and without it")
    func endpoint() throws {
        let session = try session(link: .private, isIntroduced: true)
        let listener = listener(1, link: .private, accept: accept(.required, balancer))
        #expect(judge(session, warehouse("", listener)) == .ends(.endpointRejected))
        #expect(judge(session, warehouse("")) == .ends(.endpointRejected))
    }
}

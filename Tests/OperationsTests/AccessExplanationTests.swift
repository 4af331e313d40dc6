import Addresses
import CIDRTrie
import Configurations
import Operations
import Policy
import Settings
import Testing
import Time
import Traffic

@Suite("Why a client is admitted or denied")
struct AccessExplanationTests {
    private let now = UnixTime(seconds: 1_795_428_000)

    private func explain(
        _ rules: [Rule],
        lists: [CompiledTrie] = [],
        client: String
    ) throws -> AccessExplanation {
        let listener = Listener.example(.public)
        let whitelist = Whitelist(mode: .specific, rules: rules, lists: lists)
        return AccessExplanation(
            listener,
            name: "127.0.0.1:9030",
            of: "W",
            policy: .entries(whitelist),
            AccessQuestion(client: try IPAddress(parsing: client), endpoint: nil, at: now)
        )
    }

    private func rule(_ block: String, _ action: Action = .allow, expiresIn seconds: Int64? = nil)
        throws -> Rule
    {
        Rule(
            block: try CIDRBlock(parsing: block),
            action: action,
            description: "of \(block)",
            expiry: seconds.map { UnixTime(seconds: now.seconds + $0) }
        )
    }

    @Test("An entry that has just expired is named, with its description and time")
    func expired() throws {
        let answer = try explain([try rule("10.0.0.0/8", expiresIn: 0)], client: "10.1.2.3")
        #expect(answer.verdict == .deny && answer.reason == .notInWhitelist)
        #expect(try answer.expired?.rule == CIDRBlock(parsing: "10.0.0.0/8"))
        #expect(answer.expired?.expiredAt == now)
        #expect(answer.expired?.description == "of 10.0.0.0/8")
    }

    @Test("Also one in a compiled list, and one that would have denied")
    func others() throws {
        let list = CompiledTrie(try RuleSet([try rule("10.1.0.0/16", .deny, expiresIn: -5)]))
        let answer = try explain([try rule("10.0.0.0/8")], lists: [list], client: "10.1.2.3")
        #expect(answer.verdict == .allow)
        #expect(answer.expired?.action == .deny)
        #expect(answer.expired?.rule == (try CIDRBlock(parsing: "10.1.0.0/16")))
    }

    @Test("An entry that decides nothing here, or has not expired, is not named")
    func unnamed() throws {
        for rules in [
            [try rule("10.0.0.0/8", expiresIn: 1)],
            [try rule("10.0.0.0/8", expiresIn: -5), try rule("10.1.0.0/16")],
            [try rule("11.0.0.0/8", expiresIn: -5)],
        ] {
            #expect(try explain(rules, client: "10.1.2.3").expired == nil)
        }
    }

    /// Explains `policy` to a client of 10.1.2.3.
    private func explain(_ policy: AccessPolicy) throws -> AccessExplanation {
        AccessExplanation(
            .example(.public),
            name: "127.0.0.1:9030",
            of: "W",
            policy: policy,
            AccessQuestion(client: try IPAddress(parsing: "10.1.2.3"), endpoint: nil, at: now)
        )
    }

    @Test(
        "From anywhere, only an entry that denies is named, or one that no longer makes a difference"
    )
    func anywhere() throws {
        func answer(_ rules: Rule...) throws -> AccessExplanation {
            let whitelist = Whitelist(mode: .anywhere, rules: rules)
            let policy = WarehousePolicy(whitelist: whitelist)
            return try explain(AccessPolicy(whitelistOf: policy, for: .mysql))
        }
        let denied = try answer(try rule("10.1.0.0/16", .deny))
        #expect(denied.reason == .deniedByRule && denied.description == "of 10.1.0.0/16")
        let other = try rule("11.0.0.0/8", .deny)
        let admitted = try answer(try rule("10.1.0.0/16", expiresIn: 5), other)
        #expect(admitted.verdict == .allow && admitted.rule == nil && admitted.expires == nil)
        #expect(try answer(try rule("10.1.0.0/16", expiresIn: -5), other).expired == nil)
        let lapsed = try answer(try rule("10.1.0.0/16", .deny, expiresIn: -5))
        #expect(lapsed.verdict == .allow && lapsed.expired?.action == .deny)
        let exception = try answer(
            try rule("10.0.0.0/8", .deny),
            try rule("10.1.0.0/16", expiresIn: 0)
        )
        #expect(exception.reason == .deniedByRule && exception.expired?.action == .allow)
    }

    @Test(
        "The description is that of the entry that decided, whichever lists count for the service"
    )
    func narrowed() throws {
        let lists = [
            EntryList(.service(.mysql), rules: [try rule("10.0.0.0/8", .deny)]),
            EntryList(.service(.http), rules: [try rule("10.0.0.0/8")]),
            EntryList(.group("offices"), rules: [try rule("10.1.0.0/16")]),
        ]
        let policy = WarehousePolicy(whitelist: Whitelist(mode: .specific, lists: lists))
        let answer = try explain(AccessPolicy(whitelistOf: policy, for: .http))
        #expect(answer.verdict == .allow && answer.description == "of 10.1.0.0/16")
    }

    @Test("Of two endpoints with one id the one that was asked about decides")
    func endpoint() throws {
        let warehouse = GuardedWarehouse(
            id: "W",
            whitelist: Whitelist(mode: .nowhere),
            endpoints: [
                Endpoint(id: "99", cloud: .azure, state: .rejected),
                Endpoint(id: "99", cloud: .gcp, state: .available),
            ]
        )
        let configuration = GatewayConfiguration(
            listeners: [.example(.private)],
            warehouses: [warehouse]
        )
        let client = try IPAddress(parsing: "10.1.2.3")
        for (cloud, reason) in [
            (Cloud.azure, DenialReason.endpointRejected), (.gcp, nil), (.aws, .unknownEndpoint),
        ] as [(Cloud, DenialReason?)] {
            let name = EndpointName(cloud, "99")
            let answers = configuration.explain(
                warehouse: "W",
                AccessQuestion(client: client, endpoint: name, at: now)
            )
            #expect(answers?.map(\.reason) == [reason])
            #expect(answers?.first?.endpoint == name)
        }
    }

    @Test(
        "A client that the listener leads to another warehouse is not judged by this one's policy"
    )
    func ledElsewhere() throws {
        let (here, there) = (EndpointName(.aws, "vpce-1"), EndpointName(.aws, "vpce-2"))
        var listener = Listener.example(.private)
        let service = Service(Service.ID(warehouse: "V", protocol: .mysql), backends: [])
        listener.routes[0].match = .endpoint(here)
        listener.routes.append(Route(.endpoint(there), to: service))
        let endpoints = [here, there].map { Endpoint(id: $0.id, cloud: .aws, state: .available) }
        let configuration = GatewayConfiguration(
            listeners: [listener],
            warehouses: ["W", "V"].map {
                GuardedWarehouse(id: $0, whitelist: Whitelist(mode: .nowhere), endpoints: endpoints)
            }
        )
        let client = try IPAddress(parsing: "10.1.2.3")
        for (endpoint, leadsTo, reason) in [
            (here, nil, nil), (there, "V", DenialReason.noRoute), (nil, nil, .noEndpoint),
        ] as [(EndpointName?, String?, DenialReason?)] {
            let answers = configuration.explain(
                warehouse: "W",
                AccessQuestion(client: client, endpoint: endpoint, at: now)
            )
            #expect(answers?.map(\.leadsTo) == [leadsTo])
            #expect(answers?.map(\.reason) == [reason])
        }
    }

    @Test("A client that comes through an endpoint only reaches the listeners behind it")
    func reachedListeners() throws {
        let address = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 1)
        let embedded = Listener(
            of: "W",
            protocol: .tcp,
            address: address,
            link: .private,
            endpoint: "office",
            backends: []
        )
        let warehouse = GuardedWarehouse(
            id: "W",
            whitelist: .openToAll,
            endpoints: [
                Endpoint(id: "vpce-1", cloud: .aws, state: .rejected),
                Endpoint(id: "office", cloud: .embedded, state: .available),
            ]
        )
        func verdicts(_ endpoint: EndpointName?) throws -> [DenialReason?]? {
            GatewayConfiguration(
                listeners: [.example(.public), .example(.private), embedded, .example(.outbound)],
                warehouses: [warehouse]
            ).explain(
                warehouse: "W",
                AccessQuestion(
                    client: try IPAddress(parsing: "10.1.2.3"),
                    endpoint: endpoint,
                    at: now
                )
            )?.map(\.reason)
        }
        #expect(try verdicts(EndpointName(.aws, "vpce-1")) == [.endpointRejected])
        #expect(try verdicts(EndpointName(.embedded, "office")) == [nil])
        #expect(try verdicts(EndpointName(.embedded, "home")) == [])
        #expect(try verdicts(nil) == [nil, .noEndpoint, nil, nil])
    }

    @Test(
        "A public listener behind a load balancer is reached through an endpoint, whatever its state"
    )
    func publicListener() {
        let name = EndpointName(.aws, "vpce-1")
        var listener = Listener.example(.public)
        #expect(!listener.isReached(through: name) && listener.isReached(through: nil))
        for mode in [AcceptProxyProtocol.Mode.optional, .required] {
            listener.acceptProxyProtocol.mode = mode
            #expect(listener.isReached(through: name))
            #expect(!listener.isReached(through: EndpointName(.embedded, "office")))
        }
    }

    @Test("If only a load balancer may connect, that is stated")
    func header() throws {
        var listener = Listener.example(.public)
        listener.acceptProxyProtocol.mode = .required
        let answers = GatewayConfiguration(
            listeners: [listener],
            warehouses: [GuardedWarehouse(id: "W", whitelist: .openToAll)]
        ).explain(
            warehouse: "W",
            AccessQuestion(client: try IPAddress(parsing: "10.1.2.3"), endpoint: nil, at: now)
        )
        #expect(answers?.map(\.requiresHeader) == [true])
    }
}

extension Listener {
    fileprivate static func example(_ link: LinkKind) -> Listener {
        let address = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 9030)
        return Listener(of: "W", protocol: .mysql, address: address, link: link, backends: [])
    }
}

import Addresses
import Configurations
import Policy
import Settings
import Testing
import Traffic

@testable import Engine

@Suite("Where redirects may lead")
struct RedirectTargetsTests {
    /// An inventory with one HTTP service, and what is known of its names.
    private final class Fixture {
        let events = RecordedEvents()
        private(set) var inventory: Inventory
        private(set) var table = NameTable()
        let id: Service.ID

        init(
            backends: [String] = ["fe-1:8030"],
            targets: [String] = [],
            learned: [String] = [],
            others: [Service] = [],
            serviceProtocol: ServiceProtocol = .http,
            isForeign: Bool = false,
            names: [String: [String]] = [:]
        ) throws {
            id = Service.ID(warehouse: "W", protocol: serviceProtocol)
            var service = Service(
                id,
                backends: try backends.map { ConfiguredBackend(try Self.place($0)) },
                sendProxyProtocol: .v1
            )
            service.isForeign = isForeign
            service.redirects.targets = try targets.map(Self.place)
            let listener = Listener(
                protocol: serviceProtocol,
                address: try SocketAddress(parsing: "10.9.9.9:8030"),
                routes: ([service] + others).map { Settings.Route(.default, to: $0) }
            )
            let report: @Sendable (GatewayEvent) -> Void = { [events] event in
                events.add(event)
            }
            inventory = Inventory(
                configuration: GatewayConfiguration(listeners: [listener], warehouses: []),
                congestion: try CongestionPolicy(.system),
                bufferPolicy: try BufferPolicy(EngineSettings()),
                assembly: Assembly(),
                sharedTLS: SharedTLS(),
                report: report
            )
            inventory.learnedTargets[id] = try learned.map(Self.place)
            try resolve(names)
        }

        static func place(_ text: String) throws -> BackendAddress {
            try #require(BackendAddress(written: text))
        }

        /// All names have these addresses from now on, and the pools are made again.
        func resolve(_ names: [String: [String]]) throws {
            table = NameTable()
            table.watch(Set(names.keys), at: 0)
            for query in table.startQueries(at: 0) {
                let addresses = try (names[query.name] ?? []).map { try IPAddress(parsing: $0) }
                _ = table.finish(query, .addresses(addresses), at: 0)
            }
            inventory.makePools(names: table.names)
        }

        func learn(_ targets: [String], for warehouse: String = "W") throws {
            let service = Service.ID(warehouse: warehouse, protocol: .http)
            inventory.learnedTargets[service] = try targets.map(Self.place)
            inventory.makePools(names: table.names)
        }

        var targets: RedirectTargets { inventory.redirects[id] ?? RedirectTargets() }

        func choice(_ location: String, hasTLS: Bool = false) throws -> RedirectTargets.Choice {
            let sender = RedirectTarget(host: "fe-1", port: 8030, usesTLS: false)
            let server = try RedirectLocation(location, relativeTo: sender).server
            return
                targets
                .choice(for: server, hasTLS: hasTLS, at: .now())
        }

        /// Where a redirect is dialed; `nil` if it is not.
        func address(_ location: String) throws -> String? {
            guard case .backend(let backend) = try choice(location) else { return nil }
            return backend.address.description
        }
    }

    private static let names = ["fe-1": ["10.0.0.1"], "be-1": ["10.0.0.7"], "be-2": ["10.0.0.8"]]

    @Test("A listed name is dialed at its resolved address, in any case and with a final dot")
    func name() throws {
        let fixture = try Fixture(targets: ["Be-1:8040"], names: ["Be-1": ["10.0.0.7"]])
        #expect(try fixture.address("http://be-1:8040/x") == "10.0.0.7:8040")
        #expect(try fixture.address("http://BE-1.:8040/x") == "10.0.0.7:8040")
        #expect(try fixture.address("http://u:p@be-1:8040/x") == "10.0.0.7:8040")
    }

    @Test("An address is compared with what listed names resolve to")
    func resolved() throws {
        let fixture = try Fixture(targets: ["be-1:8040", "[2001:db8::7]:8040"], names: Self.names)
        #expect(try fixture.address("http://10.0.0.7:8040/x") == "10.0.0.7:8040")
        #expect(try fixture.address("http://[::ffff:10.0.0.7]:8040/x") == "10.0.0.7:8040")
        #expect(try fixture.address("http://[2001:DB8:0::7]:8040/x") == "[2001:db8::7]:8040")
        #expect(try fixture.address("http://10.0.0.1:8030/x") == "10.0.0.1:8030")
    }

    @Test(
        "What is not listed is refused",
        arguments: [
            "http://be-1:8041/", "http://be-1/", "http://be-3:8040/", "http://be-1.evil:8040/",
            "http://10.0.0.7:80/", "http://10.0.0.8:8040/", "http://169.254.169.254/",
            "http://127.0.0.1:8040/", "http://localhost:8040/", "http://[::1]:8040/",
            // be-1's address, but not written as an address.
            "http://167772167:8040/", "http://0x0a.0.0.7:8040/", "http://012.0.0.7:8040/",
            "http://10.7:8040/", "http://10.9.9.9:8030/", "http://0.0.0.0:8040/",
        ]
    )
    func unlisted(location: String) throws {
        let fixture = try Fixture(targets: ["be-1:8040"], names: Self.names)
        let choice = try fixture.choice(location)
        guard case .refused(.notListed) = choice else {
            Issue.record("\(location): \(choice)")
            return
        }
    }

    @Test("A service's own backends are targets, as the same objects")
    func own() throws {
        let fixture = try Fixture(targets: ["10.0.0.1:8030"], names: Self.names)
        let pool = try #require(fixture.inventory.pools.first?.value.pool)
        for location in ["http://fe-1:8030/", "http://10.0.0.1:8030/"] {
            guard case .backend(let backend) = try fixture.choice(location) else {
                Issue.record("refused")
                return
            }
            #expect(backend === pool.members[0].backend)
            #expect(backend.receivesProxyHeader)
        }
        #expect(fixture.targets.backends.isEmpty == true)
    }

    @Test("A target is not checked, gets no PROXY header, and is the same object after a change")
    func kept() throws {
        let fixture = try Fixture(targets: ["be-1:8040"], names: Self.names)
        let before = try #require(fixture.targets.backends.first)
        #expect(before.check.kind == .off)
        #expect(!before.receivesProxyHeader)
        var names = Self.names
        names["be-1"] = ["10.0.0.7", "10.0.0.9"]
        try fixture.resolve(names)
        let after = fixture.targets.backends
        #expect(after.map(\.address.description) == ["10.0.0.7:8040", "10.0.0.9:8040"])
        #expect(after[0] === before)
    }

    @Test("Of a name's addresses, the one with the fewest connections is dialed")
    func leastLoaded() throws {
        var names = Self.names
        names["be-1"] = ["10.0.0.7", "10.0.0.9"]
        let fixture = try Fixture(targets: ["be-1:8040"], names: names)
        let backends = fixture.targets.backends
        backends[0].take()
        #expect(try fixture.address("http://be-1:8040/") == "10.0.0.9:8040")
        #expect(try fixture.address("http://10.0.0.7:8040/") == "10.0.0.7:8040")
    }

    @Test("A name that resolves to an address of no server is not dialed, and reported once")
    func judged() throws {
        var names = Self.names
        names["be-1"] = ["169.254.169.254", "127.0.0.1", "10.9.9.9"]
        let fixture = try Fixture(targets: ["be-1:8040"], names: names)
        #expect(try fixture.address("http://be-1:8040/") == "10.9.9.9:8040")
        #expect(try fixture.address("http://169.254.169.254:8040/") == nil)
        #expect(fixture.events.all.count == 2)
        try fixture.resolve(names)
        #expect(fixture.events.all.count == 2)
    }

    @Test("A name that is not resolved yet is unavailable, and not unknown")
    func awaited() throws {
        let fixture = try Fixture(targets: ["be-1:8040"])
        guard case .unavailable(let reason) = try fixture.choice("http://be-1:8040/") else {
            Issue.record("available")
            return
        }
        #expect(reason == "is being resolved")
        #expect(fixture.targets.unresolved.map(\.name) == ["be-1:8040"])
    }

    @Test("A configured loopback address is a target, a learned one is not")
    func loopback() throws {
        let configured = try Fixture(targets: ["127.0.0.1:8040"], names: Self.names)
        #expect(try configured.address("http://127.0.0.1:8040/") == "127.0.0.1:8040")
        let learned = try Fixture(learned: ["127.0.0.1:8040"], names: Self.names)
        guard case .unavailable = try learned.choice("http://127.0.0.1:8040/") else {
            Issue.record("available")
            return
        }
    }

    @Test(
        "What a front end lists is not followed to an address that no server of its own has",
        arguments: [
            "127.0.0.1", "127.8.8.8", "169.254.169.254", "169.254.1.1", "224.0.0.1", "0.0.0.0",
            "255.255.255.255", "[::1]", "[fe80::1]", "[ff02::1]", "[::ffff:127.0.0.1]",
            "[fd00:ec2::254]", "168.63.129.16", "localhost", "sneaky",
        ]
    )
    func learnedStrictly(host: String) throws {
        var names = Self.names
        names["localhost"] = ["127.0.0.1"]
        names["sneaky"] = ["169.254.169.254"]
        let fixture = try Fixture(learned: ["\(host):8040"], names: names)
        #expect(try fixture.address("http://\(host):8040/") == nil)
        #expect(fixture.targets.backends.isEmpty == true)
    }

    @Test("A learned server may be on a front end's machine, but not where another warehouse is")
    func neighbors() throws {
        let other = Service(
            Service.ID(warehouse: "V", protocol: .mysql),
            backends: [ConfiguredBackend(try Fixture.place("10.0.0.66:9030"))]
        )
        let fixture = try Fixture(
            learned: ["10.0.0.1:8040", "10.0.0.66:8040", "be-2:8040"],
            others: [other],
            names: Self.names
        )
        #expect(try fixture.address("http://10.0.0.1:8040/") == "10.0.0.1:8040")
        #expect(try fixture.address("http://be-2:8040/") == "10.0.0.8:8040")
        #expect(try fixture.address("http://10.0.0.66:8040/") == nil)
        try fixture.learn(["be-1:8040"])
        #expect(try fixture.address("http://be-2:8040/") == nil)
        #expect(try fixture.address("http://be-1:8040/") == "10.0.0.7:8040")
    }

    @Test("A learned server may not be a target of another warehouse, nor one that it has learned")
    func claims() throws {
        func other(_ backend: String, target: String) throws -> Service {
            var service = Service(
                Service.ID(warehouse: "V", protocol: .http),
                backends: [ConfiguredBackend(try Fixture.place(backend))]
            )
            service.redirects.targets = [try Fixture.place(target)]
            return service
        }
        let servers = ["10.0.0.66:8040", "10.0.0.67:8040"]
        for (backend, reachable) in [
            // Another server on the same machine is not in common.
            ("10.0.0.99:8030", []), ("fe-1:18030", []), ("fe-1:8030", servers),
        ] {
            let fixture = try Fixture(
                learned: servers,
                others: [try other(backend, target: servers[0])],
                names: Self.names
            )
            try fixture.learn(["10.0.0.67:8040"], for: "V")
            let own = try servers.filter { try fixture.address("http://\($0)/") == $0 }
            #expect(own == reachable, "of one cluster if a front end is of both")
            #expect(fixture.targets.unresolved.count == 2 - own.count)
        }
    }

    @Test("HTTPS needs TLS settings of the service")
    func https() throws {
        let fixture = try Fixture(targets: ["be-1:8040"], names: Self.names)
        guard case .refused(.needsTLS) = try fixture.choice("https://be-1:8040/"),
            case .backend = try fixture.choice("https://be-1:8040/", hasTLS: true)
        else {
            Issue.record("not as expected")
            return
        }
    }

    @Test("A target in maintenance is unavailable")
    func maintenance() throws {
        let fixture = try Fixture(targets: ["be-1:8040"], names: Self.names)
        fixture.targets.backends.first?.choose(.maintenance)
        guard case .unavailable = try fixture.choice("http://be-1:8040/") else {
            Issue.record("available")
            return
        }
    }

    @Test("Neither another protocol's service nor an outbound one has targets")
    func none() throws {
        let tcp = try Fixture(
            targets: ["10.0.0.7:8040"],
            serviceProtocol: .tcp,
            names: Self.names
        )
        #expect(try tcp.address("http://fe-1:8030/") == nil)
        let foreign = try Fixture(
            targets: ["10.0.0.7:8040"],
            isForeign: true,
            names: Self.names
        )
        #expect(try foreign.address("http://10.0.0.7:8040/") == nil)
    }

    @Test("A refused redirect is reported once per second for each server")
    func throttled() {
        let events = RecordedEvents()
        let refusals = RedirectRefusals { events.add($0) }
        let service = Service.ID(warehouse: "W", protocol: .http)
        func add(_ host: String, at milliseconds: Int64) {
            let target = RedirectTarget(host: host, port: 1, usesTLS: false)
            let now = Moment(nanoseconds: milliseconds * 1_000_000, realtimeMicroseconds: 0)
            refusals.add(.notListed, of: target, by: "fe-1:8030", of: service, at: now)
        }
        for time: Int64 in [0, 10, 999, 1_000, 1_500] { add("a", at: time) }
        #expect(events.all.count == 2)
        add("b", at: 1_500)
        #expect(events.all.count == 3)
        for number in 0..<3_000 { add("n\(number)", at: 1_600) }
        #expect(events.all.count == 3_003)
    }
}

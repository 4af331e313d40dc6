import Addresses
import DNSProtocol
import DomainNames
import NameService
import Policy
import Settings
import Testing
import Traffic

@Suite("The zone that a configuration makes")
struct ZoneContentsTests {
    private func address(_ text: String) throws -> IPAddress { try IPAddress(parsing: text) }

    private func listener(_ address: String, _ link: LinkKind, endpoint: String? = nil) throws
        -> Listener
    {
        Listener(
            of: "SALES",
            protocol: .mysql,
            address: try SocketAddress(parsing: address),
            link: link,
            endpoint: endpoint,
            backends: []
        )
    }

    private func zone(
        _ endpoints: [Endpoint] = [],
        _ change: (inout NameServiceSettings) throws -> Void = { _ in }
    ) throws -> ZoneContents {
        var topology = Topology(
            domain: try DomainName("gw.example"),
            listeners: [
                try listener("192.0.2.1:3306", .public), try listener("192.0.2.1:3307", .public),
                try listener("10.0.0.1:3306", .private), try listener("0.0.0.0:3308", .private),
                try listener("10.9.0.1:3306", .private, endpoint: "own"),
            ],
            warehouses: [Warehouse(id: "SALES")]
        )
        var settings = NameServiceSettings()
        settings.nameServers = [ZoneNameServer(name: try DomainName("ns.example"))]
        try change(&settings)
        topology.names = settings
        let service = EndpointService(
            id: "svc",
            cloud: .aws,
            region: "us-east-1",
            zones: ["us-east-1a", "us-east-1b"]
        )
        let policy = WarehousePolicy(
            whitelist: Whitelist(mode: .anywhere),
            endpointServices: [service],
            endpoints: endpoints
        )
        let contents = ZoneContents(topology, Policy(["SALES": policy]))
        return try #require(contents)
    }

    private func host(_ name: String, _ zone: ZoneContents) -> ZoneHost? {
        zone.hosts.first { $0.name.text == name }
    }

    private let vpce = Endpoint(id: "vpce-1", cloud: .aws, state: .available)

    @Test("A warehouse has the addresses of its public listeners, or those of the settings")
    func warehouse() throws {
        #expect(try host("sales.gw.example", zone())?.addresses == [address("192.0.2.1")])
        let other = try zone { $0.addresses = [try address("198.51.100.1")] }
        #expect(try host("sales.gw.example", other)?.addresses == [address("198.51.100.1")])
    }

    @Test("An endpoint has the addresses of private listeners, an embedded one its own")
    func endpoints() throws {
        let own = Endpoint(id: "own", cloud: .embedded, state: .available)
        let zone = try zone([vpce, own])
        #expect(try host("vpce-1.sales.gw.example", zone)?.addresses == [address("10.0.0.1")])
        #expect(try host("own.sales.gw.example", zone)?.addresses == [address("10.9.0.1")])
        var gone = vpce
        gone.state = .deleted
        #expect(try host("vpce-1.sales.gw.example", self.zone([gone])) == nil)
    }

    @Test("A name that the consumer gave is an alias, in each zone AWS' own")
    func aliases() throws {
        var endpoint = vpce
        endpoint.dnsName = "vpce-1-abc.svc.us-east-1.vpce.amazonaws.com"
        let zone = try zone([endpoint])
        #expect(host("vpce-1.sales.gw.example", zone)?.alias?.text == endpoint.dnsName)
        #expect(
            host("vpce-1-us-east-1b.sales.gw.example", zone)?.alias?.text
                == "vpce-1-abc-us-east-1b.svc.us-east-1.vpce.amazonaws.com"
        )
    }

    @Test("A zonal name has the addresses of its zone, or those of the endpoint")
    func zones() throws {
        let zone = try zone([vpce]) { $0.zones = ["us-east-1a": [try address("10.0.0.7")]] }
        #expect(
            try host("vpce-1-us-east-1a.sales.gw.example", zone)?.addresses == [address("10.0.0.7")]
        )
        #expect(
            try host("vpce-1-us-east-1b.sales.gw.example", zone)?.addresses == [address("10.0.0.1")]
        )
    }

    @Test("Endpoints in a network have no address elsewhere")
    func networks() throws {
        let block = try CIDRBlock(parsing: "10.1.0.0/16")
        let all = try zone([vpce]) { $0.networks = [NameNetwork(clients: [block])] }
        let found = host("vpce-1.sales.gw.example", all)
        let host = try #require(found)
        #expect(host.addresses == [])
        #expect(
            host.networks == [ZoneNetwork(clients: [block], addresses: [try address("10.0.0.1")])]
        )
        #expect(self.host("sales.gw.example", all)?.networks == [])
        let named = try zone([vpce]) {
            $0.networks = [
                NameNetwork(
                    clients: [block],
                    names: [try DomainName("sales.gw.example")],
                    addresses: [try address("10.0.0.9")]
                )
            ]
        }
        #expect(try self.host("sales.gw.example", named)?.addresses == [address("192.0.2.1")])
        #expect(
            try self.host("sales.gw.example", named)?.networks.first?.addresses == [
                address("10.0.0.9")
            ]
        )
        #expect(try self.host("vpce-1.sales.gw.example", named)?.addresses == [address("10.0.0.1")])
    }
}

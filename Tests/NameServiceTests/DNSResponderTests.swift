import Addresses
import DNSProtocol
import DomainNames
import NameService
import SeededRandom
import Testing

@Suite("Answers about the gateway's own zone")
struct DNSResponderTests {
    private static let resolver: IPAddress = .v4(IPv4Address(198, 51, 100, 1))
    private static let inside: IPAddress = .v4(IPv4Address(10, 1, 0, 9))

    private let responder: DNSResponder

    init() throws {
        let network = ZoneNetwork(
            clients: [try CIDRBlock(parsing: "10.1.0.0/16")],
            addresses: [try IPAddress(parsing: "10.1.0.2")]
        )
        var contents = ZoneContents(
            origin: try DomainName("gw.example"),
            nameServers: [
                ZoneHost(
                    try DomainName("ns1.gw.example"),
                    addresses: [try IPAddress(parsing: "192.0.2.53")]
                ),
                ZoneHost(try DomainName("ns.elsewhere.example")),
            ],
            certificationAuthorities: [
                CertificationAuthority(tag: "issue", value: "ca.example")
            ],
            hosts: [
                ZoneHost(
                    try DomainName("sales.gw.example"),
                    addresses: [
                        try IPAddress(parsing: "192.0.2.1"), try IPAddress(parsing: "2001:db8::1"),
                    ]
                ),
                ZoneHost(try DomainName("reporting.sales.gw.example"), networks: [network]),
                ZoneHost(
                    try DomainName("vpce-1.sales.gw.example"),
                    alias: try DomainName("vpce-1.vpce.example")
                ),
                ZoneHost(
                    try DomainName("alias.gw.example"),
                    alias: try DomainName("sales.gw.example")
                ),
                ZoneHost(
                    try DomainName("a.deep.hr.gw.example"),
                    addresses: [try IPAddress(parsing: "192.0.2.2")]
                ),
            ]
        )
        contents.texts = [try DNSName(parsing: "_acme-challenge.sales.gw.example"): ["one", "two"]]
        responder = DNSResponder(
            DNSZone(contents, serial: 7),
            clientSubnetSources: [CIDRBlock(Self.resolver)]
        )
    }

    private func query(_ name: String, _ type: DNSType = .a) throws -> DNSMessage {
        var query = DNSMessage(DNSHeader(id: 5, flags: 0x0100))
        query.questions = [DNSQuestion(try DNSName(parsing: name), type)]
        return query
    }

    private func answer(
        _ query: DNSMessage,
        from client: IPAddress = resolver,
        over transport: DNSResponder.Transport = .udp
    ) throws -> DNSMessage {
        let bytes = query.encoded()
        let reply = responder.reply(to: bytes.span, from: client, over: transport)
        let answer = try #require(reply).bytes
        return try DNSMessage(parsing: answer.span)
    }

    private func data(_ records: [DNSRecord]) -> [String] {
        records.map { "\($0.type) \($0.data)" }
    }

    @Test("A name's addresses are answered, with authority, in any case")
    func addresses() throws {
        let a = try answer(query("SALES.gw.Example"))
        #expect(a.responseCode == .noError && a.header.isAuthoritative && a.header.isResponse)
        #expect(a.header.isRecursionDesired && a.header.id == 5)
        #expect(data(a.answers) == ["A 192.0.2.1"] && a.authorities == [])
        #expect(try data(answer(query("sales.gw.example", .aaaa)).answers) == ["AAAA 2001:db8::1"])
    }

    @Test("The apex has SOA, NS and CAA records, and name servers' addresses go with them")
    func apex() throws {
        let soa = try answer(query("gw.example", .soa))
        #expect(
            data(soa.answers) == [
                "SOA ns1.gw.example. hostmaster.gw.example. 7 3600 600 604800 60"
            ]
        )
        let ns = try answer(query("gw.example", .ns))
        #expect(data(ns.answers) == ["NS ns1.gw.example.", "NS ns.elsewhere.example."])
        #expect(data(ns.additionals) == ["A 192.0.2.53"])
        #expect(
            try data(answer(query("gw.example", .caa)).answers) == ["CAA 0 issue \"ca.example\""]
        )
    }

    @Test("A name without such records, and one that only has names under it, exist: NODATA")
    func noData() throws {
        for (name, type) in [
            ("sales.gw.example", DNSType.txt), ("deep.hr.gw.example", .a), ("hr.gw.example", .a),
            ("gw.example", .a), ("hr.gw.example", .any),
        ] {
            let answer = try answer(query(name, type))
            #expect(answer.responseCode == .noError && answer.answers == [], "\(name)")
            #expect(answer.authorities.map(\.type) == [.soa], "\(name)")
        }
    }

    @Test("A name that does not exist is NXDOMAIN, with the SOA record")
    func noSuchName() throws {
        for name in ["nothing.gw.example", "x.sales.gw.example", "*.gw.example"] {
            let answer = try answer(query(name))
            #expect(answer.responseCode == .noSuchName, "\(name)")
            #expect(answer.authorities.map(\.type) == [.soa], "\(name)")
        }
    }

    @Test("What is not of the zone is refused: other names, classes and transfers")
    func refused() throws {
        for name in ["example", "xgw.example", "com", "gw.example.com", "."] {
            #expect(try answer(query(name)).responseCode == .refused, "\(name)")
        }
        for type in [DNSType.axfr, .ixfr] {
            let answer = try answer(query("gw.example", type), over: .tcp)
            #expect(answer.responseCode == .refused && answer.answers == [])
        }
        var chaos = try query("gw.example")
        chaos.questions[0].class = DNSClass(rawValue: 3)
        #expect(try answer(chaos).responseCode == .refused)
    }

    @Test("Other requests are not implemented, and more or fewer questions than one are errors")
    func formErrors() throws {
        var notify = try query("gw.example", .soa)
        notify.header.opcode = .notify
        #expect(try answer(notify).responseCode == .notImplemented)
        var two = try query("gw.example")
        two.questions += two.questions
        #expect(try answer(two).responseCode == .formatError)
        two.questions = []
        #expect(try answer(two).responseCode == .formatError)
        let bytes = try query("gw.example").encoded() + [1]
        let reply = responder.reply(to: bytes.span, from: Self.resolver, over: .udp)
        #expect(reply?.code == .formatError && reply?.bytes.count == 12)
        #expect(reply?.bytes[0..<2] == bytes[0..<2])
    }

    @Test("Answers, and what has no header, are not answered")
    func silence() throws {
        var response = try query("gw.example")
        response.header.isResponse = true
        for bytes in [response.encoded(), [], [0, 0, 1]] {
            let reply = responder.reply(to: bytes.span, from: Self.resolver, over: .udp)
            #expect(reply == nil)
        }
    }

    @Test("EDNS is answered with EDNS, and an unknown version with BADVERS")
    func edns() throws {
        var query = try query("sales.gw.example")
        #expect(try answer(query).edns == nil)
        query.edns = EDNS(payloadSize: 4_096, isDNSSECWanted: true)
        let answer = try answer(query)
        #expect(answer.edns == EDNS(payloadSize: 1_232, isDNSSECWanted: true))
        query.edns?.version = 1
        let refused = try self.answer(query)
        #expect(refused.responseCode == .badVersion && refused.edns?.version == 0)
        #expect(refused.answers == [])
    }

    @Test("All records of a name are not given out at once (RFC 8482)")
    func any() throws {
        let answer = try answer(query("gw.example", .any))
        #expect(answer.answers.map(\.type) == [.hinfo])
    }

    @Test("Another name is followed within the zone, and left to the resolver outside of it")
    func aliases() throws {
        let inner = try answer(query("alias.gw.example"))
        #expect(data(inner.answers) == ["CNAME sales.gw.example.", "A 192.0.2.1"])
        let outer = try answer(query("vpce-1.sales.gw.example"))
        #expect(data(outer.answers) == ["CNAME vpce-1.vpce.example."])
        #expect(outer.responseCode == .noError && outer.authorities == [])
        #expect(try answer(query("alias.gw.example", .txt)).authorities.map(\.type) == [.soa])
    }

    @Test("An endpoint has its address for clients of its networks only")
    func networks() throws {
        let name = "reporting.sales.gw.example"
        #expect(try answer(query(name)).answers == [])
        #expect(try answer(query(name)).responseCode == .noError)
        #expect(try data(answer(query(name), from: Self.inside).answers) == ["A 10.1.0.2"])
        #expect(try answer(query(name, .aaaa), from: Self.inside).answers == [])
    }

    @Test(
        "Only a listed resolver may say where its client is, and hears for which network it holds"
    )
    func clientSubnet() throws {
        var query = try query("reporting.sales.gw.example")
        let subnet = ClientSubnet(source: try CIDRBlock(parsing: "10.1.2.0/24"))
        query.edns = EDNS(payloadSize: 1_232, options: [subnet.option])
        let believed = try answer(query)
        #expect(data(believed.answers) == ["A 10.1.0.2"])
        var echo = subnet
        echo.scope = 16
        #expect(believed.edns?.options == [echo.option])
        let ignored = try answer(query, from: .v4(IPv4Address(203, 0, 113, 1)))
        #expect(ignored.answers == [] && ignored.edns?.options == [])
        let far = ClientSubnet(source: try CIDRBlock(parsing: "10.2.0.0/16"))
        query.edns?.options = [far.option]
        echo = far
        echo.scope = 15
        let elsewhere = try answer(query)
        #expect(elsewhere.answers == [])
        #expect(elsewhere.edns?.options.first?.data[3] == 15)
        query.edns?.options = [EDNSOption(code: 8, data: [0, 1, 24, 0, 10])]
        #expect(try answer(query).responseCode == .formatError)
    }

    @Test("Texts can be asked for, and are split if they are long")
    func texts() throws {
        let answer = try answer(query("_acme-challenge.sales.gw.example", .txt))
        #expect(data(answer.answers) == ["TXT \"one\"", "TXT \"two\""])
    }

    @Test("An answer that does not fit over UDP is truncated, and whole over TCP")
    func truncation() throws {
        var contents = responder.zone.contents
        contents.texts = [
            try DNSName(parsing: "t.gw.example"): (0..<20).map {
                String(repeating: "\($0 % 10)", count: 100)
            }
        ]
        let large = DNSResponder(DNSZone(contents, serial: 8))
        var query = try query("t.gw.example", .txt)
        for (size, limit) in [(nil, 512), (100, 512), (600, 600), (4_096, 1_232)]
            as [(UInt16?, Int)]
        {
            query.edns = size.map { EDNS(payloadSize: $0) }
            let bytes = query.encoded()
            let sent = large.reply(to: bytes.span, from: Self.resolver, over: .udp)
            let reply = try #require(sent)
            #expect(reply.isTruncated && reply.bytes.count <= limit)
        }
        let bytes = query.encoded()
        let sent = large.reply(to: bytes.span, from: Self.resolver, over: .tcp)
        let reply = try #require(sent)
        #expect(!reply.isTruncated)
        let answer = try DNSMessage(parsing: reply.bytes.span)
        #expect(answer.answers.count == 20)
    }

    @Test("The zone file has every record that is the same for all clients")
    func file() {
        let lines = responder.zone.file.split(separator: "\n")
        #expect(lines[0] == "$ORIGIN gw.example." && lines[1] == "$TTL 60")
        #expect(lines[2].hasPrefix("gw.example. 60 IN SOA ns1.gw.example. "))
        #expect(lines.contains("sales.gw.example. 60 IN AAAA 2001:db8::1"))
        #expect(lines.contains("_acme-challenge.sales.gw.example. 60 IN TXT \"two\""))
        #expect(!responder.zone.file.contains("reporting"))
    }

    @Test("A serial grows, by the clock or by one")
    func serial() {
        #expect(ZoneContents.serial(after: nil, now: 1_000) == 1_000)
        #expect(ZoneContents.serial(after: 900, now: 1_000) == 1_000)
        #expect(ZoneContents.serial(after: 1_000, now: 1_000) == 1_001)
        #expect(ZoneContents.serial(after: 2_000, now: 1_000) == 2_001)
        #expect(ZoneContents.serial(after: .max, now: Int64(UInt32.max)) == 0)
    }

    @Test(
        "No message crashes it, and an answer never exceeds its limit",
        arguments: SeededGenerator.seeds
    )
    func fuzz(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var base = try query("_acme-challenge.sales.gw.example", .txt)
        base.edns = EDNS(
            payloadSize: 1_232,
            options: [ClientSubnet(source: try CIDRBlock(parsing: "10.1.2.0/24")).option]
        )
        let bytes = base.encoded()
        for _ in 0..<20_000 {
            var message = bytes
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                message[.random(in: 0..<message.count, using: &random)] = .random(
                    in: 0...255,
                    using: &random
                )
            }
            message = Array(message.prefix(.random(in: 0...message.count, using: &random)))
            let reply = responder.reply(to: message.span, from: Self.resolver, over: .udp)
            #expect(reply.map { $0.bytes.count <= 1_232 } ?? true)
        }
    }
}

import Addresses
import DNSProtocol
import DomainNames
import Foundation
import NameService
import SeededRandom
import Testing

/// Queries, answers and signed updates, changed, cut and joined; `FUZZ_COUNT` sets how many.
///
///     FUZZ_COUNT=100000000 swift test -c release --filter DNSFuzzTests
@Suite("The name server with any bytes")
struct DNSFuzzTests {
    private static let count =
        ProcessInfo.processInfo.environment["FUZZ_COUNT"].flatMap { Int($0) } ?? 50_000
    private static let resolver: IPAddress = .v4(IPv4Address(10, 0, 0, 53))
    private static let names = [
        "gw.example", "sales.gw.example", "reporting.sales.gw.example", "loop.gw.example",
        "_acme-challenge.gw.example", "no.gw.example", "example",
    ]
    private static let types: [DNSType] = [.a, .aaaa, .soa, .ns, .caa, .txt, .any, .axfr, .cname]

    private let responder: DNSResponder
    private let key: TSIGKey

    init() throws {
        let network = ZoneNetwork(
            clients: [
                try CIDRBlock(parsing: "10.1.0.0/16"), try CIDRBlock(parsing: "2001:db8::/32"),
            ],
            addresses: [try IPAddress(parsing: "10.1.0.2")]
        )
        let loop = try ["loop.gw.example", "pool.gw.example"].map { try DomainName($0) }
        var contents = ZoneContents(
            origin: try DomainName("gw.example"),
            nameServers: [ZoneHost(try DomainName("ns1.gw.example"))],
            certificationAuthorities: [CertificationAuthority(tag: "issue", value: "ca.example")],
            hosts: [
                ZoneHost(
                    try DomainName("sales.gw.example"),
                    addresses: [try IPAddress(parsing: "192.0.2.1"), try IPAddress(parsing: "::1")]
                ),
                ZoneHost(try DomainName("reporting.sales.gw.example"), networks: [network]),
                ZoneHost(loop[0], alias: loop[1]), ZoneHost(loop[1], alias: loop[0]),
            ]
        )
        contents.texts = [
            try DNSName(parsing: Self.names[4]): (0..<20).map {
                String(repeating: "\($0 % 10)", count: 100)
            }
        ]
        responder = DNSResponder(
            DNSZone(contents, serial: 1),
            clientSubnetSources: [CIDRBlock(Self.resolver)]
        )
        key = TSIGKey(
            name: try DNSName(parsing: "key"),
            algorithm: .hmacSHA256,
            secret: [1, 2, 3]
        )
    }

    /// Queries, the answers to them, and a signed update.
    private func samples() throws -> [[UInt8]] {
        let subnet = ClientSubnet(source: try CIDRBlock(parsing: "10.1.2.0/24")).option
        var samples: [[UInt8]] = []
        for name in Self.names {
            for (type, options) in Self.types.flatMap({ [($0, []), ($0, [subnet])] }) {
                var query = DNSMessage(DNSHeader(id: 5, flags: 0x0100))
                query.questions = [DNSQuestion(try DNSName(parsing: name), type)]
                query.edns = EDNS(payloadSize: 1_232, options: options)
                let bytes = query.encoded()
                samples.append(bytes)
                let reply = responder.reply(to: bytes.span, from: Self.resolver, over: .tcp)
                if let reply { samples.append(reply.bytes) }
            }
        }
        let zone = try DNSName(parsing: "gw.example")
        let update = DNSUpdate(zone: zone, names: [zone], types: [.a], records: [])
        let signed = key.sign(update.message(id: 1).encoded(), now: 1) { _, _ in [1, 2, 3, 4] }
        return samples + [signed.bytes]
    }

    @Test(
        "What is read can be written and read again, and every answer is a message within its limit"
    )
    func anything() throws {
        let samples = try samples()
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var answeredCount = 0
        for _ in 0..<Self.count {
            let bytes = random.message(from: samples)
            // `try?`: most are errors; what is read has to be written again.
            if let message = try? DNSMessage(parsing: bytes.span) {
                let again = message.encoded()
                // `try?`: as above.
                let other = try? DNSMessage(parsing: again.span)
                if other?.questions != message.questions { Issue.record("seed \(seed): \(bytes)") }
            }
            // `try?`: an error is as good as a success; that it ends is what counts.
            try? key.verify(bytes, requestMAC: [1], now: 1) { _, _ in [9] }
            let reply = responder.reply(to: bytes.span, from: Self.resolver, over: .udp)
            guard let reply else { continue }
            answeredCount += 1
            let slip = reply.slip
            // `try?`: only whether it is one counts.
            let isMessage =
                (try? DNSMessage(parsing: reply.bytes.span)) != nil
                && (try? DNSMessage(parsing: slip.span)) != nil
            if !isMessage || reply.bytes.count > DNSResponder.payloadSize {
                Issue.record("seed \(seed): \(bytes)")
            }
        }
        #expect(answeredCount > Self.count / 10, "seed \(seed)")
    }
}

extension SeededGenerator {
    /// One of the samples, changed in up to five places, and sometimes cut or with another one after it;
    /// or noise.
    fileprivate mutating func message(from samples: [[UInt8]]) -> [UInt8] {
        let kind = next() % 16
        if kind == 0 { return (0..<next() % 80).map { _ in UInt8(truncatingIfNeeded: next()) } }
        var bytes = samples[Int(next() % UInt64(samples.count))]
        for _ in 0..<next() % 6 { change(&bytes) }
        if kind == 1 { bytes.removeSubrange(Int(next() % UInt64(bytes.count))...) }
        if kind == 2 { bytes += samples[Int(next() % UInt64(samples.count))] }
        if kind > 8 { bytes[2] &= 0x7f }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int(next() % UInt64(bytes.count))
        switch next() % 4 {
        case 0: bytes[place] = 0xc0 | UInt8(next() % 4)
        case 1: bytes[place] = UInt8(truncatingIfNeeded: next())
        case 2: bytes[place] ^= 1 << UInt8(next() % 8)
        default: bytes[place] = UInt8(next() % 64)
        }
    }
}

import Addresses
import DNSProtocol
import DomainNames
import SeededRandom
import Testing

@Suite("DNS messages on the wire")
struct DNSMessageTests {
    private static let name = "www.gw.example"

    /// A query of `dig`, with EDNS.
    private let query: [UInt8] = [
        0x12, 0x34, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 1,
        3, 0x77, 0x57, 0x77, 2, 0x67, 0x77, 7, 0x45, 0x58, 0x41, 0x4d, 0x50, 0x4c, 0x45, 0,
        0, 1, 0, 1, 0, 0, 41, 0x10, 0, 0, 0, 0x80, 0, 0, 0,
    ]

    private func parse(_ bytes: some Sequence<UInt8>) throws -> DNSMessage {
        let bytes = Array(bytes)
        return try DNSMessage(parsing: bytes.span)
    }

    private func sample() throws -> DNSMessage {
        let name = try DNSName(parsing: Self.name)
        let zone = try DNSName(parsing: "gw.example")
        var header = DNSHeader(id: 7, flags: 0x8400)
        header.isRecursionDesired = true
        var message = DNSMessage(header)
        message.questions = [DNSQuestion(name, .any)]
        message.answers = [
            DNSRecord(name, .a, ttl: 60, .a(IPv4Address(192, 0, 2, 1))),
            DNSRecord(name, .aaaa, ttl: 60, .aaaa(try IPv6Address(parsing: "2001:db8::1"))),
            DNSRecord(name, .txt, ttl: 60, .text(String(repeating: "t", count: 300))),
            DNSRecord(
                zone,
                .caa,
                ttl: 1,
                .caa(CertificationAuthority(isCritical: true, tag: "issue", value: "ca.example"))
            ),
        ]
        message.authorities = [
            DNSRecord(zone, .ns, ttl: 60, .name(try DNSName(parsing: "ns1.gw.example"))),
            DNSRecord(
                zone,
                .soa,
                ttl: 60,
                .soa(DNSAuthority(primary: name, contact: zone, serial: 5, minimum: 60))
            ),
        ]
        message.additionals = [DNSRecord(name, DNSType(rawValue: 999), ttl: 0, .bytes([1, 2]))]
        message.edns = EDNS(payloadSize: 1_232, options: [EDNSOption(code: 10, data: [1, 2, 3])])
        return message
    }

    @Test("A query is read, with its name as it was spelled, and EDNS")
    func reading() throws {
        let message = try parse(query)
        #expect(message.header.id == 0x1234 && message.header.isRecursionDesired)
        #expect(message.questions.count == 1)
        #expect(message.questions[0].name.description == "www.gw.example.")
        #expect(message.questions[0].spelling[1...3] == [0x77, 0x57, 0x77])
        #expect(message.edns == EDNS(payloadSize: 4096, isDNSSECWanted: true))
    }

    @Test("What is written is what is read again")
    func roundTrip() throws {
        let message = try sample()
        let bytes = message.encoded()
        #expect(try parse(bytes) == message)
        // The question's name once, and pointers to it.
        let label = Array("\u{3}www\u{2}gw".utf8)
        #expect(bytes.indices.filter { bytes[$0...].starts(with: label) }.count == 1)
    }

    @Test("An answer repeats the question in its spelling")
    func spelling() throws {
        let answer = DNSMessage(answering: try parse(query))
        let bytes = answer.encoded()
        #expect(bytes[12..<32] == query[12..<32])
        #expect(bytes[2] & 0x80 != 0)
    }

    @Test("Additional records that do not fit are left out, others truncate the message")
    func truncation() throws {
        var message = try sample()
        message.additionals = [
            DNSRecord(.root, .txt, ttl: 0, .text(String(repeating: "x", count: 250)))
        ]
        let without = try parse(message.encoded(atMost: 580))
        #expect(without.additionals == [] && !without.header.isTruncated)
        #expect(without.answers == message.answers)
        let bytes = message.encoded(atMost: 400)
        #expect(bytes.count <= 400)
        let cut = try parse(bytes)
        #expect(cut.header.isTruncated && cut.answers.isEmpty && cut.edns == message.edns)
        #expect(cut.questions == message.questions)
    }

    @Test("A message cut anywhere is an error")
    func cut() throws {
        let bytes = try sample().encoded()
        for count in 0..<bytes.count {
            #expect(throws: DNSMessageError.self) {
                try parse(bytes.prefix(count))
            }
        }
        #expect(throws: DNSMessageError.trailingBytes) { try parse(bytes + [0]) }
    }

    @Test(
        "A pointer leads back, outside of the header, and never in a circle",
        arguments: [[0xc0, 12], [0xc0, 14], [0xc0, 0], [0xc0, 0xff], [1, 0x61, 0xc0, 12]]
    )
    func pointers(name: [UInt8]) {
        let bytes = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name + [0, 1, 0, 1]
        #expect(throws: DNSMessageError.invalidPointer) { try parse(bytes) }
    }

    @Test("Pointers cannot make a name longer than 255 bytes")
    func longName() {
        var bytes: [UInt8] = [0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]
        for _ in 0..<3 { bytes += [63] + [UInt8](repeating: 0x61, count: 63) }
        bytes += [0, 0, 1, 0, 1]
        let second = [63] + [UInt8](repeating: 0x62, count: 63) + [0xc0, 12, 0, 1, 0, 1]
        #expect(throws: DNSMessageError.nameTooLong) {
            try parse(bytes + second)
        }
    }

    @Test("Labels of other kinds are errors", arguments: [0x40, 0x80, 0xbf] as [UInt8])
    func labelKinds(byte: UInt8) {
        let bytes: [UInt8] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, byte, 0, 0, 1, 0, 1]
        #expect(throws: DNSMessageError.invalidName) { try parse(bytes) }
    }

    @Test("Two OPT records, or one that is not the root's, are errors")
    func opt() {
        let header: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
        let opt: [UInt8] = [0, 0, 41, 2, 0, 0, 0, 0, 0, 0, 0]
        #expect(throws: DNSMessageError.invalidOPT) {
            try parse(header + opt + opt)
        }
        #expect(throws: DNSMessageError.invalidOPT) {
            try parse(header.dropLast() + [1, 1, 0x61] + opt)
        }
    }

    @Test("A client's subnet has as many bytes as its prefix, and no bits after it")
    func clientSubnet() throws {
        let option = EDNSOption(code: 8, data: [0, 1, 24, 0, 192, 0, 2])
        let subnet = try ClientSubnet(option)
        #expect(subnet.source.description == "192.0.2.0/24")
        #expect(subnet.option == option)
        let v6 = EDNSOption(code: 8, data: [0, 2, 33, 0, 0x20, 1, 0xd, 0xb8, 0x80])
        #expect(try ClientSubnet(v6).source.description == "2001:db8:8000::/33")
        #expect(try ClientSubnet(v6).option == v6)
        for data: [UInt8] in [
            [], [0, 1, 24], [0, 3, 0, 0], [0, 1, 33, 0, 1, 2, 3, 4, 5], [0, 1, 24, 0, 1, 2],
            [0, 1, 24, 0, 1, 2, 3, 4], [0, 1, 23, 0, 1, 2, 3],
        ] {
            #expect(throws: DNSMessageError.invalidOPT) {
                try ClientSubnet(EDNSOption(code: 8, data: data))
            }
        }
    }

    @Test("Records are written as a zone file has them")
    func text() throws {
        let texts = try sample().answers.map(\.description)
        #expect(texts[0] == "www.gw.example. 60 IN A 192.0.2.1")
        #expect(texts[1] == "www.gw.example. 60 IN AAAA 2001:db8::1")
        #expect(texts[3] == "gw.example. 1 IN CAA 128 issue \"ca.example\"")
        #expect("\(DNSData.text("a\"\\\n"))" == "\"a\\\"\\\\\\010\"")
        #expect("\(DNSData.bytes([0xab, 1]))" == "\\# 2 ab01")
        #expect("\(try DNSName(parsing: "_a.b c"))" == "_a.b\\032c.")
    }

    @Test("Random, cut and changed messages are read or rejected", arguments: SeededGenerator.seeds)
    func fuzz(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let base = try sample().encoded()
        for _ in 0..<20_000 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = .random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            }
            // `try?`: that nothing crashes is what counts; what was read can be written again.
            guard let message = try? parse(bytes) else { continue }
            let again = message.encoded()
            #expect(try parse(again).questions == message.questions)
        }
    }
}

import DNSProtocol
import Testing

@Suite("Signed updates")
struct TSIGTests {
    private let key: TSIGKey
    private let update: DNSUpdate

    init() throws {
        key = TSIGKey(
            name: try DNSName(parsing: "Key.example"),
            algorithm: .hmacSHA256,
            secret: [1, 2, 3]
        )
        let zone = try DNSName(parsing: "gw.example")
        let name = try DNSName(parsing: "a.gw.example")
        update = DNSUpdate(
            zone: zone,
            names: [name],
            types: [.a, .aaaa],
            records: [DNSRecord(name, .txt, ttl: 1, .text("x"))]
        )
    }

    private func parse(_ bytes: [UInt8]) throws -> DNSMessage {
        try DNSMessage(parsing: bytes.span)
    }

    /// Not secure, but other bytes give another result.
    private func hmac(_ key: TSIGKey, _ bytes: [UInt8]) -> [UInt8] {
        var (sum, result): (UInt32, [UInt8]) = (17, [])
        for byte in key.secret + bytes { sum = sum &* 31 &+ UInt32(byte) }
        for shift in stride(from: 0, to: 32, by: 8) {
            result.append(UInt8(truncatingIfNeeded: sum >> shift))
        }
        return result
    }

    /// What a server that has the key answers.
    private func response(
        to request: SignedMessage,
        key: TSIGKey,
        now: UInt64
    ) throws -> [UInt8] {
        var answer = DNSMessage(answering: try parse(request.bytes))
        answer.responseCode = .noError
        var hidden: [UInt8] = [UInt8(request.mac.count >> 8), UInt8(request.mac.count)]
        hidden += request.mac
        return key.sign(answer.encoded(), now: now) { key, bytes in hmac(key, hidden + bytes) }
            .bytes
    }

    @Test("An update replaces sets: removals of class ANY, then records")
    func message() throws {
        let message = update.message(id: 9)
        #expect(message.header.opcode == .update && message.questions[0].type == .soa)
        let bytes = message.encoded()
        let again = try parse(bytes)
        #expect(again.authorities.map(\.type) == [.a, .aaaa, .txt])
        #expect(again.authorities.map(\.class) == [.any, .any, .in])
    }

    @Test("A signed response is believed, and one of another key or message is not")
    func verifying() throws {
        let request = key.sign(update.message(id: 9).encoded(), now: 1_000, hmac: hmac)
        #expect(try parse(request.bytes).additionals.map(\.type) == [.tsig])
        let good = try response(to: request, key: key, now: 1_100)
        try key.verify(good, requestMAC: request.mac, now: 1_000, hmac: hmac)
        #expect(throws: TSIGFailure.badSignature) {
            try key.verify(good, requestMAC: [9], now: 1_000, hmac: hmac)
        }
        #expect(throws: TSIGFailure.badTime(difference: -900)) {
            try key.verify(good, requestMAC: request.mac, now: 2_000, hmac: hmac)
        }
        var other = key
        other.secret = [3]
        let forged = try response(to: request, key: other, now: 1_000)
        #expect(throws: TSIGFailure.badSignature) {
            try key.verify(forged, requestMAC: request.mac, now: 1_000, hmac: hmac)
        }
        for index in good.indices where index != 12 {
            var changed = good
            changed[index] ^= 1
            #expect(throws: TSIGFailure.self, "\(index)") {
                try key.verify(changed, requestMAC: request.mac, now: 1_000, hmac: hmac)
            }
        }
    }

    @Test("A response without a signature is not believed, and one cut anywhere is an error")
    func unsigned() throws {
        let request = key.sign(update.message(id: 9).encoded(), now: 1_000, hmac: hmac)
        let plain = DNSMessage(answering: update.message(id: 9)).encoded()
        #expect(throws: TSIGFailure.unsigned) {
            try key.verify(plain, requestMAC: request.mac, now: 1_000, hmac: hmac)
        }
        let good = try response(to: request, key: key, now: 1_000)
        for count in 0..<good.count {
            #expect(throws: TSIGFailure.self) {
                try key.verify(
                    Array(good.prefix(count)),
                    requestMAC: request.mac,
                    now: 1_000,
                    hmac: hmac
                )
            }
        }
    }

    @Test("A large update comes in parts, each name in one of them")
    func parts() throws {
        let zone = try DNSName(parsing: "gw.example")
        let names = (0..<10).compactMap { zone.child("n\($0)") }
        let records = names.map { DNSRecord($0, .txt, ttl: 1, .text("x")) }
        let update = DNSUpdate(zone: zone, names: names, types: [.a, .aaaa], records: records)
        let parts = update.parts(recordLimit: 7)
        #expect(parts.map(\.names.count) == [2, 2, 2, 2, 2])
        #expect(parts.flatMap(\.names) == names && parts.flatMap(\.records) == records)
        #expect(update.parts(recordLimit: 1).count == 10)
    }
}

import ProxyProtocol
import Testing

@Suite("TLVs fill the rest of the header exactly, and are kept as they are (§2.2)")
struct TLVTests {
    @Test("Order, duplicates, unknown types, empty and non-UTF-8 values are kept")
    func kept() throws {
        let tlvs = [
            ProxyTLV(.noop, []),
            ProxyTLV(.alibabaPrivateLink, [1, 0xFF]),
            ProxyTLV(.authority, [0xC3, 0x28]),
            ProxyTLV(.alibabaPrivateLink, [1, 0xFF]),
            ProxyTLV(ProxyTLVType(rawValue: 0xFF), [0, 0, 0]),
            ProxyTLV(ProxyTLVType(rawValue: 0x00), [9]),
        ]
        let body = tlvs.flatMap { tlv($0.type.rawValue, $0.value) }
        #expect(try header(binary(0x21, 0x11, ipv4Block + body)).tlvs == tlvs)
        #expect(try header(binary(0x21, 0x21, ipv6Block + body)).tlvs == tlvs)
    }

    @Test("Every type is kept", arguments: UInt8.min...UInt8.max)
    func everyType(type: UInt8) throws {
        guard type != ProxyTLVType.crc32c.rawValue else { return }
        let decoded = try header(binary(ipv4Block + tlv(type, [type])))
        #expect(decoded.tlvs == [ProxyTLV(ProxyTLVType(rawValue: type), [type])])
    }

    @Test("Bytes that are too few for a TLV's type and length are refused", arguments: 1...2)
    func trailingBytes(count: Int) {
        let trail = [UInt8](repeating: 0, count: count)
        for tlvs in [[], tlv(0x04, []), tlv(0x04, [1, 2])] {
            #expect(throws: ProxyHeaderError.trailingBytes(count: count)) {
                try header(binary(ipv4Block + tlvs + trail))
            }
        }
    }

    @Test("A TLV longer than the rest of the header is refused, even if payload follows")
    func pastEnd() {
        let payload = [UInt8](repeating: 0, count: 0x1_0000)
        for claimed in Array(5...300) + [0x7FFF, 0x8000, 0xFFFE, 0xFFFF] {
            let bytes = binary(ipv4Block + tlv(0xEA, [1, 2, 3, 4], length: claimed))
            let error = ProxyHeaderError.tlvPastEnd(
                type: .awsPrivateLink,
                byteCount: claimed,
                availableByteCount: 4
            )
            #expect(throws: error) { try header(bytes) }
            #expect(throws: error) { try ProxyHeader.decode(bytes + payload, limit: noLimit) }
        }
    }

    @Test("A unique ID has up to 128 bytes (§2.2.5)")
    func uniqueID() throws {
        let longest = [UInt8](repeating: 0xAB, count: 128)
        #expect(try header(binary(ipv4Block + tlv(0x05, longest))).uniqueID() == longest)
        #expect(throws: ProxyHeaderError.uniqueIDTooLong(byteCount: 129)) {
            try header(binary(ipv4Block + tlv(0x05, longest + [0])))
        }
    }
}

@Suite("A checksum, if present, must be correct (§2.2.3)")
struct ChecksumTests {
    private let zeros: [UInt8] = [0, 0, 0, 0]

    @Test("The reference agrees with the published check value")
    func reference() {
        #expect(referenceChecksum(ascii("123456789")) == 0xE306_9283)
    }

    @Test("It is verified anywhere among the TLVs")
    func anyPlace() throws {
        let others = tlv(0x02, ascii("db.example")) + tlv(0xE0, [0, 0, 0, 0, 0, 0, 0, 9])
        let first = sealed(binary(ipv4Block + tlv(0x03, zeros) + others), at: 31)
        let last = binary(ipv4Block + others + tlv(0x03, zeros))
        #expect(try header(first).tlvs.count == 3)
        #expect(try header(sealed(last, at: last.count - 4)).tlvs.count == 3)
    }

    @Test("A wrong one is refused, and the error has the computed one")
    func wrong() {
        let right = sealed(binary(ipv4Block + tlv(0x03, zeros)), at: 31)
        var wrong = right
        wrong[34] ^= 1
        let computed = referenceChecksum(binary(ipv4Block + tlv(0x03, zeros)))
        #expect(
            throws: ProxyHeaderError.wrongChecksum(sent: computed ^ 1, computed: computed)
        ) { try header(wrong) }
    }

    @Test("A checksum of zeros does not count as missing")
    func zero() {
        #expect(throws: ProxyHeaderError.self) {
            try header(binary(ipv4Block + tlv(0x03, zeros)))
        }
    }

    @Test("It is 4 bytes long", arguments: [0, 1, 3, 5, 8])
    func length(byteCount: Int) {
        let value = [UInt8](repeating: 0, count: byteCount)
        #expect(throws: ProxyHeaderError.malformedChecksum(byteCount: byteCount)) {
            try header(binary(ipv4Block + tlv(0x03, value)))
        }
    }

    @Test("A second one is refused")
    func repeated() {
        #expect(throws: ProxyHeaderError.repeatedChecksum) {
            try header(binary(ipv4Block + tlv(0x03, zeros) + tlv(0x03, zeros)))
        }
    }
}

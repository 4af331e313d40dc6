import ProxyProtocol
import Testing

@Suite("A checksum that is there must be right (§2.2.3)")
struct ChecksumTests {
    private let zeros: [UInt8] = [0, 0, 0, 0]

    @Test("The reference agrees with the published check value")
    func reference() {
        #expect(referenceChecksum(ascii("123456789")) == 0xE306_9283)
    }

    @Test("It is right wherever it stands among the TLVs")
    func anyPlace() throws {
        let others = tlv(0x02, ascii("db.example")) + tlv(0xE0, [0, 0, 0, 0, 0, 0, 0, 9])
        let first = sealed(binary(ipv4Block + tlv(0x03, zeros) + others), at: 31)
        let last = binary(ipv4Block + others + tlv(0x03, zeros))
        #expect(try header(first).tlvs.count == 3)
        #expect(try header(sealed(last, at: last.count - 4)).tlvs.count == 3)
    }

    @Test("A wrong one is refused, and named with the one that the bytes give")
    func wrong() {
        let right = sealed(binary(ipv4Block + tlv(0x03, zeros)), at: 31)
        var wrong = right
        wrong[34] ^= 1
        let computed = referenceChecksum(binary(ipv4Block + tlv(0x03, zeros)))
        #expect(
            throws: ProxyHeaderError.wrongChecksum(sent: computed ^ 1, computed: computed)
        ) { try header(wrong) }
    }

    @Test("A checksum of zeros is not taken for none")
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

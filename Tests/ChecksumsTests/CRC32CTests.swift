import Checksums
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
    private func checksum(of bytes: [UInt8]) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(bytes.span)
        return checksum.value
    }

    @Test("Known values: RFC 3720, Appendix B.4, and the usual check string")
    func known() {
        #expect(checksum(of: [UInt8]("123456789".utf8)) == 0xe306_9283)
        #expect(checksum(of: [UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(checksum(of: [UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(checksum(of: [UInt8](0..<32)) == 0x46dd_794e)
        #expect(checksum(of: [UInt8](0..<32).reversed()) == 0x113f_db5c)
        #expect(checksum(of: []) == 0)
    }

    @Test(
        "Split anywhere, the bytes have the same checksum",
        arguments: [0, 1, 7, 8, 9, 63, 64, 65]
    )
    func cuts(count: Int) {
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
        for cut in 0...count {
            var checksum = CRC32C()
            checksum.update(bytes.span.extracting(..<cut))
            for byte in bytes[cut...] { checksum.update(byte) }
            #expect(checksum.value == self.checksum(of: bytes), "\(bytes), cut at \(cut)")
        }
    }
}

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

    @Test("A number counts as its eight bytes, the lowest first")
    func numbers() {
        for number in [0, 1, 0x0123_4567_89ab_cdef, UInt64.max] {
            var (whole, bytes) = (CRC32C(), CRC32C())
            for checksum in 0..<3 {
                whole.update(UInt8(checksum))
                whole.update(littleEndian: number)
                bytes.update(UInt8(checksum))
                for place in 0..<8 {
                    bytes.update(UInt8(truncatingIfNeeded: number >> UInt64(8 * place)))
                }
            }
            #expect(whole.value == bytes.value)
        }
    }
}

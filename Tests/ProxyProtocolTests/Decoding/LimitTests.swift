import ProxyProtocol
import Testing

@Suite("A header's size is limited before any of it is collected")
struct LimitTests {
    @Test("16 bytes that claim 65,535 more are refused at once")
    func claimedLength() {
        let error = ProxyHeaderError.headerTooLong(byteCount: 65_551, limit: 4_096)
        for family: UInt8 in [0x00, 0x11, 0x21, 0x31] {
            for command: UInt8 in [0x20, 0x21] {
                #expect(throws: error) {
                    try ProxyHeader.decode(
                        binary(command, family, [], length: 65_535),
                        limit: 4_096
                    )
                }
            }
        }
    }

    @Test("The limit counts the whole header; the longest is 65,551 bytes")
    func limit() throws {
        let bytes = binary(0x21, 0x11, ipv4Block + tlv(0x04, [UInt8](repeating: 7, count: 65_520)))
        #expect(bytes.count == 65_551)
        guard
            case .complete(let header, 65_551) = try ProxyHeader.decode(bytes, limit: 65_551)
        else {
            Issue.record("the limit allows it")
            return
        }
        #expect(header.tlvs.first?.value.count == 65_520)
        #expect(throws: ProxyHeaderError.headerTooLong(byteCount: 65_551, limit: 65_550)) {
            try ProxyHeader.decode(bytes, limit: 65_550)
        }
    }

    @Test("A limit below the shortest header, even a negative one, refuses every header")
    func tinyLimits() {
        for limit in [Int.min, -1, 0, 14] {
            for bytes in sampleHeaders {
                #expect(throws: ProxyHeaderError.self) {
                    try ProxyHeader.decode(bytes, limit: limit)
                }
            }
        }
    }
}

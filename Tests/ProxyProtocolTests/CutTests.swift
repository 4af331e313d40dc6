import ProxyProtocol
import Testing

@Suite("A header may be split anywhere, and anything may follow it")
struct CutTests {
    @Test("Each cut asks for bytes, and never for one beyond the header", arguments: sampleHeaders)
    func everyCut(bytes: [UInt8]) throws {
        for count in bytes.indices {
            let decoding = try ProxyHeader.decode(Array(bytes[..<count]), limit: noLimit)
            guard case .incomplete(let missingByteCount) = decoding else {
                Issue.record("\(count) of \(bytes.count) bytes were taken for a header")
                return
            }
            #expect(missingByteCount >= 1)
            #expect(count + missingByteCount <= bytes.count)
        }
    }

    @Test("A v2 header asks for exactly what is missing, first of its fixed part")
    func exactlyMissing() throws {
        let bytes = binary(0x21, 0x21, ipv6Block + tlv(0x05, [1, 2, 3]))
        for count in 1..<bytes.count {
            let end = count < 16 ? 16 : bytes.count
            #expect(
                try ProxyHeader.decode(Array(bytes[..<count]), limit: noLimit)
                    == .incomplete(missingByteCount: end - count)
            )
        }
    }

    @Test(
        "Reading exactly what is asked for ends at the header's last byte",
        arguments: sampleHeaders
    )
    func readingAsAsked(bytes: [UInt8]) throws {
        var count = 0
        // Each step is at least one byte, or the test would not end.
        for _ in 0..<bytes.count {
            let decoding = try ProxyHeader.decode(Array(bytes[..<count]), limit: noLimit)
            guard case .incomplete(let missingByteCount) = decoding else { break }
            count += missingByteCount
        }
        #expect(count == bytes.count)
    }

    @Test("What follows a header is not looked at", arguments: sampleHeaders)
    func payload(bytes: [UInt8]) throws {
        let alone = try ProxyHeader.decode(bytes, limit: noLimit)
        for payload in [[0], ascii("\r\n"), signature, bytes, [UInt8](repeating: 0xFF, count: 999)]
        {
            #expect(try ProxyHeader.decode(bytes + payload, limit: bytes.count) == alone)
        }
    }

    @Test("A byte that no signature has is refused at once, anywhere in each")
    func foreignByte() {
        let signatures = [signature] + ["PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"].map(ascii)
        for signature in signatures {
            for offset in signature.indices {
                let prefix = signature[..<offset]
                let known = signatures.filter { $0.starts(with: prefix) }.map { $0[offset] }
                for byte in UInt8.min...UInt8.max where !known.contains(byte) {
                    #expect(throws: ProxyHeaderError.notAProxyHeader(offset: offset)) {
                        try ProxyHeader.decode(prefix + [byte], limit: noLimit)
                    }
                }
            }
        }
    }
}

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

    @Test("The limit includes the whole header; the longest is 65,551 bytes")
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

import Addresses
import ProxyProtocol
import Testing

/// What went wrong in other programs.
@Suite("Known failures of other implementations do not occur")
struct KnownFailureTests {
    @Test("CVE-2024-23324: a TLV that is not UTF-8 does not hide the header's addresses")
    func nonUTF8() throws {
        let invalid: [UInt8] = [0xFF, 0xC0, 0x80, 0x00, 0xED, 0xA0, 0x80]
        for type: UInt8 in [0x01, 0x02, 0x05, 0x20, 0x30, 0xE1, 0xEA, 0xF0] {
            let decoded = try header(binary(ipv4Block + tlv(type, invalid)))
            #expect(decoded.origin == .proxied(source: client, destination: server))
            #expect(decoded.tlvs.map(\.value) == [invalid])
        }
        let authority = try header(binary(ipv4Block + tlv(0x02, invalid)))
        #expect(throws: ProxyTLVError.notText(.authority)) { try authority.authority() }
    }

    @Test("CVE-2024-23325: an IPv6 source does not need IPv6 on the host; it is a value")
    func ipv6Source() throws {
        let decoded = try header(binary(0x21, 0x21, ipv6Block))
        #expect(decoded.origin == .proxied(source: client6, destination: server6))
    }

    @Test("CVE-2024-23327: LOCAL can be passed on")
    func local() throws {
        for bytes in [binary(0x20, 0x00, []), binary(0x20, 0x11, ipv4Block + tlv(0x02, [0xFF]))] {
            let decoded = try header(bytes)
            #expect(try decoded.encoded(addingChecksum: true) == binary(0x20, 0x00, []))
            var text = decoded
            text.version = .v1
            #expect(try text.encoded() == ascii("PROXY UNKNOWN\r\n"))
        }
    }

    @Test("envoy#42075: each TLV of a repeated type is kept")
    func duplicates() throws {
        let parts = ["\u{1}vpc-1", "\u{2}ep-1", "\u{3}epsrv-1"].map(ascii)
        let decoded = try header(binary(ipv4Block + parts.flatMap { tlv(0xE1, $0) }))
        #expect(decoded.values(.alibabaPrivateLink) == parts)
    }

    @Test("envoy#32718: a binary value is not mangled")
    func binaryValue() throws {
        let value = [UInt8](UInt8.min...UInt8.max)
        let decoded = try header(binary(ipv4Block + tlv(0xEE, value)))
        #expect(decoded.values(.azurePrivateLink) == [value])
    }

    @Test("nginx#1400: a header that arrives one byte at a time is accepted")
    func oneByteAtATime() throws {
        for bytes in sampleHeaders {
            var receiver = ProxyHeaderReceiver(byteLimit: 4096)
            var progress = ProxyHeaderReceiver.Progress.undecided
            for byte in bytes { progress = try receiver.receive([byte]) }
            #expect(progress == .complete(headers: [try header(bytes)], payload: []))
        }
    }
}

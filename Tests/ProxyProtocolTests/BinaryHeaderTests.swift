import Addresses
import ProxyProtocol
import Testing

@Suite("A v2 header's fixed part determines how it is read (§2.2)")
struct BinaryHeaderTests {
    @Test(
        "Byte 13: only version 2 with LOCAL or PROXY is accepted",
        arguments: UInt8.min...UInt8.max
    )
    func commandByte(byte: UInt8) throws {
        let bytes = binary(byte, 0x11, ipv4Block)
        switch (byte >> 4, byte & 0x0F) {
        case (2, 0): #expect(try header(bytes).command == .local)
        case (2, 1): #expect(try header(bytes).command == .proxy)
        case (2, let command): expect(bytes, .unassignedCommand(command), shownBy: 13)
        case (let version, _): expect(bytes, .unsupportedVersion(version), shownBy: 13)
        }
    }

    @Test("Byte 14 of PROXY: only assigned halves are accepted", arguments: UInt8.min...UInt8.max)
    func familyByte(byte: UInt8) throws {
        let bytes = binary(0x21, byte, [UInt8](repeating: 0, count: 216))
        switch (byte >> 4, byte & 0x0F) {
        case (0...3, 0...2): #expect(try header(bytes).transport.rawValue == byte & 0x0F)
        case (0...3, let transport): expect(bytes, .unassignedTransport(transport), shownBy: 14)
        case (let family, _): expect(bytes, .unassignedFamily(family), shownBy: 14)
        }
    }

    @Test("Byte 14 of LOCAL is ignored", arguments: UInt8.min...UInt8.max)
    func localFamilyByte(byte: UInt8) throws {
        #expect(try header(binary(0x20, byte, [])) == .local())
        #expect(try header(binary(0x20, byte, ipv4Block)) == .local())
    }

    @Test("Addresses and ports are read in network order")
    func addresses() throws {
        let ip4 = ProxyHeader.Endpoints.ip(source: client, destination: server)
        let ip6 = ProxyHeader.Endpoints.ip(source: client6, destination: server6)
        #expect(try header(binary(0x21, 0x11, ipv4Block)).endpoints == ip4)
        #expect(try header(binary(0x21, 0x12, ipv4Block)).endpoints == ip4)
        #expect(try header(binary(0x21, 0x21, ipv6Block)).endpoints == ip6)
        #expect(try header(binary(0x21, 0x22, ipv6Block)).endpoints == ip6)
    }

    @Test("UNIX paths are read without trailing zeros, abstract names with the leading one")
    func unixPaths() throws {
        let source = ascii("/run/mysqld.sock") + [UInt8](repeating: 0, count: 92)
        let destination = [0] + ascii("abstract") + [UInt8](repeating: 0, count: 99)
        let expected = ProxyHeader(
            transport: .stream,
            endpoints: .unix(
                source: ascii("/run/mysqld.sock"),
                destination: [0] + ascii("abstract")
            )
        )
        #expect(try header(binary(0x21, 0x31, source + destination)) == expected)
        #expect(expected.origin == .local)
    }

    @Test(
        "A length too small for the family's addresses is refused when it arrives",
        arguments: [(0x11, 12), (0x12, 12), (0x21, 36), (0x22, 36), (0x31, 216), (0x32, 216)]
    )
    func shortAddresses(family: UInt8, needed: Int) {
        for length in 0..<needed {
            let bytes = binary(0x21, family, [UInt8](repeating: 0, count: length))
            expect(
                bytes,
                .addressesTooShort(byteCount: length, neededByteCount: needed),
                shownBy: 16
            )
        }
    }

    @Test(
        "LOCAL, and an unspecified family or transport, is skipped by its length",
        arguments: [(0x20, 0x00), (0x20, 0x11), (0x21, 0x00), (0x21, 0x01), (0x21, 0x10)]
            as [(UInt8, UInt8)]
    )
    func skipped(command: UInt8, family: UInt8) throws {
        for body in [[], [1], [3, 0, 4, 0, 0, 0, 0], ipv4Block, [UInt8](repeating: 9, count: 300)] {
            let decoded = try header(binary(command, family, body))
            #expect(decoded.origin == .local)
            #expect(decoded.endpoints == .unspecified)
            #expect(decoded.tlvs.isEmpty)
        }
    }

    /// Expects the error with the first `byteCount` bytes and with all bytes, but not earlier.
    private func expect(_ bytes: [UInt8], _ error: ProxyHeaderError, shownBy byteCount: Int) {
        #expect(throws: error) { try ProxyHeader.decode(bytes, limit: noLimit) }
        #expect(throws: error) {
            try ProxyHeader.decode(Array(bytes[..<byteCount]), limit: noLimit)
        }
        #expect(throws: Never.self) {
            try ProxyHeader.decode(Array(bytes[..<(byteCount - 1)]), limit: noLimit)
        }
    }
}

@Suite("The origin is the proxied address, or the real end if the header has none to use")
struct OriginTests {
    private let ends = ProxyHeader.Endpoints.ip(source: client, destination: server)

    @Test("PROXY with IP addresses, over streams and datagrams: the addresses")
    func proxied() {
        for transport in [ProxyHeader.Transport.stream, .datagram] {
            let header = ProxyHeader(transport: transport, endpoints: ends)
            #expect(header.origin == .proxied(source: client, destination: server))
        }
    }

    @Test("LOCAL, whatever else the value holds: the real ends")
    func local() {
        for transport in ProxyHeader.Transport.allCases {
            let header = ProxyHeader(command: .local, transport: transport, endpoints: ends)
            #expect(header.origin == .local)
        }
    }

    @Test("Nothing specified, and UNIX sockets: the real ends")
    func unspecified() {
        let headers = [
            ProxyHeader(transport: .unspecified, endpoints: ends),
            ProxyHeader(transport: .stream, endpoints: .unspecified),
            ProxyHeader(transport: .stream, endpoints: .unix(source: [0x2F], destination: [0x2F])),
        ]
        for header in headers { #expect(header.origin == .local) }
    }
}

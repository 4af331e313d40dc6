import Addresses
import ProxyProtocol
import Testing

/// The bytes whose hexadecimal digits are in `text`; spaces and line ends are ignored.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    precondition(digits.count.isMultiple(of: 2), "half a byte in \(text)")
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// The bytes of ASCII text.
func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

/// 192.0.2.1:56324, 198.51.100.7:9030 and their address block.
let client = SocketAddress(.v4(IPv4Address(192, 0, 2, 1)), port: 56324)
let server = SocketAddress(.v4(IPv4Address(198, 51, 100, 7)), port: 9030)
let ipv4Block = hex("c0000201 c6336407 dc04 2346")

/// [2001:db8::1]:56324, [2001:db8::7]:9030 and their address block.
let client6 = SocketAddress(.v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)), port: 56324)
let server6 = SocketAddress(.v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: 7)), port: 9030)
let ipv6Block = hex(
    "20010db8000000000000000000000001 20010db8000000000000000000000007 dc04 2346"
)

let signature = hex("0d0a0d0a000d0a515549540a")

/// A v2 header from its parts. `length` overrides the correct value of the length field.
func binary(
    _ command: UInt8,
    _ family: UInt8,
    _ body: [UInt8],
    length: Int? = nil
) -> [UInt8] {
    let length = length ?? body.count
    return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + body
}

/// A v2 header of a TCP connection over IPv4, from what follows its fixed part.
func binary(_ body: [UInt8]) -> [UInt8] { binary(0x21, 0x11, body) }

/// A TLV's bytes. `length` overrides the correct value of its length field.
func tlv(_ type: UInt8, _ value: [UInt8], length: Int? = nil) -> [UInt8] {
    let length = length ?? value.count
    return [type, UInt8(length >> 8), UInt8(length & 0xFF)] + value
}

/// Beyond the longest header that can be written.
let noLimit = 0x10_0000

/// The header that consists of all `bytes`.
func header(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws
    -> ProxyHeader
{
    guard
        case .complete(let header, let byteCount) = try ProxyHeader.decode(bytes, limit: noLimit)
    else {
        Issue.record("incomplete", sourceLocation: sourceLocation)
        throw Incomplete()
    }
    #expect(byteCount == bytes.count, sourceLocation: sourceLocation)
    return header
}

/// Thrown if a whole header was expected.
struct Incomplete: Error {}

/// One header of each form, as bytes.
let sampleHeaders: [[UInt8]] = [
    ascii("PROXY TCP4 192.0.2.1 198.51.100.7 56324 9030\r\n"),
    ascii("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"),
    ascii("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
    ascii("PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 56324 9030\r\n"),
    ascii("PROXY TCP6 :: :: 0 0\r\n"),
    ascii("PROXY UNKNOWN\r\n"),
    ascii("PROXY UNKNOWN 2001:db8::1 and whatever else\r\n"),
    binary(0x20, 0x00, []),
    binary(0x20, 0x11, ipv4Block),
    binary(0x21, 0x00, []),
    binary(0x21, 0x00, [1, 2, 3]),
    binary(0x21, 0x11, ipv4Block),
    binary(0x21, 0x12, ipv4Block + tlv(0x04, []) + tlv(0xEA, [1] + ascii("vpce-1"))),
    binary(0x21, 0x21, ipv6Block + tlv(0x02, [0xFF, 0xFE])),
    binary(0x21, 0x31, [UInt8](repeating: 0x2F, count: 216)),
]

/// CRC32c one bit at a time, from its polynomial: slow, and independent of the library's table.
func referenceChecksum(_ bytes: [UInt8]) -> UInt32 {
    var remainder: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        for bit in 0..<8 {
            let isSet = (remainder ^ UInt32(byte >> UInt8(bit))) & 1 == 1
            remainder = remainder >> 1 ^ (isSet ? 0x82F6_3B78 : 0)
        }
    }
    return ~remainder
}

/// `header` with its checksum computed and written to `offset`, which has zeros.
func sealed(_ header: [UInt8], at offset: Int) -> [UInt8] {
    let checksum = referenceChecksum(header)
    var sealed = header
    for index in 0..<4 { sealed[offset + index] = UInt8(checksum >> (24 - 8 * index) & 0xFF) }
    return sealed
}

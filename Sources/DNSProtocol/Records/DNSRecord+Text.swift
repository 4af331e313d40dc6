import Addresses

/// As a line of a zone file (RFC 1035 §5.1): `gw.example. 60 IN A 192.0.2.1`.
extension DNSRecord: CustomStringConvertible {
    package var description: String { "\(name) \(ttl) IN \(type) \(data)" }
}

extension DNSData: CustomStringConvertible {
    package var description: String {
        switch self {
        case .a(let address): "\(address)"
        case .aaaa(let address): "\(address)"
        case .name(let name): "\(name)"
        case .soa(let authority): "\(authority)"
        case .txt(let strings): strings.map(Self.quoted).joined(separator: " ")
        case .caa(let caa):
            "\(caa.isCritical ? 128 : 0) \(caa.tag) \(Self.quoted(Array(caa.value.utf8)))"
        case .bytes(let bytes):
            // RFC 3597 §5.
            "\\# \(bytes.count) "
                + bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                .joined()
        }
    }

    private static func quoted(_ string: [UInt8]) -> String {
        let characters = string.map { byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
            case 0x20...0x7e: String(UnicodeScalar(byte))
            default: byte.escapedDecimally
            }
        }
        return "\"" + characters.joined() + "\""
    }
}

extension DNSAuthority: CustomStringConvertible {
    package var description: String {
        "\(primary) \(contact) \(serial) \(refresh) \(retry) \(expire) \(minimum)"
    }
}

import Addresses

extension DNSRecord {
    /// Reads a record and moves `position` to after it.
    static func read(
        _ message: Span<UInt8>,
        at position: inout Int
    ) throws(DNSMessageError) -> DNSRecord {
        let name = try message.name(at: &position)
        let type = DNSType(rawValue: try message.number16(at: &position))
        let `class` = DNSClass(rawValue: try message.number16(at: &position))
        let ttl = try message.number32(at: &position)
        let length = Int(try message.number16(at: &position))
        guard length <= message.count - position else { throw .truncated }
        let data = try DNSData.read(type, message, at: &position, length)
        return DNSRecord(name, type, class: `class`, ttl: ttl, data)
    }
}

extension DNSData {
    /// Reads `length` bytes, which the message has.
    static func read(
        _ type: DNSType,
        _ message: Span<UInt8>,
        at position: inout Int,
        _ length: Int
    ) throws(DNSMessageError) -> DNSData {
        let end = position + length
        // In an update, a record without data stands for a whole set (RFC 2136 §2.4, §2.5).
        let data =
            length == 0
            ? .bytes([]) : try readPresent(type, message.extracting(..<end), at: &position)
        guard position == end else { throw .invalidData }
        return data
    }

    private static func readPresent(
        _ type: DNSType,
        _ message: Span<UInt8>,
        at position: inout Int
    ) throws(DNSMessageError) -> DNSData {
        switch type {
        case .a: .a(IPv4Address(bits: try message.number32(at: &position)))
        case .aaaa: .aaaa(try IPv6Address.read(message, at: &position))
        case .ns, .cname: .name(try message.name(at: &position))
        case .soa: .soa(try DNSAuthority.read(message, at: &position))
        case .txt: .txt(try readStrings(message, at: &position))
        case .caa: try readCAA(message, at: &position)
        default: .bytes(try message.bytes(message.count - position, at: &position))
        }
    }

    private static func readStrings(
        _ message: Span<UInt8>,
        at position: inout Int
    ) throws(DNSMessageError) -> [[UInt8]] {
        var strings: [[UInt8]] = []
        while position < message.count {
            let length = Int(try message.byte(at: &position))
            strings.append(try message.bytes(length, at: &position))
        }
        return strings
    }

    /// RFC 8659 §4.1.
    private static func readCAA(
        _ message: Span<UInt8>,
        at position: inout Int
    ) throws(DNSMessageError) -> DNSData {
        let flags = try message.byte(at: &position)
        let tag = try message.bytes(Int(try message.byte(at: &position)), at: &position)
        let value = try message.bytes(message.count - position, at: &position)
        return .caa(
            CertificationAuthority(
                isCritical: flags & 0x80 != 0,
                tag: String(decoding: tag, as: UTF8.self),
                value: String(decoding: value, as: UTF8.self)
            )
        )
    }
}

extension IPv6Address {
    fileprivate static func read(
        _ message: Span<UInt8>,
        at position: inout Int
    ) throws(DNSMessageError) -> IPv6Address {
        var halves: [UInt64] = []
        for _ in 0..<2 {
            let high = UInt64(try message.number32(at: &position))
            halves.append(high << 32 | UInt64(try message.number32(at: &position)))
        }
        return IPv6Address(high: halves[0], low: halves[1])
    }
}

extension DNSAuthority {
    fileprivate static func read(
        _ message: Span<UInt8>,
        at position: inout Int
    ) throws(DNSMessageError) -> DNSAuthority {
        DNSAuthority(
            primary: try message.name(at: &position),
            contact: try message.name(at: &position),
            serial: try message.number32(at: &position),
            refresh: try message.number32(at: &position),
            retry: try message.number32(at: &position),
            expire: try message.number32(at: &position),
            minimum: try message.number32(at: &position)
        )
    }
}

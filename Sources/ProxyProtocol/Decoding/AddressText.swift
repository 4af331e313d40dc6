import Addresses

/// The strict text forms of a v1 line (§2.1). `nil` means: not exactly such a text.
enum AddressText {
    /// A decimal number without leading zeros.
    static func decimal(_ text: Span<UInt8>, upTo limit: UInt32) -> UInt32? {
        guard (1...5).contains(text.count) else { return nil }
        guard text.count == 1 || text[0] != UInt8(ascii: "0") else { return nil }
        var value: UInt32 = 0
        for index in text.indices {
            guard let digit = text[index].decimalDigit else { return nil }
            value = value * 10 + digit
        }
        return value <= limit ? value : nil
    }

    /// Four decimal numbers of 0…255 with a dot between each two.
    static func ipv4(_ text: Span<UInt8>) -> IPv4Address? {
        var bits: UInt32 = 0
        var count = 0
        var start = 0
        while start <= text.count {
            let end = text.firstOffset(of: .dot, from: start)
            guard let octet = decimal(text.extracting(start..<end), upTo: 255) else { return nil }
            bits = bits << 8 | octet
            count += 1
            start = end + 1
        }
        return count == 4 ? IPv4Address(bits: bits) : nil
    }

    /// Groups of up to four hexadecimal digits, 128 bits in all, with at most one `::`.
    ///
    /// The last 32 bits may be written as an IPv4 address (RFC 4291 §2.2, form 3): §2.1 does not
    /// name that form, but HAProxy itself sends it for IPv4-mapped addresses.
    static func ipv6(_ text: Span<UInt8>) -> IPv6Address? {
        guard let gap = text.doubleColonOffset else {
            guard let all = groups(text), all.count == 8 else { return nil }
            return IPv6Address(bits: all.bits)
        }
        guard let head = groups(text.extracting(0..<gap), mayEndInIPv4: false),
            let tail = groups(text.extracting(gap + 2..<text.count)),
            head.count + tail.count < 8
        else { return nil }
        return IPv6Address(bits: head.bits << UInt128(128 - 16 * head.count) | tail.bits)
    }

    /// The groups between single colons: their bits, right-aligned, and how many there are.
    private static func groups(
        _ text: Span<UInt8>,
        mayEndInIPv4: Bool = true
    ) -> (bits: UInt128, count: Int)? {
        var bits: UInt128 = 0
        var count = 0
        var start = text.isEmpty ? 1 : 0
        while start <= text.count {
            let end = text.firstOffset(of: .colon, from: start)
            let isLast = end == text.count
            let group = text.extracting(start..<end)
            if let value = hexadecimal(group) {
                bits = bits << 16 | value
                count += 1
            } else if mayEndInIPv4, isLast, let address = ipv4(group) {
                bits = bits << 32 | UInt128(address.bits)
                count += 2
            } else {
                return nil
            }
            start = end + 1
        }
        return count <= 8 ? (bits, count) : nil
    }

    private static func hexadecimal(_ text: Span<UInt8>) -> UInt128? {
        guard (1...4).contains(text.count) else { return nil }
        var value: UInt128 = 0
        for index in text.indices {
            guard let digit = text[index].hexadecimalDigit else { return nil }
            value = value << 4 | digit
        }
        return value
    }
}

extension IPv6Address {
    fileprivate init(bits: UInt128) {
        self.init(
            high: UInt64(truncatingIfNeeded: bits >> 64),
            low: UInt64(truncatingIfNeeded: bits)
        )
    }
}

extension Span<UInt8> {
    /// The first `byte` at or behind `start`, or the end.
    fileprivate func firstOffset(of byte: UInt8, from start: Int) -> Int {
        var offset = start
        while offset < count, self[offset] != byte { offset += 1 }
        return offset
    }

    fileprivate var doubleColonOffset: Int? {
        var offset = firstOffset(of: .colon, from: 0)
        while offset + 1 < count {
            if self[offset + 1] == .colon { return offset }
            offset = firstOffset(of: .colon, from: offset + 1)
        }
        return nil
    }
}

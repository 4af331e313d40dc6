import Addresses

/// How a v1 line's fields are written (§2.1), without a `String` on the way.
extension [UInt8] {
    mutating func appendDecimal(_ number: some UnsignedInteger & FixedWidthInteger) {
        appendDigits(of: number, radix: 10)
    }

    mutating func appendText(_ address: IPAddress) {
        switch address {
        case .v4(let v4): appendText(v4)
        case .v6(let v6): appendText(v6)
        }
    }

    private mutating func appendText(_ address: IPv4Address) {
        for (index, octet) in address.octets.enumerated() {
            if index > 0 { append(.dot) }
            appendDecimal(octet)
        }
    }

    /// Lower-case groups without leading zeros, the longest run of zero groups as `::` (RFC 5952
    /// §4). IPv4-mapped addresses too: §2.1 knows no dotted end.
    private mutating func appendText(_ address: IPv6Address) {
        let gap = address.longestZeroRun
        for index in 0..<8 where !gap.dropFirst().contains(index) {
            if index == gap.first {
                append(.colon)
                if gap.last == 7 { append(.colon) }
                continue
            }
            if index > 0 { append(.colon) }
            appendDigits(of: address.group(index), radix: 16)
        }
    }

    /// The digits from the most significant one on; `0` for zero.
    private mutating func appendDigits<Number>(of number: Number, radix: Number)
    where Number: UnsignedInteger & FixedWidthInteger {
        let (rest, digit) = number.quotientAndRemainder(dividingBy: radix)
        if rest > 0 { appendDigits(of: rest, radix: radix) }
        let value = UInt8(truncatingIfNeeded: digit)
        append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10)
    }
}

extension IPv4Address {
    /// From the first to the last.
    fileprivate var octets: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> $0) }
    }
}

extension IPv6Address {
    /// The 16 bits at `index`, 0…7 from the left.
    fileprivate func group(_ index: Int) -> UInt16 {
        let half = index < 4 ? high : low
        return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index % 4)))
    }

    /// The longest run of zero groups, the first of several; empty where none has two (RFC 5952
    /// §4.2).
    fileprivate var longestZeroRun: Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0..<8 {
            guard group(index) == 0 else {
                start = index + 1
                continue
            }
            if index + 1 - start > max(longest.count, 1) { longest = start..<index + 1 }
        }
        return longest
    }
}

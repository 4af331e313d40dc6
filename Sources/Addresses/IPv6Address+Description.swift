extension IPv6Address: CustomStringConvertible {
    /// The one recommended text (RFC 5952): lower case, no leading zeros, the longest run of two
    /// or more zero groups as `::`, the first of equally long ones; a mapped address ends in
    /// dotted decimal (§5).
    public var description: String {
        if let mappedIPv4 { return "::ffff:\(mappedIPv4)" }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * $0)) }
        guard let gap = Self.longestZeroRun(in: groups) else { return Self.joined(groups[...]) }
        let head = Self.joined(groups[..<gap.lowerBound])
        return head + "::" + Self.joined(groups[gap.upperBound...])
    }

    private static func joined(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// `nil` where no two zero groups stand side by side (RFC 5952 §4.2.2).
    private static func longestZeroRun(in groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<1
        var start = 0
        for index in groups.indices {
            if groups[index] != 0 { start = index + 1 }
            if index + 1 - start > longest.count { longest = start..<index + 1 }
        }
        return longest.count > 1 ? longest : nil
    }
}

extension IPv6Address {
    /// Reads each of the forms of RFC 4291 §2.2: eight groups, `::` once, the last 32 bits in
    /// dotted decimal; letters of either case. A zone is a fault.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        var groups = Groups()
        var position = 0
        if text.isColon(at: 0), text.isColon(at: 1) {
            try groups.appendGap(at: &position)
        }
        while position < text.count {
            try groups.append(from: text, at: &position)
            guard position < text.count else { break }
            try groups.appendSeparator(from: text, at: &position)
        }
        self.init(bits: try groups.bits(endingAt: position))
    }

    public init(parsing text: String) throws(AddressSyntaxError) {
        try self.init(parsing: text.utf8.span)
    }
}

/// The groups read so far.
private struct Groups {
    /// All groups one behind the other, the last one lowest, without what `::` stands for.
    private var digits: UInt128 = 0
    private var count = 0
    /// How many groups stand before `::`.
    private var countBeforeGap: Int?

    /// One group, or the dotted decimal that ends the address.
    mutating func append(
        from text: Span<UInt8>,
        at position: inout Int
    ) throws(AddressSyntaxError) {
        let start = position
        let group = try text.hexadecimalGroup(at: &position)
        if position < text.count, text[position] == UInt8(ascii: ".") {
            let tail = try Self.dottedDecimal(text, from: start)
            try append(UInt128(tail.bits), groupCount: 2, at: start)
            position = text.count
        } else {
            try append(UInt128(group), groupCount: 1, at: start)
        }
    }

    private mutating func append(
        _ bits: UInt128,
        groupCount: Int,
        at start: Int
    ) throws(AddressSyntaxError) {
        count += groupCount
        guard count <= (countBeforeGap == nil ? 8 : 7) else {
            throw .init(.tooManyGroups, at: start)
        }
        digits = digits << (16 * groupCount) | bits
    }

    private static func dottedDecimal(
        _ text: Span<UInt8>,
        from start: Int
    ) throws(AddressSyntaxError) -> IPv4Address {
        do {
            return try IPv4Address(parsing: text.extracting(start..<text.count))
        } catch {
            throw error.moved(by: start)
        }
    }

    /// `:` with a group behind it, or `::`.
    mutating func appendSeparator(
        from text: Span<UInt8>,
        at position: inout Int
    ) throws(AddressSyntaxError) {
        guard text.isColon(at: position) else { throw text.unexpected(at: position) }
        if text.isColon(at: position + 1) { return try appendGap(at: &position) }
        position += 1
        guard position < text.count else { throw text.unexpected(at: position) }
    }

    mutating func appendGap(at position: inout Int) throws(AddressSyntaxError) {
        guard countBeforeGap == nil else { throw .init(.repeatedGap, at: position) }
        guard count < 8 else { throw .init(.tooManyGroups, at: position) }
        countBeforeGap = count
        position += 2
    }

    /// The whole address, with zeros where `::` stands.
    func bits(endingAt end: Int) throws(AddressSyntaxError) -> UInt128 {
        guard let countBeforeGap else {
            guard count == 8 else { throw .init(end == 0 ? .empty : .tooFewGroups, at: end) }
            return digits
        }
        let tailWidth = 16 * (count - countBeforeGap)
        let head = digits >> tailWidth
        let tail = digits & ~(UInt128.max << tailWidth)
        return head << (128 - 16 * countBeforeGap) | tail
    }
}

extension Span<UInt8> {
    fileprivate func isColon(at position: Int) -> Bool {
        position < count && self[position] == UInt8(ascii: ":")
    }
}

extension IPv4Address {
    /// Reads dotted decimal: four numbers of 0…255, no leading zeros, nothing around them.
    ///
    /// - Complexity: O(1); at most 15 bytes are looked at before a fault shows.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        var bits: UInt32 = 0
        var position = 0
        for octet in 0..<4 {
            if octet > 0 { try Self.skipDot(text, at: &position) }
            bits = bits << 8 | (try text.decimal(at: &position, upTo: 255))
        }
        guard position == text.count else {
            throw text[position] == UInt8(ascii: ".")
                ? .init(.tooManyOctets, at: position) : text.unexpected(at: position)
        }
        self.bits = bits
    }

    public init(parsing text: String) throws(AddressSyntaxError) {
        try self.init(parsing: text.utf8.span)
    }

    private static func skipDot(
        _ text: Span<UInt8>,
        at position: inout Int
    ) throws(AddressSyntaxError) {
        guard position < text.count else { throw .init(.tooFewOctets, at: position) }
        guard text[position] == UInt8(ascii: ".") else { throw text.unexpected(at: position) }
        position += 1
    }
}

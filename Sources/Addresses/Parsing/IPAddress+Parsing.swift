extension IPAddress {
    /// Reads an address of either family; a colon tells them apart.
    ///
    /// `::ffff:192.0.2.1` stays IPv6: see ``unmapped``.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        self =
            text.firstOffset(of: UInt8(ascii: ":")) == nil
            ? .v4(try IPv4Address(parsing: text)) : .v6(try IPv6Address(parsing: text))
    }

    public init(parsing text: String) throws(AddressSyntaxError) {
        try self.init(parsing: text.utf8.span)
    }

    /// Reads the part of `text` in `range`; a fault's offset counts from the start of `text`.
    init(
        parsing text: Span<UInt8>,
        in range: Range<Int>
    ) throws(AddressSyntaxError) {
        do {
            try self.init(parsing: text.extracting(range))
        } catch {
            throw error.moved(by: range.lowerBound)
        }
    }
}

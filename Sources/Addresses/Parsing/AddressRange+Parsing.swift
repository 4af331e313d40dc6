extension AddressRange {
    /// Reads `first-last`, `network/length`, or one address.
    ///
    /// IPv4-mapped addresses become IPv4, as the peers that they speak of do at accept.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        if let hyphen = text.firstOffset(of: UInt8(ascii: "-")) {
            try self.init(parsing: text, hyphen: hyphen)
        } else if text.firstOffset(of: UInt8(ascii: "/")) != nil {
            self.init(try CIDRBlock(parsing: text))
        } else {
            self.init(CIDRBlock(try IPAddress(parsing: text).unmapped))
        }
    }

    public init(parsing text: String) throws(AddressSyntaxError) {
        try self.init(parsing: text.utf8.span)
    }

    private init(parsing text: Span<UInt8>, hyphen: Int) throws(AddressSyntaxError) {
        let first = try IPAddress(parsing: text, in: 0..<hyphen).unmapped
        let last = try IPAddress(parsing: text, in: hyphen + 1..<text.count).unmapped
        guard let range = AddressRange(from: first, through: last) else {
            throw .init(.invertedRange, at: 0)
        }
        self = range
    }
}

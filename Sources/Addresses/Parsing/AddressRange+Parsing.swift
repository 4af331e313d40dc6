extension AddressRange {
    /// Reads `first-last`, `network/length`, or one address.
    ///
    /// Blanks may stand around the dash and the slash, and any of Unicode's dashes for the hyphen.
    /// IPv4-mapped addresses become IPv4, as the peers that they speak of do at accept.
    public init(parsing text: Span<UInt8>) throws(AddressSyntaxError) {
        do throws(AddressSyntaxError) {
            try self.init(reading: text)
        } catch {
            throw error.diagnosed(in: text)
        }
    }

    public init(parsing text: String) throws(AddressSyntaxError) {
        try self.init(parsing: text.utf8.span)
    }

    /// The same, with the error as it was met: nothing is concluded from what was meant.
    init(reading text: Span<UInt8>) throws(AddressSyntaxError) {
        if let dash = text.indices.first(where: { text.dashLength(at: $0) > 0 }) {
            try self.init(reading: text, dash: dash)
        } else if let slash = text.firstOffset(of: UInt8(ascii: "/")) {
            let end = text.skippingBlanks(backTo: 0, from: slash)
            let start = text.skippingBlanks(from: slash + 1)
            self.init(try CIDRBlock(parsing: text, address: 0..<end, length: start..<text.count))
        } else {
            self.init(CIDRBlock(try IPAddress(parsing: text).unmapped))
        }
    }

    private init(reading text: Span<UInt8>, dash: Int) throws(AddressSyntaxError) {
        let end = text.skippingBlanks(backTo: 0, from: dash)
        let start = text.skippingBlanks(from: dash + text.dashLength(at: dash))
        guard start < text.count, text[start].mayBeginAddress else {
            throw .init(.unfinishedRange, at: start)
        }
        let first = try IPAddress(parsing: text, in: 0..<end).unmapped
        let last = try IPAddress(parsing: text, in: start..<text.count).unmapped
        guard let range = AddressRange(from: first, through: last) else {
            throw .init(.invertedRange, at: 0)
        }
        self = range
    }
}

extension UInt8 {
    /// A hexadecimal digit or a colon; other than ASCII too, so that what it is gets reported.
    fileprivate var mayBeginAddress: Bool {
        self >= 0x80 || self == UInt8(ascii: ":") || Character(Unicode.Scalar(self)).isHexDigit
    }
}

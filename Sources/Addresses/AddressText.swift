/// A value that is written as text: an address, a block, a range, or an address with a port.
///
/// The text is the same everywhere: in ``description``, in ``write(to:)``, and as a string in
/// encoded data.
///
/// ```swift
/// let block = try CIDRBlock(parsing: "192.0.2.0/24")
/// block.write(to: &line)          // without a String in between
/// try JSONEncoder().encode(block) // "192.0.2.0/24"
/// ```
public protocol AddressText: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Parses all of `text`. Nothing is allocated unless it is invalid.
    init(parsing text: Span<UInt8>) throws(AddressSyntaxError)

    /// Appends the text in UTF-8.
    func write(to bytes: inout [UInt8])
}

extension AddressText {
    @inlinable
    public init(parsing text: String) throws(AddressSyntaxError) {
        try self.init(parsing: text.utf8.span)
    }

    public var description: String {
        var bytes: [UInt8] = []
        // Enough for all of them but a range of IPv6 addresses.
        bytes.reserveCapacity(48)
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Encoded as the text.
extension AddressText {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do {
            try self.init(parsing: text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

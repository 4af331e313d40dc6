import Addresses

/// Walks over the fields of a v1 line, which exactly one space separates (§2.1).
struct TextFields {
    /// Where the next field begins: one behind the separator of the last one.
    private var position: Int
    private let signature: ProxySignature

    init(of signature: ProxySignature) {
        self.signature = signature
        position = signature.bytes.count
    }

    /// The next field, an address of the line's family.
    mutating func address(
        _ field: ProxyHeaderError.Field,
        in line: Span<UInt8>
    ) throws(ProxyHeaderError) -> IPAddress {
        let text = line.extracting(try next(field, in: line))
        let address =
            switch signature {
            case .tcp4: AddressText.ipv4(text).map(IPAddress.v4)
            default: AddressText.ipv6(text).map(IPAddress.v6)
            }
        guard let address else { throw .malformedField(field) }
        return address
    }

    /// The next field, a port.
    mutating func port(
        _ field: ProxyHeaderError.Field,
        in line: Span<UInt8>
    ) throws(ProxyHeaderError) -> UInt16 {
        let text = line.extracting(try next(field, in: line))
        guard let port = AddressText.decimal(text, upTo: UInt32(UInt16.max)) else {
            throw .malformedField(field)
        }
        return UInt16(port)
    }

    /// Refuses anything behind the last field, be it one more space.
    func expectEnd(of line: Span<UInt8>) throws(ProxyHeaderError) {
        guard position > line.count else { throw .trailingText(offset: position - 1) }
    }

    private mutating func next(
        _ field: ProxyHeaderError.Field,
        in line: Span<UInt8>
    ) throws(ProxyHeaderError) -> Range<Int> {
        var end = position
        while end < line.count, line[end] != .space { end += 1 }
        guard end > position else { throw .missingField(field) }
        defer { position = end + 1 }
        return position..<end
    }
}

import Addresses

/// A v1 header: one line of text (§2.1).
///
///     PROXY TCP4 192.0.2.1 198.51.100.7 56324 9030\r\n
struct TextHeader {
    /// What the line starts with: everything up to the protocol's name has been matched.
    let signature: ProxySignature
    let limit: Int

    /// The longest line, CRLF included.
    static let lineLimit = 107
}

// MARK: - Reading

extension TextHeader {
    func decode(_ bytes: Span<UInt8>) throws(ProxyHeaderError) -> ProxyHeader.Decoding {
        guard let end = try lineEnd(bytes) else {
            return .incomplete(missingByteCount: missingByteCount(after: bytes))
        }
        let header = ProxyHeader(
            version: .v1,
            transport: signature == .unknown ? .unspecified : .stream,
            endpoints: try endpoints(bytes.extracting(0..<end))
        )
        return .complete(header, byteCount: end + 2)
    }

    /// The offset of the CR of the CRLF that ends the line, or `nil` if it has not arrived.
    ///
    /// "The receiver must wait for the CRLF sequence before starting to decode the addresses", but
    /// a byte that no line can contain is rejected immediately.
    private func lineEnd(_ bytes: Span<UInt8>) throws(ProxyHeaderError) -> Int? {
        let cap = min(Self.lineLimit, limit)
        var index = signature.bytes.count
        while index < min(bytes.count, cap) {
            if bytes[index] == .carriageReturn {
                guard index + 1 < cap else { throw .lineTooLong(limit: cap) }
                guard index + 1 < bytes.count else { return nil }
                guard bytes[index + 1] == .lineFeed else { throw .brokenLineEnd(offset: index) }
                return index
            }
            try check(bytes[index], at: index)
            index += 1
        }
        guard bytes.count < cap else { throw .lineTooLong(limit: cap) }
        return nil
    }

    /// Rejects a byte that can neither continue nor end the line.
    private func check(_ byte: UInt8, at offset: Int) throws(ProxyHeaderError) {
        if byte == .lineFeed { throw .brokenLineEnd(offset: offset) }
        let isAllowed =
            switch signature {
            case .unknown: offset > signature.bytes.count || byte == .space
            default: byte.isFieldText
            }
        guard isAllowed else { throw .unexpectedByte(byte, offset: offset) }
    }

    /// At least the CRLF or the rest of it, and not less than the shortest line.
    private func missingByteCount(after bytes: Span<UInt8>) -> Int {
        let endsInCarriageReturn = bytes[bytes.count - 1] == .carriageReturn
        return max(signature.shortestByteCount - bytes.count, endsInCarriageReturn ? 1 : 2)
    }

    private func endpoints(_ line: Span<UInt8>) throws(ProxyHeaderError) -> ProxyHeader.Endpoints {
        guard signature != .unknown else { return .unspecified }
        var fields = Fields(of: signature)
        let source = try fields.address(.sourceAddress, in: line)
        let destination = try fields.address(.destinationAddress, in: line)
        let sourcePort = try fields.port(.sourcePort, in: line)
        let destinationPort = try fields.port(.destinationPort, in: line)
        try fields.expectEnd(of: line)
        return .ip(
            source: SocketAddress(source, port: sourcePort),
            destination: SocketAddress(destination, port: destinationPort)
        )
    }
}

/// The fields of a line, which are separated by exactly one space (§2.1).
private struct Fields {
    private let signature: ProxySignature
    /// Where the next field starts: one past the last one's separator.
    private var position: Int

    init(of signature: ProxySignature) {
        self.signature = signature
        position = signature.bytes.count
    }

    /// The next field, an address of the line's family.
    ///
    /// An IPv6 address may end in an IPv4 address (RFC 4291 §2.2, form 3): §2.1 does not mention
    /// that form, but HAProxy itself sends it for IPv4-mapped addresses.
    mutating func address(
        _ field: ProxyHeaderError.Field,
        in line: Span<UInt8>
    ) throws(ProxyHeaderError) -> IPAddress {
        let text = line.extracting(try next(field, in: line))
        do throws(AddressSyntaxError) {
            return signature == .tcp4
                ? .v4(try IPv4Address(parsing: text)) : .v6(try IPv6Address(parsing: text))
        } catch {
            throw .malformedField(field)
        }
    }

    /// The next field, a port.
    mutating func port(
        _ field: ProxyHeaderError.Field,
        in line: Span<UInt8>
    ) throws(ProxyHeaderError) -> UInt16 {
        let text = line.extracting(try next(field, in: line))
        var end = 0
        // `try?`: whatever is wrong with the number, it is malformed.
        guard let port = try? text.decimal(at: &end, upTo: UInt32(UInt16.max)), end == text.count
        else { throw .malformedField(field) }
        return UInt16(truncatingIfNeeded: port)
    }

    /// Rejects anything after the last field, even one more space.
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

// MARK: - Writing

extension TextHeader {
    static func append(_ header: ProxyHeader, to bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + lineLimit)
        if let (signature, source, destination) = line(of: header) {
            bytes.append(contentsOf: signature.bytes)
            append(source.ip, to: &bytes)
            append(destination.ip, to: &bytes)
            bytes.append(decimal: UInt64(source.port))
            bytes.append(.space)
            bytes.append(decimal: UInt64(destination.port))
        } else {
            bytes.append(contentsOf: ProxySignature.unknown.bytes)
        }
        bytes.append(.carriageReturn)
        bytes.append(.lineFeed)
    }

    /// The line's addresses; `nil` for `UNKNOWN`.
    private static func line(
        of header: ProxyHeader
    ) -> (signature: ProxySignature, source: SocketAddress, destination: SocketAddress)? {
        guard header.command == .proxy, header.transport == .stream,
            case .ip(let source, let destination) = header.endpoints
        else { return nil }
        switch (source.ip, destination.ip) {
        case (.v4, .v4): return (.tcp4, source, destination)
        case (.v6, .v6): return (.tcp6, source, destination)
        default: return nil
        }
    }

    /// An IPv4-mapped address in groups too: §2.1 has no dotted end.
    private static func append(_ address: IPAddress, to bytes: inout [UInt8]) {
        switch address {
        case .v4(let v4): v4.write(to: &bytes)
        case .v6(let v6): v6.writeGroups(to: &bytes)
        }
        bytes.append(.space)
    }
}

// MARK: - Characters

extension UInt8 {
    fileprivate static let carriageReturn = UInt8(ascii: "\r")
    fileprivate static let lineFeed = UInt8(ascii: "\n")
    fileprivate static let space = UInt8(ascii: " ")

    /// Whether addresses, ports or what separates them can contain this byte.
    fileprivate var isFieldText: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"), .space:
            true
        default: false
        }
    }
}

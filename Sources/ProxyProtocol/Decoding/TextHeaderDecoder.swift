import Addresses

/// Reads a v1 header (§2.1). The signature, up to the protocol's name, has been matched.
struct TextHeaderDecoder {
    let signature: ProxySignature
    let limit: Int

    /// The longest line, its CRLF included.
    static let lineLimit = 107

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

    /// The offset of the CR that ends the line with its LF, or `nil` as long as it has not come.
    ///
    /// "The receiver must wait for the CRLF sequence before starting to decode the addresses", but
    /// a byte that no line can hold is refused at once.
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

    /// Refuses what can neither continue nor end the line.
    private func check(_ byte: UInt8, at offset: Int) throws(ProxyHeaderError) {
        if byte == .lineFeed { throw .brokenLineEnd(offset: offset) }
        let isAllowed =
            switch signature {
            case .unknown: offset > signature.bytes.count || byte == .space
            default: byte.isAddressText
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
        var fields = TextFields(of: signature)
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

extension ProxyHeader {
    /// Appends the header to `bytes`, to be sent immediately and before anything else (§2).
    ///
    /// - v1 has no LOCAL, datagrams, UNIX sockets or addresses of two families: they become
    ///   `PROXY UNKNOWN`. It has no TLVs: they are omitted.
    /// - v2 writes addresses of two families as two IPv6 addresses, the IPv4 one mapped (RFC 4291
    ///   §2.5.5.2), as HAProxy does. LOCAL, and a header with unspecified endpoints or transport,
    ///   has length 0 and no TLVs: a receiver could not find them.
    /// - A checksum among the TLVs is recomputed, wherever it is (§2.2.3).
    ///
    /// - Parameter addingChecksum: whether a v2 header with addresses gets a checksum at its end
    ///   if it has none.
    /// - Throws: ``ProxyHeaderEncodingError``; `bytes` is then unchanged.
    public func encode(
        into bytes: inout [UInt8],
        addingChecksum: Bool = false
    ) throws(ProxyHeaderEncodingError) {
        switch version {
        case .v1:
            TextHeader.append(self, to: &bytes)
        case .v2:
            let encoder = try BinaryHeaderEncoder(self, addingChecksum: addingChecksum)
            encoder.append(to: &bytes)
        }
    }

    /// The header's bytes; see ``encode(into:addingChecksum:)``.
    public func encoded(addingChecksum: Bool = false) throws(ProxyHeaderEncodingError) -> [UInt8] {
        var bytes: [UInt8] = []
        try encode(into: &bytes, addingChecksum: addingChecksum)
        return bytes
    }
}

/// Why a ``ProxyHeader`` cannot be encoded. Always the error of the value's author.
public enum ProxyHeaderEncodingError: Error, Hashable, Sendable {
    /// Addresses and TLVs together exceed the 65,535 bytes that the length can express (§2.2).
    case bodyTooLong(byteCount: Int)
    /// A UNIX path exceeds the 108 bytes of its field (§2.2).
    case unixPathTooLong(byteCount: Int)
    /// A unique ID of more than 128 bytes (§2.2.5).
    case uniqueIDTooLong(byteCount: Int)
    /// Two checksum TLVs.
    case repeatedChecksum
}

extension ProxyHeaderEncodingError: CustomStringConvertible {
    /// The cause, and what to do about it.
    public var description: String {
        switch self {
        case .bodyTooLong(let byteCount):
            "The PROXY header's body is \(byteCount) bytes long, more than 65535; send fewer TLVs."
        case .unixPathTooLong(let byteCount):
            "The UNIX socket path is \(byteCount) bytes long, more than 108; use a shorter one."
        case .uniqueIDTooLong(let byteCount):
            "The unique ID is \(byteCount) bytes long, more than 128; use a shorter one."
        case .repeatedChecksum:
            "The PROXY header has more than one checksum TLV; remove all but one."
        }
    }
}

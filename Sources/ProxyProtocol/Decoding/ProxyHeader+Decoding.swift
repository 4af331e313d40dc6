extension ProxyHeader {
    /// What a stream's first bytes hold.
    public enum Decoding: Hashable, Sendable {
        /// A whole header in the first `byteCount` bytes; what comes after it is payload.
        case complete(ProxyHeader, byteCount: Int)
        /// The beginning of a header. At least so many bytes are missing, and so many more never
        /// reach beyond the header's end.
        case incomplete(missingByteCount: Int)
    }

    /// Reads the header at the beginning of `bytes`.
    ///
    /// Nothing is allocated before the header is complete and within `limit`; bytes behind the
    /// header are not looked at.
    ///
    /// - Parameter limit: the longest header that is taken, signature included, in bytes.
    /// - Throws: ``ProxyHeaderError`` at the first byte that shows that no header can come of it.
    /// - Complexity: O(1) for an incomplete v2 header, O(*n*) in the header's length otherwise.
    public static func decode(
        _ bytes: Span<UInt8>,
        limit: Int
    ) throws(ProxyHeaderError) -> Decoding {
        switch ProxySignature.match(bytes) {
        case .whole(.binary):
            try BinaryHeaderDecoder.decode(bytes, limit: limit)
        case .whole(let signature):
            try TextHeaderDecoder(signature: signature, limit: limit).decode(bytes)
        case .prefix(let missingByteCount):
            .incomplete(missingByteCount: missingByteCount)
        case .none(let offset):
            throw .notAProxyHeader(offset: offset)
        }
    }

    /// Reads the header at the beginning of `bytes`; the same for an array.
    public static func decode(_ bytes: [UInt8], limit: Int) throws(ProxyHeaderError) -> Decoding {
        try decode(bytes.span, limit: limit)
    }
}

extension ProxyHeader {
    /// What the first bytes of a stream contain.
    public enum Decoding: Hashable, Sendable {
        /// A whole header in the first `byteCount` bytes; everything after it is payload.
        case complete(ProxyHeader, byteCount: Int)
        /// The start of a header. At least this many bytes are missing, and reading this many more
        /// never goes past the header's end.
        case incomplete(missingByteCount: Int)
    }

    /// Reads the header at the start of `bytes`.
    ///
    /// Nothing is allocated before the header is complete and within `limit`; bytes after the
    /// header are not examined.
    ///
    /// - Parameter limit: the longest header to accept, signature included, in bytes.
    /// - Throws: ``ProxyHeaderError`` at the first byte that rules out a valid header.
    /// - Complexity: O(1) for an incomplete v2 header, O(*n*) in the header's length otherwise.
    public static func decode(
        _ bytes: Span<UInt8>,
        limit: Int
    ) throws(ProxyHeaderError) -> Decoding {
        switch ProxySignature.match(bytes) {
        case .whole(.binary):
            try BinaryHeader.decode(bytes, limit: limit)
        case .whole(let signature):
            try TextHeader(signature: signature, limit: limit).decode(bytes)
        case .prefix(let missingByteCount):
            .incomplete(missingByteCount: missingByteCount)
        case .none(let offset):
            throw .notAProxyHeader(offset: offset)
        }
    }

    /// Reads the header at the start of `bytes`; the same for an array.
    public static func decode(_ bytes: [UInt8], limit: Int) throws(ProxyHeaderError) -> Decoding {
        try decode(bytes.span, limit: limit)
    }
}

// MARK: - Signatures

/// The bytes that a header of each form starts with (§2.1, §2.2).
enum ProxySignature: CaseIterable {
    case binary
    case tcp4
    case tcp6
    case unknown

    var bytes: [UInt8] {
        switch self {
        case .binary: Self.binaryBytes
        case .tcp4: Self.tcp4Bytes
        case .tcp6: Self.tcp6Bytes
        case .unknown: Self.unknownBytes
        }
    }

    /// The length of the shortest header with this signature.
    var shortestByteCount: Int {
        switch self {
        case .binary: BinaryHeader.fixedByteCount
        case .tcp4: "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n".utf8.count
        case .tcp6: "PROXY TCP6 :: :: 0 0\r\n".utf8.count
        case .unknown: "PROXY UNKNOWN\r\n".utf8.count
        }
    }

    private static let binaryBytes: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    private static let tcp4Bytes = Array("PROXY TCP4 ".utf8)
    private static let tcp6Bytes = Array("PROXY TCP6 ".utf8)
    private static let unknownBytes = Array("PROXY UNKNOWN".utf8)
}

extension ProxySignature {
    /// What the first bytes of a stream match.
    enum Match: Equatable {
        /// A whole signature.
        case whole(ProxySignature)
        /// The start of a signature; the shortest possible header lacks this many bytes.
        case prefix(missingByteCount: Int)
        /// No signature; the byte at `offset` is the first to differ from all of them.
        case none(offset: Int)
    }

    /// Compares `bytes` with all signatures.
    static func match(_ bytes: Span<UInt8>) -> Match {
        var missingByteCount: Int?
        var longest = 0
        for signature in allCases {
            let common = signature.commonPrefixCount(with: bytes)
            if common == signature.bytes.count { return .whole(signature) }
            longest = max(longest, common)
            guard common == bytes.count else { continue }
            let missing = signature.shortestByteCount - bytes.count
            missingByteCount = min(missing, missingByteCount ?? missing)
        }
        return missingByteCount.map(Match.prefix) ?? .none(offset: longest)
    }

    private func commonPrefixCount(with other: Span<UInt8>) -> Int {
        let bytes = self.bytes
        let end = min(bytes.count, other.count)
        var count = 0
        while count < end, bytes[count] == other[count] { count += 1 }
        return count
    }
}

/// The bytes with which a header of each form begins (§2.1, §2.2).
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

    /// The length of the shortest header that begins so.
    var shortestByteCount: Int {
        switch self {
        case .binary: BinaryLayout.fixedByteCount
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
    /// What a stream's first bytes say.
    enum Match: Equatable {
        /// The whole signature stands there.
        case whole(ProxySignature)
        /// All bytes so far begin a signature; the shortest header possible lacks so many.
        case prefix(missingByteCount: Int)
        /// The byte at `offset` is the first that no signature has there.
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

/// Why a ``ProxyHeader`` cannot be written. Always the fault of whoever made the value.
public enum ProxyHeaderEncodingError: Error, Hashable, Sendable {
    /// Addresses and TLVs together exceed the 65,535 bytes that the length can express (§2.2).
    case bodyTooLong(byteCount: Int)
    /// A UNIX path exceeds the 108 bytes of its field (§2.2).
    case unixPathTooLong(byteCount: Int)
    /// A unique id of more than 128 bytes (§2.2.5).
    case uniqueIDTooLong(byteCount: Int)
    /// Two checksum TLVs.
    case repeatedChecksum
}

extension ProxyHeaderEncodingError: CustomStringConvertible {
    /// A sentence: the cause and what to do about it.
    public var description: String {
        switch self {
        case .bodyTooLong(let byteCount):
            "A PROXY header's \(byteCount) bytes exceed 65535; pass on fewer TLVs."
        case .unixPathTooLong(let byteCount):
            "A UNIX socket's path of \(byteCount) bytes exceeds 108; use a shorter one."
        case .uniqueIDTooLong(let byteCount):
            "A unique id of \(byteCount) bytes exceeds 128; use a shorter one."
        case .repeatedChecksum:
            "A PROXY header can hold one checksum only; remove the others."
        }
    }
}

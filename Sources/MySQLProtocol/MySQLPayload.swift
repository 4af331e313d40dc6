/// A cursor over one packet's payload: each read consumes what it returns, or throws
/// ``MySQLWireError/truncated`` and consumes nothing.
public struct MySQLPayloadReader: Sendable {
    private var rest: ArraySlice<UInt8>

    /// A cursor at the payload's first byte.
    public init(_ payload: [UInt8]) {
        rest = payload[...]
    }

    /// Bytes that have not been read.
    public var remainingByteCount: Int { rest.count }

    /// The next `count` bytes.
    public mutating func bytes(count: Int) throws(MySQLWireError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw .truncated }
        defer { rest.removeFirst(count) }
        return rest.prefix(count)
    }

    /// All remaining bytes.
    public mutating func remainingBytes() -> ArraySlice<UInt8> {
        defer { rest = [] }
        return rest
    }

    /// The next byte.
    public mutating func byte() throws(MySQLWireError) -> UInt8 {
        guard let byte = rest.popFirst() else { throw .truncated }
        return byte
    }

    /// The next `byteCount` bytes, at most 8, as a little-endian number.
    public mutating func littleEndian(byteCount: Int) throws(MySQLWireError) -> UInt64 {
        try bytes(count: byteCount).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Bytes up to a zero, which is consumed but not returned.
    public mutating func nullTerminated() throws(MySQLWireError) -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: 0) else { throw .truncated }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }

    /// A length-encoded integer: one byte below 251, or a marker and 2, 3 or 8 bytes.
    ///
    /// 251 is NULL in a row and 255 starts an error: neither is a number.
    public mutating func lengthEncodedInteger() throws(MySQLWireError) -> UInt64 {
        switch try byte() {
        case let small where small < 251: UInt64(small)
        case 252: try littleEndian(byteCount: 2)
        case 253: try littleEndian(byteCount: 3)
        case 254: try littleEndian(byteCount: 8)
        default: throw .truncated
        }
    }

    /// A length-encoded integer and as many bytes.
    public mutating func lengthEncodedBytes() throws(MySQLWireError) -> ArraySlice<UInt8> {
        guard let count = Int(exactly: try lengthEncodedInteger()) else { throw .truncated }
        return try bytes(count: count)
    }
}

/// The MySQL protocol's basic types, appended to a payload
/// (MySQL internals manual, "Basic Data Types").
extension [UInt8] {
    /// Appends the lowest `byteCount` bytes of `value`, the lowest first.
    public mutating func appendLittleEndian(_ value: some BinaryInteger, byteCount: Int) {
        for index in 0..<byteCount {
            append(UInt8(truncatingIfNeeded: value >> (8 * index)))
        }
    }

    /// Appends `text` and a zero; a zero inside `text` ends it.
    public mutating func appendNullTerminated(_ text: String) {
        self += text.utf8.prefix { $0 != 0 }
        append(0)
    }

    /// Appends the bytes before the first zero, and a zero.
    public mutating func appendNullTerminated(_ bytes: [UInt8]) {
        self += bytes.prefix { $0 != 0 }
        append(0)
    }

    /// Appends a length-encoded integer in its shortest form.
    public mutating func appendLengthEncoded(_ value: Int) {
        switch value {
        case ..<251:
            append(UInt8(clamping: value))
        case ..<0x1_0000:
            append(252)
            appendLittleEndian(value, byteCount: 2)
        case ..<0x100_0000:
            append(253)
            appendLittleEndian(value, byteCount: 3)
        default:
            append(254)
            appendLittleEndian(value, byteCount: 8)
        }
    }

    /// Appends the bytes' count, length-encoded, and the bytes.
    public mutating func appendLengthEncoded(_ bytes: some Collection<UInt8>) {
        appendLengthEncoded(bytes.count)
        self += bytes
    }

    /// Appends the byte count of `text` in UTF-8, length-encoded, and the text.
    public mutating func appendLengthEncoded(_ text: String) {
        appendLengthEncoded(text.utf8)
    }
}

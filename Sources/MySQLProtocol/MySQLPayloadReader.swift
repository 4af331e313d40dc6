/// A cursor over one packet's payload: each read takes what it returns, or throws
/// ``MySQLWireError/truncated`` and takes nothing.
package struct MySQLPayloadReader {
    private var rest: ArraySlice<UInt8>

    /// A cursor at the payload's first byte.
    package init(_ payload: [UInt8]) {
        rest = payload[...]
    }

    /// Bytes that were not read yet.
    package var remainingByteCount: Int { rest.count }

    /// The next `count` bytes.
    package mutating func bytes(count: Int) throws(MySQLWireError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw .truncated }
        defer { rest.removeFirst(count) }
        return rest.prefix(count)
    }

    /// All that is left.
    package mutating func remainingBytes() -> ArraySlice<UInt8> {
        defer { rest = [] }
        return rest
    }

    /// The next byte.
    package mutating func byte() throws(MySQLWireError) -> UInt8 {
        guard let byte = rest.popFirst() else { throw .truncated }
        return byte
    }

    /// The next `byteCount` bytes, at most 8, as a number whose lowest byte comes first.
    package mutating func littleEndian(byteCount: Int) throws(MySQLWireError) -> UInt64 {
        try bytes(count: byteCount).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Bytes up to a zero, which is taken too but not returned.
    package mutating func nullTerminated() throws(MySQLWireError) -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: 0) else { throw .truncated }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }

    /// A length-encoded integer: one byte below 251, or a mark and 2, 3 or 8 bytes.
    ///
    /// 251 is NULL in a row and 255 begins an error: neither is a number.
    package mutating func lengthEncodedInteger() throws(MySQLWireError) -> UInt64 {
        switch try byte() {
        case let small where small < 251: UInt64(small)
        case 252: try littleEndian(byteCount: 2)
        case 253: try littleEndian(byteCount: 3)
        case 254: try littleEndian(byteCount: 8)
        default: throw .truncated
        }
    }

    /// A length-encoded integer and as many bytes.
    package mutating func lengthEncodedBytes() throws(MySQLWireError) -> ArraySlice<UInt8> {
        guard let count = Int(exactly: try lengthEncodedInteger()) else { throw .truncated }
        return try bytes(count: count)
    }
}

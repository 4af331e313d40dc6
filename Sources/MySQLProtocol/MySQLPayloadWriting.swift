/// The MySQL protocol's basic types, appended to a payload
/// (MySQL internals manual, "Basic Data Types").
extension [UInt8] {
    /// Appends the lowest `byteCount` bytes of `value`, the lowest first.
    package mutating func appendLittleEndian(_ value: some BinaryInteger, byteCount: Int) {
        for index in 0..<byteCount {
            append(UInt8(truncatingIfNeeded: value >> (8 * index)))
        }
    }

    /// Appends `text` and a zero; a zero inside `text` ends it.
    package mutating func appendNullTerminated(_ text: String) {
        self += text.utf8.prefix { $0 != 0 }
        append(0)
    }

    /// Appends a length-encoded integer in its shortest form.
    package mutating func appendLengthEncoded(_ value: Int) {
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
    package mutating func appendLengthEncoded(_ bytes: some Collection<UInt8>) {
        appendLengthEncoded(bytes.count)
        self += bytes
    }

    /// Appends the byte count of `text` in UTF-8, length-encoded, and the text.
    package mutating func appendLengthEncoded(_ text: String) {
        appendLengthEncoded(text.utf8)
    }
}

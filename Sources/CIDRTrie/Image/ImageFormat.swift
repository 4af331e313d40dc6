/// The compiled form in a file. All numbers have the machine's byte order, which the header tells.
///
///     ┌──────────┬─────────┬────────────┬────────────┐
///     │ magic  8 │ version │ byte order │ byte count │   header: 8, 4, 4 and 8 bytes
///     ├──────────┴─────────┴────────────┴────────────┤
///     │ IPv4: root table 48, words                   │   an array is its count in 8 bytes, then
///     │ IPv6: root table 48, words                   │   its elements, then zeros up to a
///     │ rules: heads, positions, networks,           │   multiple of 8
///     │        descriptions, expiries, enclosing,    │
///     │        ends of texts, texts                  │
///     ├──────────────────────────────────────────────┤
///     │ CRC-32C of all before, in 8 bytes            │
///     └──────────────────────────────────────────────┘
enum ImageFormat {
    /// The first byte is no text's, so that no list of blocks begins like this.
    static let magic: [UInt8] = [0x89] + Array("SLTRIE\n".utf8)
    static let version: UInt32 = 1
    static let byteOrder: UInt32 = 0x0102_0304
    static let headerByteCount = 24
    static let checksumByteCount = 8
    static let alignment = 8

    /// Of this machine.
    static let isLittleEndian = UInt32(1).littleEndian == 1

    /// Where the count of all bytes stands.
    static let byteCountOffset = 16
}

extension CompiledTrie {
    /// Whether `bytes` begin as an image does; they may be damaged behind that.
    public static func isImage(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= ImageFormat.magic.count
            && ImageFormat.magic.indices.allSatisfy { bytes[$0] == ImageFormat.magic[$0] }
    }
}

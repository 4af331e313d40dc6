/// The compiled form in a file. All numbers have the machine's byte order, which the header names.
///
///     ┌──────────┬─────────┬────────────┬────────────┐
///     │ magic  8 │ version │ byte order │ byte count │   header: 8, 4, 4 and 8 bytes
///     ├──────────┴─────────┴────────────┴────────────┤
///     │ IPv4: root table 48, words                   │   an array is its count in 8 bytes, then
///     │ IPv6: root table 48, words                   │   its elements, then zeros up to a
///     │ rules: heads, positions, networks,           │   multiple of 8
///     │        descriptions, expiries, order,        │
///     │        number of chunks of texts, chunks     │
///     ├──────────────────────────────────────────────┤
///     │ CRC-32C of all before, in 8 bytes            │
///     └──────────────────────────────────────────────┘
enum ImageFormat {
    /// The first byte is not one of a text, so that no list of blocks begins like this.
    static let magic: [UInt8] = [0x89] + Array("SLTRIE\n".utf8)
    static let version: UInt32 = 2
    static let byteOrder: UInt32 = 0x0102_0304
    static let headerByteCount = 24
    static let checksumByteCount = 8
    static let alignment = 8

    /// Of this machine.
    static let isLittleEndian = UInt32(1).littleEndian == 1

    /// Where the count of all bytes is.
    static let byteCountOffset = 16
}

extension CompiledTrie {
    /// Whether `bytes` begin as an image does; they may be damaged after that.
    public static func isImage(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= ImageFormat.magic.count
            && ImageFormat.magic.indices.allSatisfy { bytes[$0] == ImageFormat.magic[$0] }
    }
}

/// Why bytes are not an image that can be loaded.
public enum ImageError: Error, Hashable, Sendable {
    /// They do not begin as an image does.
    case notAnImage
    /// Written in another version of the format.
    case version(UInt32)
    /// Written on a machine with the other byte order.
    case byteOrder
    /// They end before the image does.
    case truncated
    /// This many bytes follow the image's end.
    case trailingBytes(Int)
    /// Damaged on the way: the checksum is not the one of these bytes.
    case checksum
    /// The checksum is right, but what was written is not a compiled list.
    case invalid(TrieError)
}

extension ImageError: CustomStringConvertible {
    /// What is wrong and what to do. The file's name is the caller's to print.
    public var description: String {
        switch self {
        case .notAnImage: "not a compiled list; compile one from its source"
        case .version(let version):
            "a compiled list of format \(version) (this version reads format "
                + "\(ImageFormat.version)); compile it again from its source"
        case .byteOrder:
            "compiled on a machine with another byte order; compile it on this one"
        case .truncated: "the compiled list is cut off; copy or compile it again"
        case .trailingBytes(let count):
            "\(count) bytes follow the compiled list; copy or compile it again"
        case .checksum: "the compiled list is damaged (checksum); copy or compile it again"
        case .invalid(let error):
            "the compiled list is invalid (\(error)); compile it again from its source"
        }
    }
}

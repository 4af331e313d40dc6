/// Why bytes are no image that can be loaded.
public enum ImageError: Error, Hashable, Sendable {
    /// They do not begin as an image does.
    case notAnImage
    /// Written by a version of this library that writes another format.
    case version(UInt32)
    /// Written on a machine with the other order of bytes.
    case byteOrder
    /// They end before the image does.
    case truncated
    /// So many bytes stand behind the image's end.
    case trailingBytes(Int)
    /// Damaged on the way: the checksum is not the one of these bytes.
    case checksum
    /// The checksum is right, but what was written is no compiled list.
    case invalid(TrieFault)
}

extension ImageError: CustomStringConvertible {
    /// What is wrong and what to do. The file's name is the caller's to print.
    public var description: String {
        switch self {
        case .notAnImage: "not a compiled list; compile it from its source"
        case .version(let version):
            "a compiled list of format \(version), where format \(ImageFormat.version) is read; "
                + "compile it again from its source"
        case .byteOrder:
            "a compiled list of a machine with another byte order; compile it on this one"
        case .truncated: "the compiled list is cut off; copy or compile it again"
        case .trailingBytes(let count):
            "\(count) bytes stand behind the compiled list; copy or compile it again"
        case .checksum: "the compiled list is damaged (checksum); copy or compile it again"
        case .invalid(let fault):
            "the compiled list is invalid (\(fault)); compile it again from its source"
        }
    }
}

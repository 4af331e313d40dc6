/// Where the parts of a v2 header stand (§2.2). Offsets count from 0: "byte 13" is offset 12.
enum BinaryLayout {
    /// Version in the high half, command in the low one.
    static let commandOffset = 12
    /// Family in the high half, transport in the low one.
    static let familyOffset = 13
    /// The length of all that follows, two bytes.
    static let lengthOffset = 14
    /// Signature, command, family and length.
    static let fixedByteCount = 16
    /// The largest length that the two bytes can hold.
    static let bodyLimit = 0xFFFF
    /// A UNIX address: the whole `sun_path`.
    static let unixPathByteCount = 108
    /// A TLV's type and length.
    static let tlvHeaderByteCount = 3
    static let checksumByteCount = 4
    /// §2.2.5.
    static let uniqueIDLimit = 128

    /// The family of the addresses: byte 14, high half.
    enum Family: UInt8 {
        case unspecified = 0
        case ipv4 = 1
        case ipv6 = 2
        case unix = 3

        /// The length of both addresses and ports.
        var addressByteCount: Int {
            switch self {
            case .unspecified: 0
            case .ipv4: 2 * 4 + 2 * 2
            case .ipv6: 2 * 16 + 2 * 2
            case .unix: 2 * unixPathByteCount
            }
        }
    }
}

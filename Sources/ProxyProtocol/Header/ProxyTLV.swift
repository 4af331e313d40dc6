/// One type-length-value vector of a v2 header (§2.2), as raw bytes.
///
/// The value is never turned into text on its way through: Envoy once did, and mangled binary
/// values (envoy#32718).
public struct ProxyTLV: Hashable, Sendable {
    /// What the value means.
    public var type: ProxyTLVType
    /// 65,535 bytes at most.
    public var value: [UInt8]

    /// A vector of `type` that holds `value`.
    public init(_ type: ProxyTLVType, _ value: [UInt8]) {
        self.type = type
        self.value = value
    }

    /// Where the encoder is to put the header's checksum (§2.2.3).
    public static let checksum = ProxyTLV(.crc32c, [0, 0, 0, 0])
}

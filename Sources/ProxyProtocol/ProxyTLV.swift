import Addresses

/// One type-length-value vector of a v2 header (§2.2), as raw bytes.
///
/// The value is never converted to text on its way through: Envoy once did, and mangled binary
/// values (envoy#32718).
public struct ProxyTLV: Hashable, Sendable {
    /// What the value means.
    public var type: ProxyTLVType
    /// At most 65,535 bytes.
    public var value: [UInt8]

    /// A vector of `type` that contains `value`.
    public init(_ type: ProxyTLVType, _ value: [UInt8]) {
        self.type = type
        self.value = value
    }

    /// Where the encoder puts the header's checksum (§2.2.3).
    public static let checksum = ProxyTLV(.crc32c, [0, 0, 0, 0])
}

/// The first byte of a TLV.
public struct ProxyTLVType: RawRepresentable, Hashable, Sendable {
    /// The byte.
    public var rawValue: UInt8

    /// The type whose byte is `rawValue`; every byte is a type.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }
}

extension ProxyTLVType {
    /// The protocol that TLS negotiated, such as `h2` (§2.2.1).
    public static let alpn = ProxyTLVType(rawValue: 0x01)
    /// The host name that the client requested, in UTF-8 (§2.2.2).
    public static let authority = ProxyTLVType(rawValue: 0x02)
    /// The checksum of the whole header, 4 bytes (§2.2.3).
    public static let crc32c = ProxyTLVType(rawValue: 0x03)
    /// Padding (§2.2.4).
    public static let noop = ProxyTLVType(rawValue: 0x04)
    /// The first proxy's ID of the connection, up to 128 bytes (§2.2.5).
    public static let uniqueID = ProxyTLVType(rawValue: 0x05)
    /// The client's TLS session (§2.2.6).
    public static let ssl = ProxyTLVType(rawValue: 0x20)
    /// The name of the network namespace, in ASCII (§2.2.7).
    public static let networkNamespace = ProxyTLVType(rawValue: 0x30)
}

/// The types inside a ``ProxyTLVType/ssl`` vector (§2.2.6).
extension ProxyTLVType {
    /// `TLSv1.3`.
    public static let sslVersion = ProxyTLVType(rawValue: 0x21)
    /// The client certificate's common name, in UTF-8.
    public static let sslCommonName = ProxyTLVType(rawValue: 0x22)
    /// `ECDHE-RSA-AES128-GCM-SHA256`.
    public static let sslCipher = ProxyTLVType(rawValue: 0x23)
    /// How the proxy's certificate is signed: `SHA256`.
    public static let sslSignatureAlgorithm = ProxyTLVType(rawValue: 0x24)
    /// The proxy's certificate's key: `RSA2048`.
    public static let sslKeyAlgorithm = ProxyTLVType(rawValue: 0x25)
    /// The key-exchange group: `secp256r1`.
    public static let sslGroup = ProxyTLVType(rawValue: 0x26)
    /// The signature scheme: `rsa_pss_rsae_sha256`.
    public static let sslSignatureScheme = ProxyTLVType(rawValue: 0x27)
    /// The client's certificate, in DER.
    public static let sslClientCertificate = ProxyTLVType(rawValue: 0x28)
}

/// Types that clouds use for private links, from the range for applications (§2.2.8, 0xE0…0xEF).
extension ProxyTLVType {
    /// Google Private Service Connect.
    public static let googlePrivateServiceConnect = ProxyTLVType(rawValue: 0xE0)
    /// Alibaba Cloud PrivateLink; may repeat.
    public static let alibabaPrivateLink = ProxyTLVType(rawValue: 0xE1)
    /// AWS PrivateLink.
    public static let awsPrivateLink = ProxyTLVType(rawValue: 0xEA)
    /// Azure Private Link.
    public static let azurePrivateLink = ProxyTLVType(rawValue: 0xEE)
}

extension ProxyTLVType: CustomStringConvertible {
    /// `0xEA`.
    public var description: String { "0x\(rawValue.hexadecimal())" }
}

import Credentials
import NIOSSL

/// The SHA-256 of a certificate's DER form, in the digits of `openssl x509 -fingerprint -sha256`.
///
///     SHA256:5A:0C:…
package struct CertificateFingerprint: Hashable, Sendable {
    /// 32 bytes.
    private let digest: [UInt8]

    init(of certificate: NIOSSLCertificate) throws {
        digest = Digest.sha256(try certificate.toDERBytes())
    }

    /// - Parameter text: 64 hexadecimal digits, with or without colons and `SHA256:`.
    /// - Returns: `nil` for anything else.
    package init?(parsing text: String) {
        let prefixes = ["sha256:", "sha256 fingerprint="]
        var rest = Substring(text.lowercased())
        for prefix in prefixes where rest.hasPrefix(prefix) { rest = rest.dropFirst(prefix.count) }
        let digits = rest.filter { $0 != ":" }.utf8.compactMap(Self.value)
        guard digits.count == 64, rest.utf8.filter({ $0 != UInt8(ascii: ":") }).count == 64 else {
            return nil
        }
        digest = stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func value(ofDigit byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension CertificateFingerprint: CustomStringConvertible {
    package var description: String {
        "SHA256:" + digest.map { [$0].hexadecimal.uppercased() }.joined(separator: ":")
    }
}

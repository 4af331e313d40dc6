import COpenSSL
import Text

/// Why TLS cannot be set up as configured. The operator's to correct.
public enum TLSError: Error, Hashable, Sendable {
    /// The chain and the key cannot be read, or do not belong together; the reason is OpenSSL's.
    case badCertificate(reason: String)
    /// A certificate has more names than the gateway reads.
    case tooManyNames
    /// An option or an authority is not accepted; the reason is OpenSSL's.
    case badSettings(reason: String)
}

extension TLSError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badCertificate("key values mismatch"), .badCertificate("key type mismatch"):
            "the private key does not belong to the certificate"
        case .badCertificate("no start line"):
            "not a PEM file with a certificate chain and an unencrypted private key"
        case .badCertificate(let reason): "cannot use the certificate: \(reason)"
        case .tooManyNames: "the certificate has too many names"
        case .badSettings(let reason): "cannot use the TLS settings: \(reason)"
        }
    }

    /// OpenSSL's reason for this thread's last failure.
    static func lastReason() -> String {
        var reason = [CChar](repeating: 0, count: 256)
        unsafe copenssl_last_error(&reason, reason.count)
        return LogText.harmless(String(nullTerminated: reason))
    }
}

extension String {
    /// The text of a C string in an array; invalid UTF-8 is replaced.
    init(nullTerminated bytes: [CChar]) {
        self.init(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

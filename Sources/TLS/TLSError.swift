import COpenSSL
import Text

/// Why TLS cannot be set up as configured. The operator's to correct.
public enum TLSError: Error, Hashable, Sendable {
    /// The chain and the key cannot be read, or do not belong together; the reason is OpenSSL's.
    case badCertificate(reason: String)
    /// The key is encrypted, and the gateway has no passphrase.
    case encryptedKey
    /// The key belongs to another certificate of the chain than the first, counted from 1.
    case wrongOrder(position: Int)
    /// A certificate has more names than the gateway reads.
    case tooManyNames
    /// The content of a file was not given.
    case missingFile(String)
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
        case .encryptedKey:
            "the private key is encrypted (decrypt it: openssl pkey -in FILE -out FILE)"
        case .wrongOrder(let position):
            "the private key belongs to certificate \(position) of the chain (put the server's"
                + " certificate first)"
        case .tooManyNames: "the certificate has too many names"
        case .missingFile(let path): "\(path) was not read"
        case .badSettings(let reason): "cannot use the TLS settings: \(reason)"
        }
    }

    /// Why a chain and a key were not accepted.
    init(of chain: [UInt8], _ key: [UInt8], reason: String) {
        let position = unsafe copenssl_certificate_with_key(chain, chain.count, key, key.count)
        if TLSFileContent(of: key).hasEncryptedKey {
            self = .encryptedKey
        } else if position > 0 {
            self = .wrongOrder(position: Int(position) + 1)
        } else {
            self = .badCertificate(reason: reason)
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

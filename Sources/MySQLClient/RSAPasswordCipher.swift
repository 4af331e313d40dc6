import COpenSSL
import MySQLProtocol

/// Encrypts passwords by OpenSSL, with a key that lives as long as the process.
package struct RSAPasswordCipher: PasswordCipher {
    /// What MySQL servers make for themselves.
    static let keyBitCount: UInt32 = 2_048
    /// More than a key, a message or a password of the longest keys in use needs, in bytes.
    private static let outputLimit = 8_192

    package let publicKeyPEM: [UInt8]
    /// PKCS #8, DER.
    private let privateKey: [UInt8]

    /// Makes a key, which takes some tenths of a second; `nil` if libcrypto cannot.
    package init?() {
        let bits = Self.keyBitCount
        let key = Self.output { unsafe copenssl_rsa_generate(bits, &$0, $0.count) }
        guard let key else { return nil }
        let pem = Self.output { unsafe copenssl_rsa_public_pem(key, key.count, &$0, $0.count) }
        guard let pem else { return nil }
        (privateKey, publicKeyPEM) = (key, pem)
    }

    package func encrypt(_ bytes: [UInt8], publicKeyPEM: [UInt8]) -> [UInt8]? {
        Self.output {
            unsafe copenssl_rsa_oaep(
                publicKeyPEM,
                publicKeyPEM.count,
                bytes,
                bytes.count,
                &$0,
                $0.count
            )
        }
    }

    package func decrypt(_ bytes: [UInt8]) -> [UInt8]? {
        Self.output {
            unsafe copenssl_rsa_oaep_decrypt(
                privateKey,
                privateKey.count,
                bytes,
                bytes.count,
                &$0,
                $0.count
            )
        }
    }

    /// The bytes that `write` has written, as many as it returns; `nil` if it fails.
    private static func output(_ write: (inout [UInt8]) -> Int64) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: outputLimit)
        defer { output.wipe() }
        let count = write(&output)
        guard count >= 0, count <= outputLimit else { return nil }
        return Array(output.prefix(Int(count)))
    }
}

extension RSAPasswordCipher: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package var description: String { "(a key)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

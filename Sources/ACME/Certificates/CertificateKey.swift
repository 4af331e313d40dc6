import Crypto
import CryptoExtras
import Settings
import SwiftASN1
import X509

/// The private key of a certificate.
struct CertificateKey: Sendable {
    let key: Certificate.PrivateKey
    private let isRSA: Bool
    /// Unencrypted (RFC 7468).
    let pem: String

    /// A new one. RSA may take a second.
    init(_ type: ACMESettings.KeyType) throws(ACMEError) {
        do {
            switch type {
            case .ecdsaP256:
                let key = P256.Signing.PrivateKey()
                self.init(Certificate.PrivateKey(key), isRSA: false, key.pemRepresentation)
            case .rsa2048:
                let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
                self.init(Certificate.PrivateKey(key), isRSA: true, key.pemRepresentation)
            }
        } catch {
            throw .unusable("cannot make a key")
        }
    }

    /// - Returns: `nil` if it is not a key of either type.
    init?(pem: String) {
        // `try?`: what is not such a key is made again.
        guard let document = try? PEMDocument(pemString: pem),
            let key = try? Certificate.PrivateKey(pemDocument: document)
        else { return nil }
        // `try?`: what is not RSA is ECDSA.
        let isRSA = (try? _RSA.Signing.PrivateKey(pemRepresentation: pem)) != nil
        self.init(key, isRSA: isRSA, pem)
    }

    private init(_ key: Certificate.PrivateKey, isRSA: Bool, _ pem: String) {
        self.key = key
        self.isRSA = isRSA
        self.pem = pem.hasSuffix("\n") ? pem : pem + "\n"
    }

    /// A request for a certificate (PKCS #10, RFC 2986), in DER: the names are all that it has, as
    /// authorities choose everything else (RFC 8555 §7.4).
    func signingRequest(for names: [String]) throws(ACMEError) -> [UInt8] {
        do {
            let extensions = try Certificate.Extensions {
                SubjectAlternativeNames(names.map { .dnsName($0) })
            }
            let request = try CertificateSigningRequest(
                version: .v1,
                subject: DistinguishedName(),
                privateKey: key,
                attributes: .init([.init(ExtensionRequest(extensions: extensions))]),
                signatureAlgorithm: isRSA ? .sha256WithRSAEncryption : .ecdsaWithSHA256
            )
            var serializer = DER.Serializer()
            try serializer.serialize(request)
            return serializer.serializedBytes
        } catch {
            throw .unusable("cannot make a signing request")
        }
    }
}

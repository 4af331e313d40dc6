import Crypto
import FoundationEssentials
import SwiftASN1
import Time
import X509

/// The self-signed certificate that answers tls-alpn-01 (RFC 8737 §3).
struct ChallengeCertificate {
    let pem: String
    let keyPEM: String

    /// id-pe-acmeIdentifier (RFC 8737 §6.1).
    static let identifier: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 1, 31]
    /// In seconds; the authority looks within minutes.
    private static let lifetime: Int64 = 7 * 86_400
    /// In seconds, for authorities whose clocks are slow.
    private static let leeway: Int64 = 3_600

    /// - Parameter digest: SHA-256 of the key authorization.
    init(name: String, digest: [UInt8], now: UnixTime) throws(ACMEError) {
        let key = P256.Signing.PrivateKey()
        // `try?`: it is not known to fail.
        guard let certificate = try? Self.certificate(of: key, name, digest, now),
            let pem = try? certificate.serializeAsPEM().pemString
        else { throw .cannotPublish("cannot make a certificate for \(name)") }
        self.pem = pem + "\n"
        keyPEM = key.pemRepresentation + "\n"
    }

    private static func certificate(
        of key: P256.Signing.PrivateKey,
        _ name: String,
        _ digest: [UInt8],
        _ now: UnixTime
    ) throws -> Certificate {
        var serializer = DER.Serializer()
        try serializer.serialize(ASN1OctetString(contentBytes: digest[...]))
        let value = serializer.serializedBytes
        let subject = try DistinguishedName { CommonName("ACME challenge") }
        return try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: Double(now.seconds - leeway)),
            notValidAfter: Date(timeIntervalSince1970: Double(now.seconds + lifetime)),
            issuer: subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                SubjectAlternativeNames([.dnsName(name)])
                Certificate.Extension(oid: identifier, critical: true, value: value[...])
            },
            issuerPrivateKey: Certificate.PrivateKey(key)
        )
    }
}

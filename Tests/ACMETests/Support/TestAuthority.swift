import Crypto
import FoundationEssentials
import SwiftASN1
import X509

@testable import ACME

/// Issues certificates for tests.
struct TestAuthority: Sendable {
    private static let start = 1_800_000_000.0
    private let key = P256.Signing.PrivateKey()
    let certificate: Certificate

    init() throws {
        certificate = try Self.make("Test issuer", .init(key.publicKey), by: key, names: [])
    }

    static func make(
        _ name: String,
        _ publicKey: Certificate.PublicKey,
        by issuerKey: P256.Signing.PrivateKey,
        names: [GeneralName]
    ) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: publicKey,
            notValidBefore: Date(timeIntervalSince1970: start),
            notValidAfter: Date(timeIntervalSince1970: start + 90 * 86_400),
            issuer: DistinguishedName { CommonName("Test issuer") },
            subject: DistinguishedName { CommonName(name) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                if !names.isEmpty { SubjectAlternativeNames(names) }
            },
            issuerPrivateKey: Certificate.PrivateKey(issuerKey)
        )
    }

    /// A chain of two for this key.
    func chain(for names: [String], _ key: CertificateKey) throws -> String {
        try chain(for: names, key.key.publicKey)
    }

    func chain(for names: [String], _ key: Certificate.PublicKey) throws -> String {
        let names = names.map { GeneralName.dnsName($0) }
        let leaf = try Self.make("leaf", key, by: self.key, names: names)
        return try [leaf, certificate].map { try $0.serializeAsPEM().pemString + "\n" }.joined()
    }
}

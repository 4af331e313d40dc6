import Credentials
import FoundationEssentials
import SwiftASN1
import Text
import Time
import X509

/// A certificate with those of its issuers, checked.
struct IssuedChain: Hashable, Sendable {
    /// The certificate first, then each one's issuer, and nothing else (RFC 8555 §9.1).
    let pem: String
    let notBefore: UnixTime
    let expiresAt: UnixTime
    /// `SHA256:AB:CD:…`, of the certificate's DER form.
    let fingerprint: String

    private static let certificateLimit = 10
    /// In seconds, if this machine's clock is slow.
    private static let leeway: Int64 = 300

    /// Checks what an authority has issued.
    ///
    /// - Throws: if it is not for exactly these names and this key, or not a chain.
    init(
        parsing pem: String,
        for names: some Collection<String>,
        _ key: CertificateKey
    ) throws(ACMEError) {
        let chain = try Self.certificates(in: pem)
        guard let leaf = chain.first else { throw .unusable("there is none") }
        guard leaf.publicKey == key.key.publicKey else {
            throw .unusable("it is for another key than was sent")
        }
        try Self.check(leaf, for: Set(names))
        try Self.checkLinks(of: chain)
        notBefore = UnixTime(seconds: Int64(leaf.notValidBefore.timeIntervalSince1970))
        expiresAt = UnixTime(seconds: Int64(leaf.notValidAfter.timeIntervalSince1970))
        do {
            self.pem = try chain.map { try $0.serializeAsPEM().pemString + "\n" }.joined()
            var serializer = DER.Serializer()
            try serializer.serialize(leaf)
            fingerprint = Self.fingerprint(of: serializer.serializedBytes)
        } catch {
            throw .unusable("it cannot be written")
        }
    }

    private static func certificates(in pem: String) throws(ACMEError) -> [Certificate] {
        let documents: [PEMDocument]
        do {
            documents = try PEMDocument.parseMultiple(pemString: pem)
        } catch {
            throw .unusable("it is not in PEM format")
        }
        guard documents.count <= certificateLimit else {
            throw .unusable("the chain has more than \(certificateLimit) certificates")
        }
        do {
            return try documents.map { try Certificate(pemDocument: $0) }
        } catch {
            throw .unusable("it is not a chain of certificates")
        }
    }

    private static func check(_ leaf: Certificate, for wanted: Set<String>) throws(ACMEError) {
        // `try?`: what cannot be read has no names.
        let found = (try? leaf.extensions.subjectAlternativeNames).map { Array($0) } ?? []
        let names = found.map { name -> String? in
            if case .dnsName(let name) = name { name.lowercased() } else { nil }
        }
        guard Set(names.compactMap(\.self)) == wanted, !names.contains(nil) else {
            let text = names.map { $0.map(LogText.harmless) ?? "something else" }
            throw .unusable("it is for \(text.prefix(5).joined(separator: ", "))")
        }
    }

    private static func checkLinks(of chain: [Certificate]) throws(ACMEError) {
        for (certificate, issuer) in zip(chain, chain.dropFirst()) {
            guard certificate.issuer == issuer.subject,
                issuer.publicKey.isValidSignature(certificate.signature, for: certificate)
            else {
                throw .unusable("a certificate of the chain does not certify the one before it")
            }
        }
    }

    /// - Throws: if it is not valid at `now`.
    func checkLife(at now: UnixTime) throws(ACMEError) {
        guard expiresAt > now else { throw .unusable("it expired at \(expiresAt.rfc3339)") }
        guard notBefore.seconds <= now.seconds + Self.leeway else {
            throw .unusable(
                "it is not valid before \(notBefore.rfc3339) (is this machine's clock right?)"
            )
        }
    }

    private static func fingerprint(of der: [UInt8]) -> String {
        let digits = Digest.sha256(der).map { [$0].hexadecimal.uppercased() }
        return "SHA256:" + digits.joined(separator: ":")
    }
}

import Credentials
import Crypto
import SeededRandom
import Settings
import SwiftASN1
import Testing
import Time
import X509

@testable import ACME

@Suite("Certificates, keys and challenges")
struct CertificateTests {
    private static let now = UnixTime(seconds: 1_800_000_100)
    private let authority: TestAuthority
    private let key: CertificateKey

    init() throws {
        authority = try TestAuthority()
        key = try CertificateKey(.ecdsaP256)
    }

    private func refusal(_ pem: String, names: [String] = ["a.example"]) -> String? {
        do throws(ACMEError) {
            _ = try IssuedChain(parsing: pem, for: names, key)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("A chain for the names and the key is used as it is, and says how long")
    func chain() throws {
        let pem = try authority.chain(for: ["a.example", "*.B.example"], key)
        let chain = try IssuedChain(parsing: pem, for: ["*.b.example", "a.example"], key)
        #expect(chain.notBefore == UnixTime(seconds: 1_800_000_000))
        #expect(chain.expiresAt == UnixTime(seconds: 1_800_000_000 + 90 * 86_400))
        #expect(chain.fingerprint.hasPrefix("SHA256:") && chain.fingerprint.utf8.count == 102)
        #expect(try PEMDocument.parseMultiple(pemString: chain.pem).count == 2)
        try chain.checkLife(at: Self.now)
        let early = UnixTime(seconds: 1_799_999_600)
        #expect(throws: ACMEError.self) { try chain.checkLife(at: early) }
        #expect(throws: ACMEError.self) { try chain.checkLife(at: chain.expiresAt) }
        try chain.checkLife(at: UnixTime(seconds: 1_799_999_800))
    }

    @Test("Text around the certificates is left out")
    func comments() throws {
        let pem = try authority.chain(for: ["a.example"], key)
        let chain = try IssuedChain(parsing: "# for you\n" + pem, for: ["a.example"], key)
        #expect(!chain.pem.contains("for you"))
    }

    @Test("Chains for other names or keys, or out of order, are refused")
    func refusals() throws {
        let other = try CertificateKey(.ecdsaP256)
        let pem = try authority.chain(for: ["a.example"], key)
        let blocks = try PEMDocument.parseMultiple(pemString: pem).map { $0.pemString + "\n" }
        #expect(refusal(pem) == nil)
        #expect(refusal(try authority.chain(for: ["a.example"], other))?.contains("key") == true)
        #expect(refusal(try authority.chain(for: ["b.example"], key))?.contains("b.ex") == true)
        #expect(refusal(pem, names: ["a.example", "b.example"])?.contains("it is for") == true)
        #expect(refusal(blocks[1] + blocks[0])?.contains("key") == true)
        #expect(refusal(blocks[0] + blocks[0])?.contains("does not certify") == true)
        let stranger = try TestAuthority().certificate.serializeAsPEM().pemString
        #expect(refusal(blocks[0] + stranger)?.contains("does not certify") == true)
        #expect(refusal(pem + String(repeating: blocks[1], count: 9))?.contains("10") == true)
        #expect(refusal("")?.contains("there is none") == true)
        #expect(refusal(key.pem)?.contains("not a chain") == true)
        #expect(refusal(pem.replacing("M", with: "?"))?.contains("PEM") == true)
    }

    @Test("No chain crashes, however its DER form is damaged")
    func damage() throws {
        var random = SeededGenerator(seed: 19)
        let pem = try authority.chain(for: ["a.example"], key)
        let document = try #require(try PEMDocument.parseMultiple(pemString: pem).first)
        for _ in 0..<2_000 {
            var bytes = document.derBytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                bytes[index] = UInt8.random(in: .min ... .max, using: &random)
            }
            if Bool.random(using: &random) {
                bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
            }
            let damaged = PEMDocument(type: "CERTIFICATE", derBytes: bytes).pemString
            _ = refusal(damaged)
            _ = refusal(damaged + "\n" + pem)
        }
    }

    @Test(
        "A signing request has the names, and a signature that fits",
        arguments: [
            ACMESettings.KeyType.ecdsaP256, .rsa2048,
        ]
    )
    func request(type: ACMESettings.KeyType) throws {
        let key = try CertificateKey(type)
        let der = try key.signingRequest(for: ["a.example", "*.a.example"])
        let request = try CertificateSigningRequest(derEncoded: der)
        #expect(request.publicKey.isValidSignature(request.signature, for: request))
        let attribute = try #require(request.attributes.first { _ in true })
        let names = try ExtensionRequest(attribute).extensions.subjectAlternativeNames
        #expect(names.map { Array($0) } == [.dnsName("a.example"), .dnsName("*.a.example")])
        #expect(request.subject.isEmpty)
        // It survives its file.
        let again = try #require(CertificateKey(pem: key.pem))
        #expect(again.key.publicKey == key.key.publicKey && again.pem == key.pem)
        _ = try again.signingRequest(for: ["a.example"])
    }

    @Test("The answer to http-01 is the key authorization, to dns-01 its digest")
    func answers() throws {
        let account = AccountKey()
        let authorization = "token.\(account.thumbprint)"
        let http = try PublishedChallenge(
            .http,
            for: "a.example",
            token: "token",
            key: account,
            now: Self.now
        )
        #expect(http == .http(token: "token", keyAuthorization: authorization))
        let dns = try PublishedChallenge(
            .dns,
            for: "a.example",
            token: "token",
            key: account,
            now: Self.now
        )
        let digest = Array(SHA256.hash(data: Array(authorization.utf8)))
        #expect(dns == .dns(name: "_acme-challenge.a.example", value: digest.base64URL))
    }

    @Test("The certificate of tls-alpn-01 is for one name, with a critical digest in DER")
    func alpn() throws {
        let account = AccountKey()
        let challenge = try PublishedChallenge(
            .tlsALPN,
            for: "a.example",
            token: "token",
            key: account,
            now: Self.now
        )
        guard case .tlsALPN("a.example", let pem, let keyPEM) = challenge else {
            Issue.record("\(challenge)")
            return
        }
        let certificate = try Certificate(pemEncoded: pem)
        let key = try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
        #expect(certificate.publicKey == Certificate.PublicKey(key.publicKey))
        #expect(certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
        let names = try certificate.extensions.subjectAlternativeNames
        #expect(names.map { Array($0) } == [.dnsName("a.example")])
        let identifier = try #require(certificate.extensions[oid: [1, 3, 6, 1, 5, 5, 7, 1, 31]])
        #expect(identifier.critical)
        let digest = SHA256.hash(data: Array("token.\(account.thumbprint)".utf8))
        #expect(Array(identifier.value) == [0x04, 0x20] + Array(digest))
    }
}

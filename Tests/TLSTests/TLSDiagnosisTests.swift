import TestInputs
import Testing
import Traffic

@testable import TLS

@Suite("What is wrong with TLS settings")
struct TLSDiagnosisTests {
    private static func identity(_ chain: [String], _ key: String) throws(TLSError) -> TLSIdentity {
        try TLSIdentity(chain: Array(chain.joined(separator: "\n").utf8), key: Array(key.utf8))
    }

    @Test("An encrypted key is named as such, with the command that decrypts it")
    func encryptedKey() {
        let error = #expect(throws: TLSError.encryptedKey) {
            try Self.identity([TestCertificates.gateway], TestCertificates.encryptedKey)
        }
        #expect(error?.description.contains("openssl pkey -in") == true)
    }

    @Test("A key of a later certificate of the chain shows that the order is wrong")
    func order() throws {
        let (authority, gateway) = (TestCertificates.authority, TestCertificates.gateway)
        let error = #expect(throws: TLSError.wrongOrder(position: 2)) {
            try Self.identity([authority, gateway], TestCertificates.gatewayKey)
        }
        #expect(error?.description.contains("put the server's certificate first") == true)
        #expect(throws: TLSError.badCertificate(reason: "key values mismatch")) {
            try Self.identity([gateway, authority], TestCertificates.otherKey)
        }
    }

    @Test("A chain has a gap if a certificate is not signed by the next one")
    func gap() throws {
        let (authority, gateway) = (TestCertificates.authority, TestCertificates.gateway)
        let key = TestCertificates.gatewayKey
        #expect(try Self.identity([gateway], key).chainGap == nil)
        #expect(try Self.identity([gateway, authority], key).chainGap == nil)
        #expect(try Self.identity([gateway, TestCertificates.other], key).chainGap == 1)
        let late = [gateway, authority, TestCertificates.other]
        #expect(try Self.identity(late, key).chainGap == 2)
    }

    @Test("The labels of a file tell what it has")
    func content() {
        func content(_ text: String) -> TLSFileContent { TLSFileContent(of: Array(text.utf8)) }
        let both = content(TestCertificates.gateway + "\r\n" + TestCertificates.gatewayKey)
        #expect(both.hasCertificate && both.hasKey && !both.hasEncryptedKey)
        let key = content("-----BEGIN RSA PRIVATE KEY----- \nProc-Type: 4,ENCRYPTED\n")
        #expect(!key.hasCertificate && key.hasKey && key.hasEncryptedKey)
        #expect(content(TestCertificates.encryptedKey).hasEncryptedKey)
        let none = content("-----BEGIN CERTIFICATE REQUEST-----\nCERTIFICATE-----")
        #expect(none == content(""))
    }

    @Test("A list of ciphers that OpenSSL does not know is not accepted")
    func unknownCiphers() {
        for list in ["FOOBAR", "", ":", "no such"] {
            #expect(TLSCiphers(list, of: .tls12)?.names.isEmpty ?? true, "\(list)")
            #expect(TLSCiphers(list, of: .tls13)?.names.isEmpty ?? true, "\(list)")
        }
        #expect(TLSCiphers("TLS_AES_128_GCM_SHA256", of: .tls13)?.names.count == 1)
    }

    @Test("Ciphers without forward secrecy or authenticated encryption are weak, others are not")
    func weakCiphers() {
        let names = [
            "ECDHE-RSA-AES256-GCM-SHA384", "AES128-GCM-SHA256", "AES128-SHA",
            "ECDHE-RSA-AES256-SHA384", "DHE-RSA-AES128-GCM-SHA256",
        ]
        let ciphers = TLSCiphers(names.joined(separator: ":"), of: .tls12)
        #expect(ciphers?.names == names)
        #expect(ciphers?.weak == [names[1], names[2], names[3]])
        #expect(TLSCiphers("TLS_AES_256_GCM_SHA384", of: .tls13)?.weak == [])
        #expect(TLSCiphers("ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL", of: .tls12)?.weak == [])
    }

    @Test("Parts of a list that choose nothing are named; those that remove or sort are not")
    func uselessParts() {
        let list = "ECDHE-RSA-AES256-GCM-SHA384:FOOBAR:ECDHE+AESGCM:!RC4:-DES:@STRENGTH,NOPE"
        #expect(TLSCiphers.uselessParts(of: list, of: .tls12) == ["FOOBAR", "NOPE"])
        let suites = "TLS_AES_128_GCM_SHA256:AES128-SHA"
        #expect(TLSCiphers.uselessParts(of: suites, of: .tls13) == ["AES128-SHA"])
    }
}

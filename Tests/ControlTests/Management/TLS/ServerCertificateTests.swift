import Foundation
import Operations
import Settings
import Sockets
import Testing
import Time

@testable import Control

@Suite("Certificates of the management address")
struct ServerCertificateTests {
    private func error(_ files: CertificateFiles) throws -> CertificateError {
        try #require(
            #expect(throws: CertificateError.self) {
                _ = try ServerCertificate(files, isSelfSigned: false)
            }
        )
    }

    @Test("A certificate is made once and kept, and only its owner can read the key")
    func made() throws {
        let certificates = try TestCertificates()
        let (first, made) = try certificates.make("a")
        #expect(made == .made)
        let (second, kept) = try certificates.make("a")
        #expect(kept == .kept && first.status == second.status)
        #expect(first.status.isSelfSigned)
        #expect(try FileStatus(of: certificates.files("a").key).permissions == 0o600)
        let other = try certificates.make("b").certificate
        #expect(other.status.fingerprint != first.status.fingerprint)
    }

    @Test(
        "One whose life ends within 30 days makes room for another",
        arguments: [(794, true), (796, false), (830, false)]
    )
    func renewal(age: Int64, isKept: Bool) throws {
        let certificates = try TestCertificates()
        let now = UnixTime.systemTime
        let old = try certificates.make(
            "a",
            now: UnixTime(seconds: now.seconds - age * TestCertificates.day)
        ).certificate
        let (new, outcome) = try certificates.make("a", now: now)
        #expect((outcome == .kept) == isKept)
        #expect((new.status == old.status) == isKept)
        #expect(new.status.expiresAt.seconds > now.seconds + 30 * TestCertificates.day)
    }

    @Test("A pair of the gateway's own that is damaged is made again, an exposed key is not used")
    func damage() throws {
        let certificates = try TestCertificates()
        let files = certificates.files("a")
        for path in [files.certificate, files.key] {
            try certificates.make("a")
            try Data("-".utf8).write(to: URL(fileURLWithPath: path))
            guard case .replaced = try certificates.make("a").outcome else {
                Issue.record("\(path) was kept")
                continue
            }
        }
        #expect(unsafe chmod(files.key, 0o644) == 0)
        #expect(throws: CertificateError.exposedKey(path: files.key)) {
            try certificates.make("a")
        }
    }

    @Test("A key that its group or others may read is refused", arguments: [0o640, 0o604, 0o660])
    func exposedKey(mode: UInt32) throws {
        let certificates = try TestCertificates()
        let files = certificates.files("a")
        try certificates.make("a")
        #expect(unsafe chmod(files.key, mode) == 0)
        #expect(try error(files) == .exposedKey(path: files.key))
        // Also behind a symbolic link, whose own permissions say nothing.
        let link = certificates.folder.path(of: "link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: files.key)
        let linked = CertificateFiles(certificate: files.certificate, key: link)
        #expect(try error(linked) == .exposedKey(path: link))
        #expect(unsafe chmod(files.key, 0o400) == 0)
        #expect(throws: Never.self) { try ServerCertificate(linked, isSelfSigned: false) }
    }

    @Test("Files that are not there, not PEM, or not of each other are errors that name them")
    func badFiles() throws {
        let certificates = try TestCertificates()
        let (a, b) = (certificates.files("a"), certificates.files("b"))
        try certificates.make("a")
        try certificates.make("b")
        let mixed = CertificateFiles(certificate: a.certificate, key: b.key)
        #expect(try error(mixed) == .mismatch(mixed))
        let swapped = CertificateFiles(certificate: a.key, key: a.key)
        #expect(try error(swapped) == .notCertificate(path: a.key))
        let missing = CertificateFiles(certificate: "/nonexistent.pem", key: a.key)
        #expect(try error(missing).description.contains("/nonexistent.pem: no such file"))
        try certificates.folder.write(Data("sk-secret".utf8), to: "key")
        let path = certificates.folder.path(of: "key")
        #expect(unsafe chmod(path, 0o600) == 0)
        let noKey = try error(CertificateFiles(certificate: a.certificate, key: path))
        #expect(noKey == .notKey(path: path) && !noKey.description.contains("secret"))
    }

    @Test("A certificate that is not valid now is used, with a warning")
    func doubt() throws {
        let certificates = try TestCertificates()
        let now = UnixTime.systemTime
        let certificate = try certificates.make("a", now: now).certificate
        #expect(certificate.doubt(at: now) == nil)
        let end = certificate.status.expiresAt
        #expect(certificate.doubt(at: end)?.contains("expired at \(end.rfc3339)") == true)
        let before = UnixTime(seconds: certificate.notBefore.seconds - 1)
        #expect(certificate.doubt(at: before)?.contains("clock") == true)
    }

    @Test("sluice check refuses a pair that does not fit, and warns of files that are not there")
    func checked() throws {
        let certificates = try TestCertificates()
        try certificates.make("a")
        var loaded = try check(certificates.files("a"))
        #expect(loaded.findings == [])
        loaded = try check(certificates.files("b"))
        #expect(loaded.warnings.map(\.path) == ["management.tls"] && loaded.faults == [])
        #expect(loaded.configuration != nil)
        try certificates.make("c")
        let (a, c) = (certificates.files("a"), certificates.files("c"))
        loaded = try check(CertificateFiles(certificate: a.certificate, key: c.key))
        #expect(loaded.places == ["3:8 management.tls"] && loaded.faults.count == 1)
        #expect(loaded.configuration == nil)
    }

    private func check(_ files: CertificateFiles) throws -> LoadedConfiguration {
        let yaml = """
            management:
              listen: 127.0.0.1:7080
              tls: { certificate: \(files.certificate), key: \(files.key) }
            warehouses:
              - id: W
                whitelist: { mode: nowhere }
                listeners:
                  - { protocol: mysql, listen: 127.0.0.1:3306, backends: [ 127.0.0.1:9030 ] }
            """
        return try load(yaml, by: checkingLoader)
    }

    @Test("Without a place for it, there is no certificate of the gateway's own")
    func noPlace() throws {
        var management = ManagementSettings(address: ServedManagement.loopback)
        management.tls = .selfSigned
        #expect(throws: CertificateError.noPlace) {
            try ManagementCertificate(management, logger: ServedManagement.logger)
        }
    }

    @Test("A fingerprint is read as openssl and as we write it, and nothing else")
    func fingerprints() throws {
        let digits = String(repeating: "0aF9", count: 16)
        let expected = try #require(CertificateFingerprint(parsing: digits))
        #expect(expected.description.hasPrefix("SHA256:0A:F9:0A:F9:"))
        for text in [
            expected.description, "sha256 Fingerprint=" + expected.description.dropFirst(7),
            "SHA256:\(digits)",
        ] { #expect(CertificateFingerprint(parsing: text) == expected, "\(text)") }
        let others = [
            "", "SHA256:", String(digits.dropLast()), digits + "0", "g" + digits.dropFirst(),
        ]
        for text in others { #expect(CertificateFingerprint(parsing: text) == nil, "\(text)") }
    }
}

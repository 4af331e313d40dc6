import Operations
import Testing
import Time

@testable import sluice

@Suite("sluice cert")
struct CertificateTableTests {
    private static let now = UnixTime(seconds: 1_800_000_000)

    private static func text(_ managed: ManagedCertificate...) -> String {
        CertificateCommand.text(CertificateList(TLSStatus(), managed: managed, at: now))
    }

    @Test("Without TLS and ACME there is nothing to show")
    func nothing() {
        #expect(Self.text() == "no listener ends TLS\n")
    }

    @Test("A certificate by ACME is shown with its renewal")
    func valid() {
        var certificate = ManagedCertificate(
            names: ["a.example", "*.a.example"],
            challenge: "dns-01",
            state: .valid
        )
        certificate.expiresAt = UnixTime(seconds: Self.now.seconds + 86_400)
        certificate.renewsAt = Self.now
        certificate.nextAttemptAt = Self.now
        let lines = Self.text(certificate).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("BY ACME"))
        let time = Self.now.rfc3339
        #expect(lines[1].contains("a.example, *.a.example"))
        #expect(lines[1].contains("dns-01") && lines[1].contains("valid"))
        #expect(lines[1].contains("\(time)  \(time)"))
    }

    @Test("… and one that fails with the reason, the remedy, and the next try")
    func failing() {
        var certificate = ManagedCertificate(
            names: ["a.example"],
            challenge: "http-01",
            state: .failing,
            failures: 2
        )
        certificate.isOrdered = true
        certificate.nextAttemptAt = Self.now
        certificate.lastError = "the reason\u{1b}[2J"
        certificate.lastErrorAt = Self.now
        certificate.remedy = "do this"
        let text = Self.text(certificate)
        #expect(text.contains("failing, ordered"))
        #expect(
            text.hasSuffix(
                "\n\na.example failed at \(Self.now.rfc3339): the reason [2J (do this)\n"
            )
        )
        var now = ManagedCertificate(names: ["b.example"], challenge: "http-01", state: .pending)
        now.nextAttemptAt = nil
        #expect(Self.text(now).contains("none yet") && Self.text(now).contains("  now "))
    }
}

import ArgumentParser
import Control
import Operations
import Text
import Time

/// `sluice cert`: which certificates clients are shown.
struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "Show the certificates that clients are shown, and when they expire.",
        discussion: """
            With a name: the certificate that each listener shows to clients that ask for it. \
            default means that no certificate of the listener is for the name; clients that check \
            names refuse it.
            """
    )

    @Argument(help: "A host name, as in a client's ClientHello.")
    var name: String?

    @OptionGroup var management: ManagementOptions

    func run() async throws {
        let query = name.map { [(key: "name", value: $0)] } ?? []
        try await management.gateway.show(.get("v1/certificates", query: query), as: Self.text)
    }

    static func text(_ answer: CertificateList) -> String {
        let parts = [shown(answer.certificates), managed(answer.managed)].compactMap(\.self)
        return parts.isEmpty ? "no listener ends TLS\n" : parts.joined(separator: "\n")
    }

    private static func shown(_ entries: [CertificateList.Entry]) -> String? {
        guard !entries.isEmpty else { return nil }
        let rows = entries.map { entry in
            let certificate = entry.certificate
            return [
                certificate.listener,
                entry.choice?.rawValue ?? (certificate.isDefault ? "default" : "-"),
                certificate.names.isEmpty ? "-" : certificate.names.joined(separator: ", "),
                certificate.expiresAt.rfc3339, "\(entry.daysLeft)", certificate.keyAlgorithm,
                certificate.issuer, certificate.fingerprint,
            ]
        }
        return Columns(
            [
                "LISTENER", "SHOWN AS", "NAMES", "EXPIRES", .number("DAYS LEFT"), "KEY", "ISSUER",
                "FINGERPRINT",
            ],
            rows
        ).description + "\n"
    }

    /// Those that are obtained by ACME, and what went wrong with them.
    private static func managed(_ certificates: [ManagedCertificate]) -> String? {
        guard !certificates.isEmpty else { return nil }
        let rows = certificates.map { certificate in
            [
                certificate.names.joined(separator: ", "), certificate.challenge,
                certificate.stateText, certificate.expiresAt?.rfc3339 ?? "-",
                certificate.renewsAt?.rfc3339 ?? "-",
                certificate.nextAttemptAt?.rfc3339 ?? "now", "\(certificate.failures)",
            ]
        }
        let table = Columns(
            [
                "BY ACME", "CHALLENGE", "STATE", "EXPIRES", "RENEWAL", "NEXT TRY",
                .number("FAILURES"),
            ],
            rows
        )
        let failures = certificates.compactMap(\.failureText).map { "\($0)\n" }
        return "\(table)\n" + (failures.isEmpty ? "" : "\n") + failures.joined()
    }
}

extension ManagedCertificate {
    fileprivate var stateText: String {
        let words =
            switch state {
            case .pending: "none yet"
            case .valid: "valid"
            case .renewalFailing: "renewal failing"
            case .failing: "failing"
            case .expired: "expired"
            }
        return isOrdered ? "\(words), ordered" : words
    }

    /// `gw.example: cannot …, at 2027-01-31T10:00:00Z (check …)`
    fileprivate var failureText: String? {
        guard let lastError else { return nil }
        let time = lastErrorAt.map { " at \($0.rfc3339)" } ?? ""
        let suffix = remedy.map { " (\($0))" } ?? ""
        return LogText.harmless("\(name) failed\(time): \(lastError)\(suffix)")
    }
}

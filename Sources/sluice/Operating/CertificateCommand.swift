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
        guard !answer.certificates.isEmpty else { return "no listener ends TLS\n" }
        let rows = answer.certificates.map { entry in
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
}

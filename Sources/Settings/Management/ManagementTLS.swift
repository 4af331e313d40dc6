package import Addresses
import Text

/// How the management address is encrypted.
///
///     tls: { certificate: tls/fullchain.pem, key: tls/key.pem }
///     tls: self-signed
///     tls: off
package enum ManagementTLS: Hashable, Sendable {
    /// Plain HTTP, which only a loopback address may speak.
    case off
    /// By a certificate that the gateway makes for itself and keeps in files of its own.
    case selfSigned
    case files(CertificateFiles)

    package var isOn: Bool { self != .off }

    /// What applies if nothing is configured: off on loopback, where nobody is on the way.
    package static func standard(for address: SocketAddress?) -> ManagementTLS {
        address?.isBeyondLoopback == true ? .selfSigned : .off
    }
}

/// A certificate and its key, both in PEM (RFC 7468).
package struct CertificateFiles: Hashable, Sendable {
    /// The path of the certificate, followed by those of its issuers.
    package var certificate: String
    /// The path of the private key, which only its owner may be able to read.
    package var key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// The files of a certificate that the gateway makes: `sluice.db.tls.pem`, `sluice.db.tls.key`.
    package init(stem: String) {
        self.init(certificate: "\(stem).pem", key: "\(stem).key")
    }
}

extension ManagementSettings {
    /// The files that the address is served with; `nil` if it is served without TLS, or if there is
    /// no place for a certificate that the gateway makes.
    package var certificateFiles: CertificateFiles? {
        switch tls {
        case .off: nil
        case .selfSigned: certificateStem.map { CertificateFiles(stem: $0) }
        case .files(let files): files
        }
    }
}

// MARK: - Decoding

extension ManagementTLS {
    private enum Word: String, CaseIterable, ConfigurationWord {
        case off
        case selfSigned = "self-signed"

        static var expectation: String {
            "off, self-signed or { certificate: FILE, key: FILE }"
        }

        static let synonyms: [String: Self] = [
            "false": .off, "no": .off, "none": .off, "true": .selfSigned, "on": .selfSigned,
            "selfsigned": .selfSigned, "auto": .selfSigned,
        ]
    }

    /// What other programs call the two files.
    private static func guess(for key: String) -> KeyGuess? {
        let synonyms = [
            "certificate": [
                "cert", "certs", "certfile", "certificates", "certificatefile", "sslcertificate",
                "crt", "pem", "chain", "fullchain", "file",
            ],
            "key": ["keyfile", "privatekey", "privatekeyfile", "sslcertificatekey", "certkey"],
        ]
        let word = Suggestion.plain(key)
        return synonyms.first { $0.value.contains(word) }.map {
            KeyGuess(keys: [$0.key], remedy: "did you mean \($0.key)?")
        }
    }

    /// - Parameter address: of the management listener; `nil` if it is missing or invalid.
    /// - Returns: the default if `place` is `nil` or invalid.
    static func decode(_ place: Place?, for address: SocketAddress?) -> ManagementTLS {
        guard let place else { return .standard(for: address) }
        if place.isMapping {
            let files: CertificateFiles? = place.mapping { fields in
                fields.guess = { guess(for: $0.key) }
                fields.example = "FILE"
                let certificate: FilePath? = fields.required("certificate")
                let key: FilePath? = fields.required("key")
                guard let certificate, let key else { return nil }
                return CertificateFiles(certificate: certificate.text, key: key.text)
            }
            return files.map(ManagementTLS.files) ?? .standard(for: address)
        }
        switch place.scalar(Word.self) {
        case .selfSigned: return .selfSigned
        case .off:
            if let address, address.isBeyondLoopback { place.refusePlainText(at: address) }
            return .off
        case nil: return .standard(for: address)
        }
    }
}

/// The path of a file; text alone could be empty.
struct FilePath: ConfigurationScalar {
    static let expectation = "the path of a file"

    let text: String

    init(configurationText text: String) throws(ScalarError) {
        guard !text.isEmpty else { throw ScalarError(expected: Self.self, found: text) }
        self.text = text
    }
}

extension Place {
    /// Keys and passwords would cross the network in plain text. That a proxy in front speaks TLS does
    /// not help: between it and an address beyond loopback is a network, too.
    fileprivate func refusePlainText(at address: SocketAddress) {
        error(
            "\(address) can be reached from other machines, and without TLS, keys and passwords cross"
                + " the network in plain text",
            remedy: "write self-signed or { certificate: FILE, key: FILE }, or listen on"
                + " 127.0.0.1:\(address.port)"
        )
    }
}

extension SocketAddress {
    /// Whether other machines may reach it.
    package var isBeyondLoopback: Bool { !ip.unmapped.isLoopback }
}

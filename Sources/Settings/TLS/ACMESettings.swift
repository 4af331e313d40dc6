/// Certificates that an authority issues, and renews, by ACME (RFC 8555).
///
///     acme:
///       directoryURL: https://acme-v02.api.letsencrypt.org/directory
///       contact: ops@example.com
///       termsOfServiceAgreed: true
///       challenge: tls-alpn-01
///       certificates:
///         - { names: [ gw.example.com ] }
///         - { names: [ "*.gw.example.com" ], challenge: dns-01 }
package struct ACMESettings: Hashable, Sendable {
    /// How the authority convinces itself that a name is the gateway's.
    package enum Challenge: String, Hashable, Sendable, CaseIterable {
        /// A document on port 80 (RFC 8555 §8.3).
        case http = "http-01"
        /// A certificate in a TLS handshake on port 443 (RFC 8737).
        case tlsALPN = "tls-alpn-01"
        /// A TXT record (RFC 8555 §8.4); the only one for wildcards.
        case dns = "dns-01"
    }

    /// Of the certificates' keys.
    package enum KeyType: String, Hashable, Sendable, CaseIterable {
        case ecdsaP256 = "ecdsa-p256"
        case rsa2048 = "rsa-2048"
    }

    /// An account at the authority that the new one is bound to (RFC 8555 §7.3.4).
    package struct ExternalAccount: Hashable, Sendable {
        package var keyID: String
        /// A file with the MAC key in base64url, as authorities hand it out.
        package var keyFile: String

        package init(keyID: String, keyFile: String) {
            self.keyID = keyID
            self.keyFile = keyFile
        }
    }

    /// A certificate that the gateway is to have.
    package struct Certificate: Hashable, Sendable {
        /// In lower case, at least one; the first one is what it is called by.
        package var names: [String]
        package var challenge: Challenge

        package init(names: [String], challenge: Challenge) {
            self.names = names
            self.challenge = challenge
        }
    }

    package var directory: WebURL
    /// `mailto:` URLs.
    package var contacts: [String] = []
    /// A file with the certificates that the directory's own is checked against; `nil` for the
    /// system's.
    package var authorityFile: String?
    package var externalAccount: ExternalAccount?
    /// Where account, keys and certificates are kept; `nil` for the place beside the store.
    package var folder: String?
    package var keyType = KeyType.ecdsaP256
    package var certificates: [Certificate]

    package init(directory: WebURL, certificates: [Certificate]) {
        self.directory = directory
        self.certificates = certificates
    }
}

extension ACMESettings {
    /// Whether an authority looks for answers over HTTP.
    package var asksOverHTTP: Bool { certificates.contains { $0.challenge == .http } }
}

package import Time

/// A certificate with its key, ready to be served.
package struct ObtainedCertificate: Hashable, Sendable {
    /// As configured, in lower case; wildcards with their `*`.
    package let names: [String]
    /// The certificate first, then those of its issuers.
    package let chainPEM: String
    /// Unencrypted.
    package let keyPEM: String
    /// `SHA256:AB:CD:…`, of the certificate's DER form.
    package let fingerprint: String
    package let expiresAt: UnixTime
}

/// Serves what was obtained.
package protocol CertificateReceiver: Sendable {
    /// Replaces what was given before by `certificates`: all that there are, in the order of the
    /// configuration, expired ones included. Called at the start, and whenever one has changed.
    func use(_ certificates: [ObtainedCertificate]) async
}

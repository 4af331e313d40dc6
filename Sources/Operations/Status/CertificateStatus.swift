package import Time

/// The certificate that the management address is served with.
package struct CertificateStatus: Hashable, Sendable, Codable {
    /// `SHA256:AB:CD:…`, of its DER form.
    package var fingerprint: String
    package var expiresAt: UnixTime
    /// Whether the gateway has made it for itself.
    package var isSelfSigned: Bool

    package init(fingerprint: String, expiresAt: UnixTime, isSelfSigned: Bool) {
        self.fingerprint = fingerprint
        self.expiresAt = expiresAt
        self.isSelfSigned = isSelfSigned
    }
}

package import Time

/// TLS with clients that ends at the gateway.
package struct TLSStatus: Hashable, Sendable, Codable {
    /// Handshakes that were begun.
    package var started: UInt64 = 0
    /// Of those that succeeded, without and with an earlier session.
    package var full: UInt64 = 0
    package var resumed: UInt64 = 0
    /// Of those that succeeded, those of TLS 1.2.
    package var tls12: UInt64 = 0
    /// By cause; each is listed.
    package var failures: [String: UInt64] = [:]
    /// What is served, in the order of the configuration.
    package var certificates: [ServedCertificate] = []

    package init() {}
}

/// A certificate that clients are shown.
package struct ServedCertificate: Hashable, Sendable, Codable {
    /// The listener's address.
    package var listener: String
    /// DNS names and addresses, in lower case.
    package var names: [String]
    /// Whether it is shown for every name that no other certificate of the listener has.
    package var isDefault: Bool
    /// `SHA256:AB:CD:…`, of its DER form.
    package var fingerprint: String
    package var subject: String
    package var issuer: String
    package var keyAlgorithm: String
    package var notBefore: UnixTime
    package var expiresAt: UnixTime

    package init(
        listener: String,
        names: [String],
        isDefault: Bool,
        fingerprint: String,
        subject: String,
        issuer: String,
        keyAlgorithm: String,
        notBefore: UnixTime,
        expiresAt: UnixTime
    ) {
        self.listener = listener
        self.names = names
        self.isDefault = isDefault
        self.fingerprint = fingerprint
        self.subject = subject
        self.issuer = issuer
        self.keyAlgorithm = keyAlgorithm
        self.notBefore = notBefore
        self.expiresAt = expiresAt
    }
}

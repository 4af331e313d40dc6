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
    /// `nil` if the kernel does none of it.
    package var kernel: KernelTLSStatus?
    /// What is served, in the order of the configuration.
    package var certificates: [ServedCertificate] = []

    package init() {}
}

/// TLS with clients and backends whose records the kernel makes and reads.
package struct KernelTLSStatus: Hashable, Sendable, Codable {
    /// Connections whose records it reads, or has read.
    package var readingCount: UInt64
    /// Connections whose records it makes, or has made.
    package var writingCount: UInt64
    /// Bytes that were moved from one connection to the other unseen, those without TLS included.
    package var splicedByteCount: UInt64

    package init(readingCount: UInt64, writingCount: UInt64, splicedByteCount: UInt64) {
        self.readingCount = readingCount
        self.writingCount = writingCount
        self.splicedByteCount = splicedByteCount
    }
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

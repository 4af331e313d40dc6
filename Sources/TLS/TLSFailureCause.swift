/// Why a TLS handshake failed, as metrics count it. The raw value is the metric's label.
public enum TLSFailureCause: String, Hashable, Sendable, CaseIterable {
    /// What the client sent is not TLS.
    case notTLS
    /// The two sides have no protocol version in common.
    case version
    /// They have no cipher suite, group or signature algorithm in common.
    case cipher
    /// The client does not accept the gateway's certificate.
    case certificateRejected
    /// The client's certificate is missing, or not accepted.
    case clientCertificate
    /// The client has no protocol of ours (RFC 7301), or asked for a name that is refused.
    case name
    /// The client left.
    case closed
    /// The client took too long.
    case timeout
    /// Anything else.
    case other

    /// - Parameter reason: OpenSSL's.
    public init(reason: String) {
        let words = Self.words.first { reason.contains($0.0) }
        self = words?.1 ?? .other
    }

    /// In this order: the first that occurs decides.
    private static let words: [(String, TLSFailureCause)] = [
        ("connection closed", .closed), ("onnection reset", .closed), ("roken pipe", .closed),
        ("http request", .notTLS), ("wrong version number", .notTLS), ("https proxy", .notTLS),
        ("peer did not return a certificate", .clientCertificate),
        ("certificate verify failed", .clientCertificate),
        ("unsupported protocol", .version), ("alert protocol version", .version),
        ("version too low", .version),
        ("no shared cipher", .cipher), ("no suitable", .cipher), ("no shared", .cipher),
        ("alert handshake failure", .cipher), ("insufficient security", .cipher),
        ("alert unknown ca", .certificateRejected), ("certificate", .certificateRejected),
        ("no application protocol", .name), ("client hello", .name),
        ("unrecognized name", .name),
    ]
}

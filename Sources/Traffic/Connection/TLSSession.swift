/// What the handshake of a TLS connection that ends at the gateway has established.
///
/// A class, because few parts of a connection's state need more than a reference to it.
public final class TLSSession: Hashable, Sendable {
    /// A protocol version that the gateway speaks.
    public enum Version: String, Hashable, Sendable, Comparable, CaseIterable {
        /// RFC 5246.
        case tls12 = "TLSv1.2"
        /// RFC 8446.
        case tls13 = "TLSv1.3"

        public static func < (a: Version, b: Version) -> Bool { a == .tls12 && b == .tls13 }
    }

    /// The certificate that a client has shown, verified by the gateway's authorities.
    public struct ClientCertificate: Hashable, Sendable {
        /// The subject (RFC 4514).
        public let subject: String
        /// The subject's common name, if it has one.
        public let commonName: String?
        /// Whose certificates it was verified by; `nil` if that is unknown.
        public let trust: CertificateTrust?

        public init(subject: String, commonName: String?, trust: CertificateTrust? = nil) {
            self.subject = subject
            self.commonName = commonName
            self.trust = trust
        }
    }

    public let version: Version
    /// The cipher suite in OpenSSL's spelling.
    public let cipher: String
    /// The requested name (RFC 6066 §3), in lower case.
    public let serverName: String?
    /// The negotiated protocol (RFC 7301).
    public let applicationProtocol: String?
    public let clientCertificate: ClientCertificate?
    /// Whether an earlier session was resumed.
    public let isResumed: Bool

    public init(
        version: Version,
        cipher: String,
        serverName: String? = nil,
        applicationProtocol: String? = nil,
        clientCertificate: ClientCertificate? = nil,
        isResumed: Bool = false
    ) {
        self.version = version
        self.cipher = cipher
        self.serverName = serverName
        self.applicationProtocol = applicationProtocol
        self.clientCertificate = clientCertificate
        self.isResumed = isResumed
    }

    /// The same session for those that do not trust who has signed the client's certificate.
    var withoutClientCertificate: TLSSession {
        TLSSession(
            version: version,
            cipher: cipher,
            serverName: serverName,
            applicationProtocol: applicationProtocol,
            isResumed: isResumed
        )
    }

    public static func == (a: TLSSession, b: TLSSession) -> Bool { a === b }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}

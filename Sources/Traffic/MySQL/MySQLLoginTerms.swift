public import MySQLProtocol

/// How logins to a service's backends are made.
///
/// A class, because all connections of a service share it.
public final class MySQLLoginTerms: Sendable {
    /// Whether the gateway connects to the backends with TLS. There is no mode that uses TLS if a
    /// backend happens to offer it: whoever is between the two could remove the offer.
    public enum BackendTLS: Hashable, Sendable { case off, required }

    public let backendTLS: BackendTLS
    /// Whether passwords may be sent in clear to a backend without TLS, by clients with TLS.
    public let allowsClearText: Bool
    let cipher: any PasswordCipher

    public init(
        backendTLS: BackendTLS,
        allowsClearText: Bool = false,
        cipher: any PasswordCipher
    ) {
        self.backendTLS = backendTLS
        self.allowsClearText = allowsClearText
        self.cipher = cipher
    }
}

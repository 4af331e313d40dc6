import MySQLProtocol

/// How a plugin, of which a server names the half on the client's side, proves that the client knows
/// the password.
enum AuthenticationPlugin: Hashable {
    /// By an answer that depends on a challenge: whoever reads it learns no password.
    case challenge
    /// By a challenge or, unless the server remembers the password, by the password itself: in clear
    /// within TLS, encrypted with the server's key otherwise.
    case cachingSHA2
    /// By the password itself, in clear within TLS, encrypted with the server's key otherwise.
    case sha256
    /// By the password in clear, or in a way that is not known and may be that.
    case clear
    /// By a hash from before MySQL 4.1.
    case obsolete

    private static let known: [String: Self] = [
        "mysql_native_password": .challenge, "client_ed25519": .challenge, "parsec": .challenge,
        "auth_gssapi_client": .challenge, "authentication_kerberos_client": .challenge,
        "authentication_ldap_sasl_client": .challenge,
        "authentication_webauthn_client": .challenge, "authentication_fido_client": .challenge,
        "authentication_oci_client": .challenge, "authentication_windows_client": .challenge,
        "caching_sha2_password": .cachingSHA2, "sha256_password": .sha256,
        "mysql_clear_password": .clear, "dialog": .clear, "mysql_old_password": .obsolete,
    ]

    /// Whether the first answer that a client makes is of no use without the scramble.
    var answersByHash: Bool { self == .challenge || self == .cachingSHA2 }

    init(named name: String) {
        self = Self.known[name] ?? .clear
    }
}

/// Which of a login's two sides are encrypted.
struct EncryptedSides: Hashable {
    var client: Bool
    var backend: Bool

    /// Whether a plugin sends the same over both: then nothing that it sends needs to be changed.
    var areAlike: Bool { client == backend }
}

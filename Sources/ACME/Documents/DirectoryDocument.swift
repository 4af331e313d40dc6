import Settings
import Text

/// Where an authority takes requests (RFC 8555 §7.1.1).
struct DirectoryDocument: Hashable, Sendable {
    let newNonce: WebURL
    let newAccount: WebURL
    let newOrder: WebURL
    /// `nil` if it does not name any.
    let termsOfService: String?
    let needsExternalAccount: Bool

    init(parsing bytes: [UInt8], isSecure: Bool) throws(ACMEError) {
        let document = try ACMEDocument("directory", parsing: bytes, isSecure: isSecure)
        newNonce = try document.url("newNonce")
        newAccount = try document.url("newAccount")
        newOrder = try document.url("newOrder")
        let meta = document.json["meta"]
        termsOfService = meta?["termsOfService"]?.string
        needsExternalAccount = meta?["externalAccountRequired"] == true
    }
}

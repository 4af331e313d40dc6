import Settings
import Text

/// An account that may order certificates (RFC 8555 §7.1.2).
struct ACMEAccount: Sendable {
    let connection: ACMEConnection
    let url: WebURL
    let key: AccountKey

    init(connection: ACMEConnection, url: WebURL, key: AccountKey) {
        self.connection = connection
        self.url = url
        self.key = key
    }

    /// - Parameter payload: `nil` to read.
    func post(
        _ payload: JSONValue?,
        to url: WebURL,
        accept: String = ACMEAnswer.jsonType
    ) async throws(ACMEError) -> ACMEAnswer {
        try await connection.post(payload, to: url, by: .account(self.url), accept: accept)
    }
}

/// What an account is registered with.
struct AccountTerms: Sendable {
    /// A key of the operator's for an account elsewhere.
    struct ExternalKey: Sendable {
        let id: String
        let macKey: [UInt8]

        init(id: String, macKey: [UInt8]) {
            self.id = id
            self.macKey = macKey
        }
    }

    var contacts: [String]
    var externalKey: ExternalKey?

    init(contacts: [String], externalKey: ExternalKey? = nil) {
        self.contacts = contacts
        self.externalKey = externalKey
    }

    private var contactValue: JSONValue { .array(contacts.map { .string($0) }) }
}

extension AccountTerms {
    /// Registers `key`, or finds the account that it has (RFC 8555 §7.3). The operator has agreed to
    /// the terms of service in the configuration.
    func register(_ key: AccountKey, with connection: ACMEConnection)
        async throws(ACMEError) -> ACMEAccount
    {
        let directory = try await connection.directory()
        var payload: [String: JSONValue] = ["termsOfServiceAgreed": true]
        if !contacts.isEmpty { payload["contact"] = contactValue }
        if let externalKey {
            payload["externalAccountBinding"] =
                try SignedObject(
                    binding: key,
                    to: externalKey.id,
                    macKey: externalKey.macKey,
                    at: directory.newAccount
                ).json
        } else if directory.needsExternalAccount {
            throw .needsExternalAccount
        }
        let answer = try await connection.post(
            .object(payload),
            to: directory.newAccount,
            by: .newKey
        )
        let url = try answer.location(of: "account", isSecure: connection.isSecure)
        return ACMEAccount(connection: connection, url: url, key: key)
    }

    /// Reports other contacts (RFC 8555 §7.3.2).
    func updateContacts(of account: ACMEAccount) async throws(ACMEError) {
        _ = try await account.post(["contact": contactValue], to: account.url)
    }
}

extension ACMEAnswer {
    /// The URL of what was made.
    func location(of name: String, isSecure: Bool) throws(ACMEError) -> WebURL {
        guard let text = fields["location"], let url = WebURL(text), url.isSecure || !isSecure
        else { throw .invalid("\(name): no https URL in Location") }
        return url
    }
}

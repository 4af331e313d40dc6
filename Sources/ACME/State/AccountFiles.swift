import Credentials
import FoundationEssentials
import Settings
import Sockets
import Text

/// An account's key and URL, one of each for every directory:
///
///     account-1f4a2c7d.key    0600
///     account-1f4a2c7d.json
struct AccountFiles: Sendable {
    private struct Registration: Codable {
        var directory: String
        var url: String
        var contacts: [String]
    }

    private static let limit = 1 << 16

    private let directory: WebURL
    let keyPath: String
    private let registrationPath: String

    /// - Parameter root: the folder of all certificates.
    init(of directory: WebURL, in root: String) {
        let digest = Array(Digest.sha256(directory.text.utf8).prefix(4)).hexadecimal
        self.directory = directory
        keyPath = "\(root)/account-\(digest).key"
        registrationPath = "\(root)/account-\(digest).json"
    }

    /// The account's key, which is made if there is none. One that is damaged is the operator's to
    /// remove: the authority knows the account by it.
    func key() throws(ACMEError) -> AccountKey {
        // `try?`: what cannot be looked at cannot be read either.
        guard (try? FileStatus(of: keyPath)) != nil else {
            let key = AccountKey()
            try PrivateFiles.write(key.pem, to: keyPath)
            return key
        }
        let text = try PrivateFiles.read(keyPath, limit: Self.limit)
        guard let key = AccountKey(pem: text) else {
            throw .file(
                path: keyPath,
                reason: "it is not a P-256 key in PEM format (remove it for a new account)"
            )
        }
        return key
    }

    /// The account, registered if it is not, with its contacts as configured.
    func account(_ terms: AccountTerms, with connection: ACMEConnection, _ key: AccountKey)
        async throws(ACMEError) -> ACMEAccount
    {
        guard let known = registration, let url = WebURL(known.url) else {
            let account = try await terms.register(key, with: connection)
            try save(account, terms)
            return account
        }
        let account = ACMEAccount(connection: connection, url: url, key: key)
        if known.contacts != terms.contacts {
            try await terms.updateContacts(of: account)
            try save(account, terms)
        }
        return account
    }

    /// Registers again at the next attempt.
    func forgetRegistration() { File.remove(registrationPath) }

    private var registration: Registration? {
        // `try?`: without it, the authority finds the account by its key (RFC 8555 §7.3).
        guard let text = try? PrivateFiles.read(registrationPath, limit: Self.limit),
            let known = try? JSONDecoder().decode(Registration.self, from: Data(text.utf8)),
            known.directory == directory.text
        else { return nil }
        return known
    }

    private func save(_ account: ACMEAccount, _ terms: AccountTerms) throws(ACMEError) {
        let known = Registration(
            directory: directory.text,
            url: account.url.text,
            contacts: terms.contacts
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // `try?`: it has nothing that cannot be encoded.
        guard let data = try? encoder.encode(known) else { return }
        try PrivateFiles.write(String(decoding: data, as: UTF8.self) + "\n", to: registrationPath)
    }
}

extension AccountTerms {
    /// Reads the key of an external account, if there is one.
    init(_ settings: ACMESettings) throws(ACMEError) {
        self.init(contacts: settings.contacts)
        guard let account = settings.externalAccount else { return }
        let text: String
        do throws(ACMEError) {
            text = try PrivateFiles.read(account.keyFile, limit: 4_096)
        } catch {
            guard case .file(let path, let reason) = error else { throw error }
            throw .externalKey(path: path, reason: reason)
        }
        // Some authorities pad it. Not by characters: a CR and a LF make one.
        let ignored: Set<Unicode.Scalar> = [" ", "\t", "\r", "\n", "="]
        var encoded = String.UnicodeScalarView()
        encoded += text.unicodeScalars.filter { !ignored.contains($0) }
        guard let key = [UInt8](base64URL: String(encoded)), !key.isEmpty else {
            throw .externalKey(path: account.keyFile, reason: "it is not base64url")
        }
        externalKey = ExternalKey(id: account.keyID, macKey: key)
    }
}

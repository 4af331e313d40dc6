import Credentials
import FoundationEssentials
import Glibc
import Logging
import Sockets
import Store
import Text

/// The account `admin`, which a store gets that has no local account to administer everything: people
/// of a provider may have been faster. Its password is shown on a terminal or, if there is none,
/// written to a file that only the gateway's user can read. It is in no log.
struct FirstAccount: Sendable {
    static let name = "admin"

    let writer: PolicyWriter
    let logger: Logger

    /// The file of the password.
    static func passwordFile(of store: PolicyStore) -> String { passwordFile(store: store.path) }

    private static func passwordFile(store path: String) -> String { path + ".admin-password" }

    /// Makes the account if it is needed.
    func make() async {
        guard let store = writer.store, store.isWritable, Self.isNeeded(store.accounts) else {
            return
        }
        let password = Password.generated()
        let file = Self.passwordFile(of: store)
        do {
            let hash = try await BlockingWork.run { PasswordHash(password) }
            let isShown = isatty(STDERR_FILENO) == 1
            // Before the account is made: one whose password nobody knows would be of no use.
            if !isShown {
                try File.replace(
                    file,
                    with: Array((password.text + "\n").utf8),
                    isDurable: true,
                    isPrivate: true
                )
            }
            guard try await create(with: hash) else {
                if !isShown { File.remove(file) }
                return
            }
            if isShown {
                Self.show(password)
            } else {
                logger.notice("created account \(Self.name); its password is in \(file)")
            }
        } catch {
            logger.error("cannot create the account \(Self.name): \(error)")
        }
    }

    static func isNeeded(_ accounts: AccountBook) -> Bool {
        !accounts.hasLocalAdministrator && accounts.local(named: name) == nil
    }

    /// - Returns: whether it was still needed.
    private func create(with hash: PasswordHash) async throws -> Bool {
        let description = AccountDescription(name: Self.name, role: .administer)
        return try await writer.write(by: .gateway) { transaction in
            guard Self.isNeeded(transaction.accounts) else { return false }
            _ = try transaction.createAccount(description, password: hash)
            return true
        }.value
    }

    /// To be called once the password of an account was changed.
    ///
    /// - Parameter path: the store's.
    static func removePasswordFile(of account: Account, store path: String) {
        if account.name == name || account.createdBy == AuditActor.gateway.name {
            File.remove(passwordFile(store: path))
        }
    }

    private static func show(_ password: Password) {
        let text = """

            The gateway has made an account for you, and shows its password only now:

                name      \(name)
                password  \(password.text)


            """
        // Not by the logger, whose lines may be collected.
        let bytes = Array(text.utf8)
        _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
    }
}

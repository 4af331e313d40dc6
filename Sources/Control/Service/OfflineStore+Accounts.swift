package import Credentials
import Sockets
package import Store

extension OfflineStore {
    /// Creates a local account. If it is the store's first one, the gateway makes no `admin`.
    package func createAccount(
        _ description: AccountDescription,
        password: Password
    ) throws(Failure) -> Account {
        let hash = PasswordHash(password)
        return try write(.create) { try $0.createAccount(description, password: hash) }
    }

    /// Sets the password of an account, which its owner must then change. All its logins end.
    ///
    /// - Parameter account: an id, or a local account's name.
    package func resetPassword(of account: String, to password: Password) throws(Failure) -> Account
    {
        let hash = PasswordHash(password)
        let changed = try change { transaction in
            let id = transaction.accounts.id(account)
            return try transaction.setPassword(of: id, to: hash, mustChange: true)
        }
        FirstAccount.removePasswordFile(of: changed, store: path)
        return changed
    }

    /// Removes the second factor of an account whose owner has lost it. All its logins end.
    ///
    /// - Parameter account: an id, or a local account's name.
    /// - Returns: also whether it had one.
    package func removeSecondFactor(
        of account: String
    ) throws(Failure) -> (account: Account, hadOne: Bool) {
        try change { transaction in
            let id = transaction.accounts.id(account)
            let hadOne = try transaction.account(id).secondFactor != nil
            return (try transaction.removeSecondFactor(of: id), hadOne)
        }
    }

    private func change<Value: Sendable>(
        _ body: @Sendable (inout StoreTransaction) throws -> Value
    ) throws(Failure) -> Value {
        guard PolicyStore.hasExisted(path) else { throw .notFound(path) }
        return try write(.open, body)
    }
}

extension AccountBook {
    /// What is neither an id nor a name is left to the store to refuse.
    fileprivate func id(_ text: String) -> String {
        self[text] == nil ? local(named: text)?.id ?? text : text
    }
}

import Control
import Credentials
import Store

/// Accounts changed without a running gateway, in its store.
enum OfflineAccounts {
    /// Makes a change in the store of the gateway that `configuration`, a file, describes.
    static func change<Value>(
        configuration: String,
        _ change: (OfflineStore) throws(OfflineStore.Failure) -> Value
    ) throws(CommandFailure) -> Value {
        do throws(OfflineStore.Failure) {
            return try change(try OfflineStore(configuration: configuration))
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// The password that was given, otherwise a new one.
    ///
    /// - Returns: also its text if it was made, to be shown.
    static func password(
        _ text: String?,
        of name: String
    ) throws(OfflineStore.Failure) -> (made: String?, Password) {
        guard let text else {
            let password = Password.generated()
            return (password.text, password)
        }
        do throws(PasswordProblem) {
            return (nil, try Password(new: text, of: name))
        } catch {
            throw .refused(.invalid(field: "password", reason: error.description))
        }
    }
}

extension AccountRole {
    var stored: Role {
        switch self {
        case .read: .read
        case .operate: .operate
        case .administer: .administer
        }
    }
}

extension AccountView {
    init(_ account: Account) {
        self.init(
            accountId: account.id,
            name: account.name,
            origin: account.isLocal ? "local" : "provider",
            role: account.role.rawValue,
            warehouses: account.warehouses?.sorted(),
            enabled: account.isEnabled,
            secondFactor: account.secondFactor != nil,
            mustChangePassword: account.mustChangePassword,
            createdAt: account.createdAt,
            createdBy: account.createdBy
        )
    }
}

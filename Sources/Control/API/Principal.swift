import Addresses
import Settings
import Store
import Time

/// Who makes a request, and what they may do.
struct Principal: Sendable {
    enum Identity: Sendable {
        case key(APIKey)
        /// A person, by a login.
        case account(Account, LoginSession)
        /// A user of this machine, over the local socket.
        case local(userID: UInt32)
    }

    let identity: Identity
    let origin: ClientAddress
    /// Whether the key or the login is one of the store, which may change while a request arrives.
    var isOfStore = false
    /// What the person must do before anything else.
    var duty: Duty?

    /// What the holder of an account must do before anything else.
    enum Duty: Hashable, Sendable {
        case changePassword
        case setUpSecondFactor

        /// For programs.
        var word: String {
            switch self {
            case .changePassword: "changePassword"
            case .setUpSecondFactor: "setUpSecondFactor"
            }
        }
    }

    init(identity: Identity, origin: ClientAddress) {
        self.identity = identity
        self.origin = origin
    }

    init(identity: Identity, address: IPAddress?) {
        self.init(identity: identity, origin: address.map(ClientAddress.known) ?? .none)
    }

    /// The client's address; `nil` over the local socket, and if a proxy does not name it.
    var address: IPAddress? { origin.address }

    /// A user of this machine: root, or the gateway's own.
    static func local(userID: UInt32) -> Principal {
        Principal(identity: .local(userID: userID), address: nil)
    }

    var role: Role {
        switch identity {
        case .key(let key): key.role
        case .account(let account, _): account.role
        case .local: .administer
        }
    }

    /// The warehouses it is limited to; `nil` for all.
    var warehouses: Set<String>? {
        switch identity {
        case .key(let key): key.warehouses
        case .account(let account, _): account.warehouses
        case .local: nil
        }
    }

    func mayUse(warehouse: String) -> Bool { warehouses?.contains(warehouse) ?? true }

    /// For the audit, and as the editor of entries.
    var name: String {
        switch identity {
        case .key(let key): key.name
        case .account(let account, _): account.name
        case .local(let userID): LocalUser.name(of: userID)
        }
    }

    /// Unlike the name, never given to another one.
    var id: String {
        switch identity {
        case .key(let key): "key:\(key.id)"
        case .account(let account, _): "account:\(account.id)"
        case .local(let userID): "local:\(userID)"
        }
    }

    var auditActor: AuditActor {
        switch identity {
        case .key(let key):
            AuditActor(kind: .key, id: key.id, name: key.name, address: origin.recordedText)
        case .account(let account, _): account.actor(from: origin.recordedText)
        case .local(let userID):
            AuditActor(kind: .local, id: "\(userID)", name: name)
        }
    }
}

extension Principal {
    /// The person's account; `nil` for keys and users of this machine.
    var account: Account? {
        if case .account(let account, _) = identity { account } else { nil }
    }

    /// The login by which the person acts.
    var session: LoginSession? {
        if case .account(_, let session) = identity { session } else { nil }
    }
}

extension Account {
    /// What must be done before anything else.
    func duty(under settings: AccountSettings) -> Principal.Duty? {
        if mustChangePassword { return .changePassword }
        let needsSecondFactor = settings.secondFactor == .required && isLocal
        return needsSecondFactor && secondFactor == nil ? .setUpSecondFactor : nil
    }
}

// MARK: - Revocation

extension Principal {
    /// What has become of its key or login since the request began.
    ///
    /// - Returns: `nil` as long as it gives the same rights; otherwise why not, as the end of a
    ///   sentence.
    func revocation(
        keys: Keyring,
        accounts: AccountBook,
        sessions: SessionBook,
        at now: UnixTime
    ) -> String? {
        guard isOfStore else { return nil }
        switch identity {
        case .local: return nil
        case .key(let key):
            guard let current = keys.keys[key.id] else { return "the key was removed" }
            if current.hasExpired(at: now) { return "the key has expired" }
            return key.isUnchanged(as: current, at: now) ? nil : "the key was changed"
        case .account(let account, let session):
            guard sessions[session.id] != nil, session.expiresAt > now else {
                return "the login has ended"
            }
            return account.isUnchanged(as: accounts[account.id])
                ? nil : "the account was changed"
        }
    }

    /// The same for what outlasts a request, and is no use of the login: also whether the login has
    /// been idle for too long.
    func revocation(in store: PolicyStore, _ settings: AccountSettings, at now: UnixTime)
        -> String?
    {
        let revocation = revocation(
            keys: store.keyring,
            accounts: store.accounts,
            sessions: store.sessions,
            at: now
        )
        if let revocation { return revocation }
        guard isOfStore, case .account(let account, let session) = identity else { return nil }
        do throws(SessionRefusal) {
            try store.check(session, of: account, at: now, SessionLimits(settings))
            let duty = store.accounts[account.id]?.duty(under: settings)
            return duty == self.duty ? nil : "the account must be secured first"
        } catch .idle {
            return "the login was not used for too long"
        } catch {
            return "the login has ended"
        }
    }
}

/// How requests are authenticated.
enum ManagementAccess: Sendable {
    /// By an API key, or by the session of a login.
    case credentials(@Sendable () -> PolicyStore?)
    /// By the credentials of the peer of a Unix socket (unix(7), SO_PEERCRED): root, or the user of
    /// this process.
    case localSocket
    /// Every request is of this one.
    case fixed(Principal)
}

import Addresses
import Store
import Time

/// Who makes a request, and what they may do.
struct Principal: Sendable {
    enum Identity: Sendable {
        case key(APIKey)
        /// A user of this machine, over the local socket.
        case local(userID: UInt32)
    }

    let identity: Identity
    let origin: ClientAddress
    /// Whether the key is one of the store, which may change while a request arrives.
    var isOfStore = false

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
        case .local: .administer
        }
    }

    /// The warehouses it is limited to; `nil` for all.
    var warehouses: Set<String>? {
        if case .key(let key) = identity { key.warehouses } else { nil }
    }

    func mayUse(warehouse: String) -> Bool { warehouses?.contains(warehouse) ?? true }

    /// For the audit, and as the editor of entries.
    var name: String {
        switch identity {
        case .key(let key): key.name
        case .local(let userID): LocalUser.name(of: userID)
        }
    }

    /// Unlike the name, never given to another one.
    var id: String {
        switch identity {
        case .key(let key): "key:\(key.id)"
        case .local(let userID): "local:\(userID)"
        }
    }

    var auditActor: AuditActor {
        switch identity {
        case .key(let key):
            AuditActor(kind: .key, id: key.id, name: key.name, address: origin.recordedText)
        case .local(let userID):
            AuditActor(kind: .local, id: "\(userID)", name: name)
        }
    }
}

/// How requests are authenticated.
enum ManagementAccess: Sendable {
    /// By an API key.
    case keys(@Sendable () -> PolicyStore?)
    /// By the credentials of the peer of a Unix socket (unix(7), SO_PEERCRED): root, or the user of
    /// this process.
    case localSocket
    /// Every request is of this one.
    case fixed(Principal)
}

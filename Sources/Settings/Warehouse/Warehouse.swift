package import Policy

/// What is protected. The routes of listeners lead to its services; who may use them is its
/// ``WarehousePolicy``.
package struct Warehouse: Hashable, Sendable {
    /// As in the URLs of the API: letters, digits, `-` and `_`.
    package var id: String
    /// For people; need not be unique.
    package var name: String
    /// The DNS name that its users connect to; the connection examples show it.
    package var host: String?
    /// At the same time, over all its services; 0 for no limit.
    package var connectionLimit: Int
    /// What happens to a running session that a policy change no longer admits.
    package var whenRevoked: Revocation

    /// - Parameter name: the id if `nil`.
    package init(
        id: String,
        name: String? = nil,
        host: String? = nil,
        connectionLimit: Int = 0,
        whenRevoked: Revocation = .close
    ) {
        self.id = id
        self.name = name ?? id
        self.host = host
        self.connectionLimit = connectionLimit
        self.whenRevoked = whenRevoked
    }
}

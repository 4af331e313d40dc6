package import Addresses
import CIDRTrie
import Credentials
package import Time

/// A key of the API. Its secret is not in it, only the secret's hash.
package struct APIKey: Hashable, Sendable, Codable {
    /// Does not change, and is not given to another key.
    package let id: String
    /// For people. Unique, so that the audit is clear.
    package var name: String
    package var role: Role
    /// The warehouses it is limited to; `nil` for all.
    package var warehouses: Set<String>?
    package var isEnabled = true
    package let createdAt: UnixTime
    package let createdBy: String
    /// From this moment on it is refused; `nil` for never.
    package var expiresAt: UnixTime?
    /// Where it may be used from; empty for anywhere.
    package var allowedSources: [CIDRBlock]
    /// The secret with all but a few characters replaced: `sk-b****V59R`.
    package let maskedSecret: String
    /// SHA-256 of the secret, which has 256 random bits: nothing slower would protect it better.
    let secretHash: [UInt8]

    package func hasExpired(at now: UnixTime) -> Bool { expiresAt.map { $0 <= now } ?? false }

    /// Whether it may be used from `address`.
    package func allows(source address: IPAddress) -> Bool {
        allowedSources.isEmpty || allowedSources.contains { $0.contains(address.unmapped) }
    }

    /// Whether it still gives the same rights as when a request began, as `current`: what it is now,
    /// `nil` if it was removed.
    package func isUnchanged(as current: APIKey?, at now: UnixTime) -> Bool {
        guard let current else { return false }
        return current.isEnabled && !current.hasExpired(at: now) && current.role == role
            && current.warehouses == warehouses && current.allowedSources == allowedSources
    }

    package func allows(warehouse: String) -> Bool { warehouses?.contains(warehouse) ?? true }
}

/// All keys, as requests are checked against them.
package struct Keyring: Sendable {
    private var byHash: [UInt64: [APIKey]] = [:]
    package private(set) var keys: [String: APIKey] = [:]

    /// Why a key is not accepted. Clients are told only that it is not.
    package enum Refusal: Error, Hashable, Sendable {
        case unknown
        case disabled(APIKey)
        case expired(APIKey)
        case source(APIKey)
    }

    init(_ keys: some Sequence<APIKey> = []) {
        for key in keys {
            self.keys[key.id] = key
            byHash[Self.bucket(of: key.secretHash), default: []].append(key)
        }
    }

    /// The key whose secret a client has sent.
    ///
    /// - Parameter source: the client's address; `nil` if it has none.
    package func key(
        for secret: String,
        from source: IPAddress?,
        at now: UnixTime
    ) throws(Refusal) -> APIKey {
        guard let hash = SecretToken.hash(of: secret),
            let key = byHash[Self.bucket(of: hash)]?.first(where: {
                $0.secretHash.equalsInConstantTime(hash)
            })
        else { throw .unknown }
        guard key.isEnabled else { throw .disabled(key) }
        guard !key.hasExpired(at: now) else { throw .expired(key) }
        guard key.allowedSources.isEmpty || source.map(key.allows(source:)) == true else {
            throw .source(key)
        }
        return key
    }

    private static func bucket(of hash: [UInt8]) -> UInt64 {
        hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

package import Addresses

/// How often a source may try to log in. Only failures count, and what is more than anyone needs:
/// whoever has the right password is not slowed down, and nobody can lock an account for its owner.
///
/// Sources are IPv4 addresses and IPv6 networks of 64 bits.
package struct LoginThrottle: Sendable {
    /// Failures that a source has at once.
    package static let burst = 10.0
    /// How long one of them takes to come back.
    package static let recovery = 6.0
    /// Wrong one-time codes of one account, from anywhere: whoever sends them has its password. More
    /// than that, and a million codes could be tried.
    package static let codeBurst = 10.0
    package static let codeRecovery = 60.0
    /// Right passwords of one account that cost a source nothing: each takes the time of a hash.
    package static let rightBurst = 20.0
    package static let rightRecovery = 3.0
    private static let capacity = 20_000

    fileprivate struct Bucket {
        var tokens: Double
        /// In seconds of a clock that only goes forward.
        var at: Double
    }

    private var sources: [IPAddress: Bucket] = [:]
    private var accounts: [String: Bucket] = [:]
    private var rights: [String: Bucket] = [:]

    package init() {}

    var sourceCount: Int { sources.count }

    /// - Parameter now: in seconds of a clock that only goes forward.
    /// - Returns: `nil` if it may try now; otherwise in how many seconds it may.
    package mutating func waitingTime(of source: IPAddress, at now: Double) -> Int? {
        Self.take(source.loginSource, from: &sources, Self.burst, Self.recovery, at: now)
    }

    /// Gives back what ``waitingTime(of:at:)`` took: nothing was tried.
    package mutating func giveBack(to source: IPAddress) {
        sources[source.loginSource]?.tokens += 1
    }

    /// Gives it back because the password was right, unless that is so very often.
    ///
    /// - Parameter account: whose password it was.
    package mutating func recordRightPassword(
        of account: String,
        from source: IPAddress,
        at now: Double
    ) {
        let wait = Self.take(account, from: &rights, Self.rightBurst, Self.rightRecovery, at: now)
        if wait == nil { giveBack(to: source) }
    }

    /// - Returns: `nil` if a code of the account may be tried now; otherwise in how many seconds.
    package mutating func waitingTime(ofCodesFor account: String, at now: Double) -> Int? {
        Self.take(account, from: &accounts, Self.codeBurst, Self.codeRecovery, at: now)
    }

    package mutating func recordRightCode(of account: String) {
        accounts[account] = nil
    }

    private static func take<Key: Hashable>(
        _ key: Key,
        from buckets: inout [Key: Bucket],
        _ burst: Double,
        _ recovery: Double,
        at now: Double
    ) -> Int? {
        if buckets.count >= capacity, buckets[key] == nil {
            // Those that are full again tell nothing. If there are few, the fullest ones go: many at
            // once, so that it does not cost much each time.
            buckets = buckets.filter { $0.value.level(burst, recovery, at: now) < burst }
            if buckets.count > capacity / 4 * 3 {
                let ordered = buckets.sorted {
                    $0.value.level(burst, recovery, at: now)
                        < $1.value.level(burst, recovery, at: now)
                }
                buckets = Dictionary(
                    uniqueKeysWithValues: ordered.prefix(capacity / 4 * 3).map {
                        ($0.key, $0.value)
                    }
                )
            }
        }
        var bucket = buckets[key] ?? Bucket(tokens: burst, at: now)
        bucket.tokens = bucket.level(burst, recovery, at: now)
        bucket.at = now
        defer { buckets[key] = bucket }
        guard bucket.tokens >= 1 else {
            return max(1, Int(((1 - bucket.tokens) * recovery).rounded(.up)))
        }
        bucket.tokens -= 1
        return nil
    }
}

extension LoginThrottle.Bucket {
    fileprivate func level(_ burst: Double, _ recovery: Double, at now: Double) -> Double {
        min(burst, tokens + max(0, now - at) / recovery)
    }
}

extension IPAddress {
    /// Whose attempts to sign in count together: what one customer of a provider has, of IPv6 64 bits.
    package var loginSource: IPAddress {
        switch unmapped {
        case .v4(let address): .v4(address)
        case .v6(let address): .v6(IPv6Address(high: address.high, low: 0))
        }
    }
}

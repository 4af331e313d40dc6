package import Addresses

/// Limits how many answers of a kind a client's network gets per second over UDP, where anyone can ask
/// in somebody else's name: an attack through this server is then no stronger than that.
///
/// Of the answers over the limit, one in `slip` is sent without records and marked as truncated: a real
/// client comes back over TCP, which nobody can forge.
///
/// A table of fixed size: of the networks that share a place, those seen last are remembered.
package struct ResponseLimiter {
    package enum Decision: Hashable, Sendable {
        case send, truncate, drop
    }

    private struct Bucket {
        var key: UInt64 = 0
        /// In thousandths of an answer.
        var credit: Int64 = 0
        /// In milliseconds.
        var refilled: Int64 = .min
        var overCount: UInt32 = 0
    }

    /// Places that a network may have.
    private static let wayCount = 4

    private let rate: Int64
    private let slip: UInt32
    private let seed: UInt64
    private let setMask: UInt64
    private var buckets: [Bucket]

    /// - Parameters:
    ///   - rate: answers per second, and at once; 0 for no limit.
    ///   - slip: 0 to drop all answers over the limit.
    ///   - seed: random, so that nobody can choose networks that share a place.
    ///   - networkLimit: networks and kinds that are remembered; a power of two.
    package init(rate: Int, slip: Int, seed: UInt64, networkLimit: Int = 1 << 16) {
        self.rate = Int64(rate)
        self.slip = UInt32(clamping: slip)
        self.seed = seed
        let setCount = max(networkLimit / Self.wayCount, 1)
        setMask = UInt64(setCount - 1)
        buckets = Array(repeating: Bucket(), count: rate > 0 ? setCount * Self.wayCount : 0)
    }

    /// - Parameter now: in milliseconds, from any clock that does not go back.
    package mutating func decide(_ client: IPAddress, _ kind: ResponseKind, at now: Int64)
        -> Decision
    {
        guard rate > 0 else { return .send }
        let index = place(of: key(client, kind), at: now)
        let elapsed = min(now - buckets[index].refilled, 1_000)
        buckets[index].refilled = now
        buckets[index].credit = min(buckets[index].credit + elapsed * rate, rate * 1_000)
        if buckets[index].credit >= 1_000 {
            buckets[index].credit -= 1_000
            return .send
        }
        buckets[index].overCount &+= 1
        return slip > 0 && buckets[index].overCount % slip == 0 ? .truncate : .drop
    }

    /// The network's bucket, which may be a new one, full of credit.
    private mutating func place(of key: UInt64, at now: Int64) -> Int {
        let first = Int(key & setMask) * Self.wayCount
        var oldest = first
        for index in first..<first + Self.wayCount {
            if buckets[index].key == key, buckets[index].refilled != .min { return index }
            if buckets[index].refilled < buckets[oldest].refilled { oldest = index }
        }
        buckets[oldest] = Bucket(key: key, credit: rate * 1_000, refilled: now)
        return oldest
    }

    /// A /24 or a /56, and the kind, in an order that others cannot guess.
    private func key(_ client: IPAddress, _ kind: ResponseKind) -> UInt64 {
        let network: UInt64
        switch client {
        case .v4(let v4): network = UInt64(v4.bits >> 8)
        case .v6(let v6): network = v6.high >> 8 | 1 << 63
        }
        var mixed = (network ^ seed) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 32 ^ UInt64(kind.rawValue)) &* 0xD6E8_FEB8_6659_FD93
        mixed = (mixed ^ mixed >> 32 ^ seed) &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ mixed >> 32
    }
}

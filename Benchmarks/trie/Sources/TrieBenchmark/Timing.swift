import Addresses
import CIDRTrie

/// Nanoseconds for each of `count` steps of `body`.
func nanoseconds(per count: Int, _ body: () -> Void) -> Double {
    let duration = ContinuousClock().measure(body)
    let (seconds, attoseconds) = duration.components
    return (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(max(1, count))
}

extension [Double] {
    var median: Double { isEmpty ? 0 : sorted()[count / 2] }
}

/// Nanoseconds a lookup.
struct LookupTimes: Codable {
    var independent: Double
    var dependent: Double
    var cold: Double

    init(medianOf all: [LookupTimes]) {
        independent = all.map(\.independent).median
        dependent = all.map(\.dependent).median
        cold = all.map(\.cold).median
    }

    /// - Parameter sum: takes what was found, so that nothing is left out by the compiler.
    init(_ lookup: some IPv4Lookup, _ queries: [UInt32], sum: inout UInt32) {
        var found = sum
        // The structure measured before has left the caches full of itself.
        for bits in queries { found &+= lookup.find(bits) }
        independent = nanoseconds(per: queries.count) {
            for bits in queries { found &+= lookup.find(bits) }
        }
        dependent = nanoseconds(per: queries.count) {
            var last: UInt32 = 0
            for bits in queries { last = lookup.find(bits ^ last & Opaque.zero) }
            found &+= last
        }
        let batch = queries.prefix(ColdCache.batchSize)
        ColdCache.evict(&found)
        cold = nanoseconds(per: batch.count) {
            var last: UInt32 = 0
            for bits in batch { last = lookup.find(bits ^ last & Opaque.zero) }
            found &+= last
        }
        sum = found
    }

    init(_ trie: CompiledTrie, _ queries: [IPv6Address], sum: inout UInt32) {
        var found = sum
        for query in queries { found &+= trie.number(query, 0) }
        independent = nanoseconds(per: queries.count) {
            for query in queries { found &+= trie.number(query, 0) }
        }
        dependent = nanoseconds(per: queries.count) {
            var last: UInt32 = 0
            for query in queries { last = trie.number(query, last) }
            found &+= last
        }
        let batch = queries.prefix(ColdCache.batchSize)
        ColdCache.evict(&found)
        cold = nanoseconds(per: batch.count) {
            var last: UInt32 = 0
            for query in batch { last = trie.number(query, last) }
            found &+= last
        }
        sum = found
    }
}

extension CompiledTrie {
    @inline(__always)
    fileprivate func number(_ address: IPv6Address, _ last: UInt32) -> UInt32 {
        let address = IPv6Address(high: address.high ^ UInt64(last & Opaque.zero), low: address.low)
        return match(for: address).map { UInt32(truncatingIfNeeded: $0 + 1) } ?? 0
    }
}

/// A number that the compiler does not know, by which a lookup depends on the one before.
enum Opaque {
    static let zero = UInt32(truncatingIfNeeded: CommandLine.arguments.count >> 20)
}

enum ColdCache {
    /// So few that they do not warm the caches for each other.
    static let batchSize = 64
    nonisolated(unsafe) private static var buffer = [UInt64](repeating: 1, count: 96 << 17)

    /// Reads and writes 96 MiB.
    static func evict(_ sum: inout UInt32) {
        for index in stride(from: 0, to: buffer.count, by: 8) { buffer[index] &+= UInt64(sum) }
        sum &+= UInt32(truncatingIfNeeded: buffer[Int(sum) % buffer.count])
    }
}

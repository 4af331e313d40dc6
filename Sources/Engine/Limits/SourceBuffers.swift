import Traffic

/// How many bytes are held for each source's connections, over all shards: of the kernel's memory
/// for their sockets, and of the gateway's own.
///
/// Only connections whose peers had not taken everything when they were last looked at count, which
/// is once a second at most; so one lock will do. An entry lasts while something is held.
final class SourceBuffers: Sendable {
    private struct Held {
        var total = 0
        var bySource: [SourceKey: Int] = [:]
    }

    private let held = Locked(Held())

    /// Adds to or subtracts from what a source holds.
    ///
    /// - Returns: the new amount.
    @discardableResult
    func add(_ byteCount: Int, to source: SourceKey) -> Int {
        held.withLock { held in
            held.total += byteCount
            let sum = held.bySource[source, default: 0] + byteCount
            held.bySource[source] = sum > 0 ? sum : nil
            return sum
        }
    }

    /// Over all sources.
    var total: Int { held.withLock { $0.total } }
}

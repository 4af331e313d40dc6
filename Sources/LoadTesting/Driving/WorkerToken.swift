internal import Sockets

/// A connection's key in the 64 bits that epoll(7) hands back; the highest values are the set's
/// own, which no key reaches: generations stay below 2^30.
struct WorkerToken<Element> {
    let rawValue: UInt64

    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    init(_ key: SlotTable<Element>.Key) {
        rawValue = UInt64(key.generation) << 32 | UInt64(key.index)
    }

    var key: SlotTable<Element>.Key {
        SlotTable.Key(
            index: UInt32(truncatingIfNeeded: rawValue),
            generation: UInt32(truncatingIfNeeded: rawValue >> 32)
        )
    }
}

internal import Sockets

/// Connections that are free, the longest free first, so that load is spread over all of them.
///
/// A connection that ends stays in the queue until its turn comes: its key then names nothing.
/// At most half of the memory is unused; nothing is allocated once it has grown.
struct KeyQueue<Element> {
    private var keys: [SlotTable<Element>.Key] = []
    private var head = 0

    var isEmpty: Bool { head == keys.count }

    mutating func append(_ key: SlotTable<Element>.Key) {
        if head > 64, head * 2 > keys.count {
            keys.removeSubrange(..<head)
            head = 0
        }
        keys.append(key)
    }

    mutating func popFirst() -> SlotTable<Element>.Key? {
        guard head < keys.count else { return nil }
        defer { head += 1 }
        return keys[head]
    }
}

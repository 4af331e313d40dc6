/// Connections of one shard that are not admitted, longest waiting first.
///
/// It is bounded, so that connections that are not yet admitted, or denied, take nothing from
/// admitted ones. Beyond the limit the one that has waited longest is closed: it has had the most
/// time to send its header, or to read its error.
struct WaitingRoom<Key> {
    /// May change while connections wait.
    var limit: Int
    /// How many wait.
    private(set) var count = 0
    /// All that wait, and some that do no longer, from `first` on.
    private var keys: [Key] = []
    private var first = 0

    init(limit: Int) {
        self.limit = limit
    }

    var isOverfull: Bool { count > limit }

    /// - Parameter isWaiting: whether one that came earlier is here still.
    mutating func enter(_ key: Key, isWaiting: (Key) -> Bool) {
        // Each key is visited once for each one added since: amortized O(1).
        if keys.count - first > 2 * count + 64 {
            keys = keys[first...].filter(isWaiting)
            first = 0
        }
        keys.append(key)
        count += 1
    }

    /// One that waited here has gone.
    mutating func leave() {
        count -= 1
    }

    /// The one that has waited longest; `nil` if none waits.
    mutating func oldest(isWaiting: (Key) -> Bool) -> Key? {
        while first < keys.count {
            if isWaiting(keys[first]) { return keys[first] }
            first += 1
        }
        keys.removeAll(keepingCapacity: true)
        first = 0
        return nil
    }
}

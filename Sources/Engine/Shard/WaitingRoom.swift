/// Connections of one shard that are not admitted, the longest waiting first.
///
/// It has a limit of its own, so that those whom the policy has not named yet, or has denied, take
/// nothing from those that it admits. Beyond the limit the one that has waited longest goes: it has
/// had the most time to say its header, or to read its refusal.
struct WaitingRoom<Key> {
    let limit: Int
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
        // Each key is looked at once for each that came since: amortized O(1).
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

    /// Who has waited longest; `nil` where nobody waits.
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

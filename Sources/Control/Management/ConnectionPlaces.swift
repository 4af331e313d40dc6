/// A bounded number of places, one of which a new client always gets.
///
/// It takes the place of the client that has been idle the longest or, if none is idle, busy the
/// longest. Decisions only; its user closes what must go.
struct ConnectionPlaces<ID: Hashable & Sendable>: Sendable {
    private struct Place {
        var isBusy: Bool
        /// When it became busy or idle, in the order of all changes.
        var changedAt: UInt64
    }

    private let limit: Int
    private var places: [ID: Place] = [:]
    private var changeCount: UInt64 = 0

    /// - Parameter limit: at least 1.
    init(limit: Int) {
        self.limit = max(1, limit)
    }

    var count: Int { places.count }

    /// Gives `id` a place.
    ///
    /// - Returns: the client that loses its place for it.
    mutating func enter(_ id: ID, isBusy: Bool = false) -> ID? {
        let leaving = places.count >= limit && places[id] == nil ? nextToGo : nil
        if let leaving { places[leaving] = nil }
        set(id, isBusy: isBusy)
        return leaving
    }

    /// Removes the client that would lose its place for a new one.
    ///
    /// - Returns: that client; `nil` if there is none.
    mutating func evict() -> ID? {
        let leaving = nextToGo
        if let leaving { places[leaving] = nil }
        return leaving
    }

    /// Records that `id` has become busy or idle; ignored if it has no place.
    mutating func change(_ id: ID, isBusy: Bool) {
        guard places[id] != nil else { return }
        set(id, isBusy: isBusy)
    }

    mutating func leave(_ id: ID) {
        places[id] = nil
    }

    private mutating func set(_ id: ID, isBusy: Bool) {
        changeCount += 1
        places[id] = Place(isBusy: isBusy, changedAt: changeCount)
    }

    private var nextToGo: ID? {
        places.min { first, second in
            let (first, second) = (first.value, second.value)
            return first.isBusy == second.isBusy
                ? first.changedAt < second.changedAt : second.isBusy
        }?.key
    }
}

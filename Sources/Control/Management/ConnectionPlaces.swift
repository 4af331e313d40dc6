import Addresses

/// A bounded number of places, one of which a new client always gets.
///
/// It takes the place of a client whose source has more than a quarter of all places, so that nobody
/// crowds out the others from one address; without such a client, of any. Of these it is an idle one
/// if there is one, and one for which the gateway is busy only if there is no other; and of several
/// the one that has been so for the longest. Decisions only; its user closes what must go.
struct ConnectionPlaces<ID: Hashable & Sendable>: Sendable {
    /// What a client is doing: whoever does less goes first.
    enum Activity: Int, Comparable, Sendable {
        /// It has sent no request, or no whole head of one.
        case idle
        /// It is sending the body of a request.
        case sending
        /// It waits for its answer.
        case waiting

        static func < (first: Activity, second: Activity) -> Bool {
            first.rawValue < second.rawValue
        }
    }

    private struct Place {
        var source: IPAddress?
        var activity: Activity
        /// Since when, in the order of all changes.
        var changedAt: UInt64
    }

    private let limit: Int
    private var places: [ID: Place] = [:]
    private var countsBySource: [IPAddress: Int] = [:]
    private var changeCount: UInt64 = 0

    /// - Parameter limit: at least 1.
    init(limit: Int) {
        self.limit = max(1, limit)
    }

    var count: Int { places.count }

    /// Gives `id` a place.
    ///
    /// - Parameter source: whose clients count together; `nil` for one that is never too many.
    /// - Returns: the client that loses its place for it.
    mutating func enter(_ id: ID, from source: IPAddress? = nil, _ activity: Activity = .idle)
        -> ID?
    {
        if places[id] != nil {
            change(id, activity)
            return nil
        }
        let leaving = places.count >= limit ? nextToGo : nil
        if let leaving { leave(leaving) }
        changeCount += 1
        places[id] = Place(source: source, activity: activity, changedAt: changeCount)
        if let source { countsBySource[source, default: 0] += 1 }
        return leaving
    }

    /// Removes the client that would lose its place for a new one.
    ///
    /// - Returns: that client; `nil` if there is none.
    mutating func evict() -> ID? {
        let leaving = nextToGo
        if let leaving { leave(leaving) }
        return leaving
    }

    /// Records what `id` does now, or still does; ignored if it has no place.
    mutating func change(_ id: ID, _ activity: Activity) {
        guard places[id] != nil else { return }
        changeCount += 1
        places[id]?.activity = activity
        places[id]?.changedAt = changeCount
    }

    mutating func leave(_ id: ID) {
        guard let source = places.removeValue(forKey: id)?.source else { return }
        let remaining = (countsBySource[source] ?? 1) - 1
        countsBySource[source] = remaining > 0 ? remaining : nil
    }

    private var nextToGo: ID? {
        let places = places.map { (id: $0, place: $1, isOfCrowd: isOfCrowd($1)) }
        return places.min { first, second in
            guard first.isOfCrowd == second.isOfCrowd else { return first.isOfCrowd }
            return (first.place.activity, first.place.changedAt)
                < (second.place.activity, second.place.changedAt)
        }?.id
    }

    private func isOfCrowd(_ place: Place) -> Bool {
        guard let count = place.source.flatMap({ countsBySource[$0] }) else { return false }
        return count * 4 > limit
    }
}

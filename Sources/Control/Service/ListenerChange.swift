import Operations

/// A listener that a new configuration adds or removes, or leads to another warehouse.
struct ListenerChange: Equatable {
    enum Kind { case added, removed, routed, noLongerRouted }

    let kind: Kind
    let address: String
    /// The warehouse it routes to, or used to.
    let warehouse: String

    /// The differences, in the order of the new configuration; removed listeners last.
    static func all(from before: [ListenerStatus], to after: [ListenerStatus]) -> [ListenerChange] {
        gains(of: after, over: before, new: .added, routed: .routed)
            + gains(of: before, over: after, new: .removed, routed: .noLongerRouted)
    }

    /// What `listeners` have and `others` have not: an address, or a way to a warehouse.
    private static func gains(
        of listeners: [ListenerStatus],
        over others: [ListenerStatus],
        new: Kind,
        routed: Kind
    ) -> [ListenerChange] {
        let addresses = Set(others.map(\.address))
        let ways = Set(others.map(Way.init))
        return listeners.compactMap { listener in
            let way = Way(listener)
            guard !ways.contains(way), let warehouse = listener.warehouse else { return nil }
            let kind = addresses.contains(way.address) ? routed : new
            return ListenerChange(kind: kind, address: way.address, warehouse: warehouse)
        }
    }

    private struct Way: Hashable {
        let address: String
        let warehouse: String?

        init(_ status: ListenerStatus) {
            address = status.address
            warehouse = status.warehouse
        }
    }
}

extension ListenerChange: CustomStringConvertible {
    var description: String {
        switch kind {
        case .added: "listening on \(address)"
        case .removed: "no longer listening on \(address)"
        case .routed: "listener \(address) now routes to warehouse \(warehouse)"
        case .noLongerRouted: "listener \(address) no longer routes to warehouse \(warehouse)"
        }
    }
}

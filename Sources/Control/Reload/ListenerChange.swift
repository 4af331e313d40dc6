import Core

/// A listener that a new configuration adds or removes.
struct ListenerChange: Equatable {
    enum Kind { case added, removed }

    let kind: Kind
    let address: String
    let warehouse: String

    /// What differs, in the order of the new configuration; what is gone, last. A listener that
    /// moves to another warehouse goes and comes.
    static func all(from before: [ListenerStatus], to after: [ListenerStatus]) -> [ListenerChange] {
        let old = Set(before.map(Key.init))
        let new = Set(after.map(Key.init))
        return after.map(Key.init).filter { !old.contains($0) }.map { Self(.added, $0) }
            + before.map(Key.init).filter { !new.contains($0) }.map { Self(.removed, $0) }
    }

    private struct Key: Hashable {
        let address: String
        let warehouse: String

        init(_ status: ListenerStatus) {
            address = status.address
            warehouse = status.warehouse
        }
    }

    private init(_ kind: Kind, _ key: Key) {
        self.kind = kind
        address = key.address
        warehouse = key.warehouse
    }
}

extension ListenerChange: CustomStringConvertible {
    var description: String {
        switch kind {
        case .added: "listening on \(address)"
        case .removed: "no longer listening on \(address)"
        }
    }
}

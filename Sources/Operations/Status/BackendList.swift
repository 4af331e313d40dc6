package import Policy
import Settings
import Text
import Time
import Traffic

/// The backends of a gateway, each once, however many listeners lead to its service.
package struct BackendList: Hashable, Sendable, Codable {
    /// A backend, and whose it is.
    package struct Entry: Hashable, Sendable, Codable {
        /// The warehouse's id.
        package var warehouse: String
        package var `protocol`: ServiceProtocol
        package var backend: BackendStatus

        /// The service in tables: `mysql`, or `mysql at 0.0.0.0:9030` if it belongs to one listener.
        package var service: String { `protocol`.service(at: backend.listener) }
    }

    package var backends: [Entry]

    package init(backends: [Entry]) {
        self.backends = backends
    }

    /// - Parameter hasRedirectTargets: whether servers are listed that only redirects lead to.
    package init(of listeners: [ListenerStatus], hasRedirectTargets: Bool = false) {
        struct Key: Hashable {
            let warehouse: String
            let service: String
            let name: String
            let address: String?
        }
        var seen: Set<Key> = []
        backends = listeners.flatMap { listener in
            let targets = hasRedirectTargets ? listener.redirectTargets ?? [] : []
            return (listener.backends + targets).map { backend in
                Entry(
                    warehouse: listener.warehouse ?? "",
                    protocol: listener.protocol,
                    backend: backend
                )
            }
        }.filter { entry in
            let backend = entry.backend
            let key = Key(
                warehouse: entry.warehouse,
                service: entry.service,
                name: backend.name,
                address: backend.address
            )
            return seen.insert(key).inserted
        }
    }

    package func matching(_ filter: BackendFilter) -> BackendList {
        BackendList(backends: backends.filter(filter.matches))
    }
}

/// Which backends are meant.
package struct BackendFilter: Hashable, Sendable {
    /// As configured, or as resolved.
    package var backend: String?
    package var warehouse: String?
    package var `protocol`: ServiceProtocol?

    package init() {}

    package func matches(_ entry: BackendList.Entry) -> Bool {
        matches(
            warehouse: entry.warehouse,
            protocol: entry.protocol,
            name: entry.backend.name,
            address: entry.backend.address
        )
    }

    /// - Parameters:
    ///   - name: as configured.
    ///   - address: as resolved.
    package func matches(
        warehouse: String,
        protocol: ServiceProtocol,
        name: String,
        address: String?
    ) -> Bool {
        (backend.map { $0 == name || $0 == address } ?? true)
            && (self.warehouse.map { $0 == warehouse } ?? true)
            && (self.protocol.map { $0 == `protocol` } ?? true)
    }
}

extension BackendFilter {
    /// Every key that a query may have.
    package static let queryKeys = ["backend", "warehouse", "protocol"]

    /// Reads the pairs of a query.
    package init(query: some Sequence<(key: String, value: String)>) throws(FilterQueryError) {
        self.init()
        try FilterQueryError.check(query) { pair throws(FilterQueryError) in
            switch pair.key {
            case "backend": backend = pair.value
            case "warehouse": warehouse = pair.value
            case "protocol":
                let words = ServiceProtocol.allCases.map(\.rawValue).joined(separator: ", ")
                `protocol` = try pair.parsed(words) { ServiceProtocol(rawValue: $0) }
            default: throw .unknownKey(pair.key, known: Self.queryKeys)
            }
        }
    }

    /// What the filter names but none of `list` has: an empty answer would hide the slip.
    package func unknownPlace(in list: BackendList) -> FilterQueryError? {
        let warehouses = Set(list.backends.map(\.warehouse))
        if let warehouse, !warehouses.contains(warehouse) {
            let known = warehouses.sorted()
            return .unknownPlace(kind: .warehouse, value: warehouse, known: known)
        }
        if let backend, list.matching(self).backends.isEmpty {
            var others = self
            others.backend = nil
            let known = Set(list.matching(others).backends.map(\.backend.name)).sorted()
            return .unknownPlace(kind: .backend, value: backend, known: known)
        }
        return nil
    }
}

extension ServiceProtocol {
    /// A service in sentences and tables.
    ///
    /// - Parameter listener: the listener inside which it is written; `nil` if several may lead to it.
    func service(at listener: String?) -> String {
        rawValue + (listener.map { " at \($0)" } ?? "")
    }
}

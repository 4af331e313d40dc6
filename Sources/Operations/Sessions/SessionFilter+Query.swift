import Addresses
import Policy
import Settings
import Text

/// A filter as a URL's query and the command line write it: `warehouse=W&source=10.0.0.0/8`.
extension SessionFilter {
    /// Every key that a query may have.
    package static let queryKeys = [
        "connection", "warehouse", "listener", "link", "source", "endpoint", "backend", "idle",
    ]

    /// Reads the pairs of a query.
    package init(query: some Sequence<(key: String, value: String)>) throws(FilterQueryError) {
        self.init()
        try FilterQueryError.check(query) { pair throws(FilterQueryError) in try set(pair) }
    }

    private mutating func set(_ pair: FilterQueryPair) throws(FilterQueryError) {
        switch pair.key {
        case "connection": connection = try pair.parsed("a connection number") { UInt64($0) }
        case "warehouse": warehouse = pair.value
        case "listener": listener = pair.value
        case "link":
            let words = LinkKind.allCases.map(\.rawValue).joined(separator: ", ")
            link = try pair.parsed(words) { LinkKind(rawValue: $0) }
        case "source": source = try pair.block()
        case "endpoint": endpoint = try pair.endpoint()
        case "backend":
            backend = try pair.parsed("an address") { try SocketAddress(parsing: $0) }
        case "idle":
            idleMilliseconds = try pair.parsed(Duration.expectation) { text in
                (try Duration(configurationText: text)).wholeMilliseconds
            }
        default: throw .unknownKey(pair.key, known: Self.queryKeys)
        }
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        let (product, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : product + components.attoseconds / 1_000_000_000_000_000
    }
}

import Addresses

/// A filter as a URL's query and the command line write it: `warehouse=W&source=10.0.0.0/8`.
extension SessionFilter {
    /// Why a query is no filter. Always the asker's fault.
    public enum QueryError: Error, Hashable, Sendable {
        /// Known are ``SessionFilter/queryKeys``.
        case unknownKey(String)
        case givenTwice(String)
        case invalid(key: String, value: String, reason: String)
    }

    /// Every key that a query may have.
    public static let queryKeys = [
        "connection", "warehouse", "listener", "link", "source", "endpoint", "backend", "idle",
    ]

    /// Reads the pairs of a query; one that is not understood must not match everything.
    public init(query: some Sequence<(key: String, value: String)>) throws(QueryError) {
        self.init()
        var seen: Set<String> = []
        for (key, value) in query {
            guard seen.insert(key).inserted else { throw .givenTwice(key) }
            try set(key, to: value)
        }
    }

    private mutating func set(_ key: String, to value: String) throws(QueryError) {
        func parsed<Value>(
            _ expected: String,
            _ parse: (String) throws -> Value?
        ) throws(QueryError) -> Value {
            do {
                if let parsed = try parse(value) { return parsed }
            } catch {
                throw .invalid(key: key, value: value, reason: "\(error)")
            }
            throw .invalid(key: key, value: value, reason: "expected \(expected)")
        }
        switch key {
        case "connection": connection = try parsed("a connection's number") { UInt64($0) }
        case "warehouse": warehouse = value
        case "listener": listener = value
        case "link":
            let words = LinkKind.allCases.map(\.rawValue).joined(separator: ", ")
            link = try parsed(words) { LinkKind(rawValue: $0) }
        case "source": source = try parsed("a block") { try CIDRBlock(orAddress: $0) }
        case "endpoint": endpoint = value
        case "backend": backend = try parsed("an address") { try SocketAddress(parsing: $0) }
        case "idle":
            idleMilliseconds = try parsed(Duration.expectation) { text in
                (try Duration(configurationText: text)).wholeMilliseconds
            }
        default: throw .unknownKey(key)
        }
    }
}

extension SessionFilter.QueryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownKey(let key):
            "\(key.quoted) is no filter; known are "
                + SessionFilter.queryKeys.joined(separator: ", ")
        case .givenTwice(let key): "\(key) is given twice"
        case .invalid(let key, let value, let reason): "\(key) \(value.quoted): \(reason)"
        }
    }
}

extension CIDRBlock {
    /// A block, or an address, which stands for itself alone.
    fileprivate init(orAddress text: String) throws {
        if text.contains("/") {
            try self.init(parsing: text)
        } else {
            let address = try IPAddress(parsing: text).unmapped
            self.init(containing: address, prefixLength: address.family.bitWidth)
        }
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        let (product, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : product + components.attoseconds / 1_000_000_000_000_000
    }
}

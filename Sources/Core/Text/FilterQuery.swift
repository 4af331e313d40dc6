import Addresses

/// Why a URL's query or the command line's options are not a filter. Always the asker's error.
public enum FilterQueryError: Error, Hashable, Sendable {
    case unknownKey(String, known: [String])
    case givenTwice(String)
    case invalid(key: String, value: String, reason: String)
}

extension FilterQueryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownKey(let key, let known):
            "unknown filter \(key.quoted) (expected \(known.joined(separator: ", ")))"
        case .givenTwice(let key): "\(key) is given twice"
        case .invalid(let key, let value, let reason): "\(key) \(value.quoted): \(reason)"
        }
    }
}

extension FilterQueryError {
    /// Hands each pair to `body`; one that is not understood must not match everything.
    static func check(
        _ query: some Sequence<(key: String, value: String)>,
        _ body: (FilterQueryPair) throws(FilterQueryError) -> Void
    ) throws(FilterQueryError) {
        var seen: Set<String> = []
        for (key, value) in query {
            guard seen.insert(key).inserted else { throw .givenTwice(key) }
            try body(FilterQueryPair(key: key, value: value))
        }
    }
}

/// One part of a filter, as it was written.
struct FilterQueryPair {
    let key: String
    let value: String

    /// What `parse` makes of the value.
    ///
    /// - Parameter expected: in words, where `parse` has none of its own.
    func parsed<Value>(
        _ expected: String,
        _ parse: (String) throws -> Value?
    ) throws(FilterQueryError) -> Value {
        do {
            if let parsed = try parse(value) { return parsed }
        } catch {
            throw .invalid(key: key, value: value, reason: "\(error)")
        }
        throw .invalid(key: key, value: value, reason: "expected \(expected)")
    }

    /// A block, or an address, which stands for itself alone.
    func block() throws(FilterQueryError) -> CIDRBlock {
        try parsed("a block") { text in
            if text.contains("/") { return try CIDRBlock(parsing: text) }
            let address = try IPAddress(parsing: text).unmapped
            return CIDRBlock(containing: address, prefixLength: address.family.bitWidth)
        }
    }

    func endpoint() throws(FilterQueryError) -> EndpointReference {
        try parsed("an endpoint") { try EndpointReference(parsing: $0) }
    }
}

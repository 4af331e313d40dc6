import Addresses
import Policy
import Settings
import Text

/// Why a URL's query or the command line's options are not a valid filter. Always the caller's
/// error.
package enum FilterQueryError: Error, Hashable, Sendable {
    case unknownKey(String, known: [String])
    case givenTwice(String)
    case invalid(key: String, value: String, reason: String)
    /// No listener has this address, or this warehouse.
    case unknownPlace(kind: Place, value: String, known: [String])

    /// What a filter may name of the configuration.
    package enum Place: String, Hashable, Sendable {
        case warehouse, listener, backend
    }
}

extension FilterQueryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownKey(let key, let known):
            "unknown filter \(key.quoted) (expected \(known.joined(separator: ", ")))"
        case .givenTwice(let key): "duplicate filter \(key)"
        case .invalid(let key, let value, let reason): "\(key) \(value.quoted): \(reason)"
        case .unknownPlace(let kind, let value, let known):
            "unknown \(kind.rawValue) \(value.quoted)" + Self.advice(for: value, known)
        }
    }

    /// How many names are shown.
    private static let shownLimit = 8

    private static func advice(for value: String, _ known: [String]) -> String {
        if let meant = Suggestion.closest(to: value, among: known) {
            return " (did you mean \(meant)?)"
        }
        guard !known.isEmpty else { return "" }
        let shown = known.prefix(shownLimit).joined(separator: ", ")
        return " (expected one of \(shown)\(known.count > shownLimit ? ", …" : ""))"
    }
}

extension FilterQueryError {
    /// What a filter names but none of `listeners` has: an empty answer would hide the slip.
    package static func unknownPlace(
        warehouse: String?,
        listener: String?,
        among listeners: [ListenerStatus]
    ) -> FilterQueryError? {
        if let warehouse, !listeners.contains(where: { $0.warehouse == warehouse }) {
            let known = Set(listeners.compactMap(\.warehouse)).sorted()
            return .unknownPlace(kind: .warehouse, value: warehouse, known: known)
        }
        if let listener, !listeners.contains(where: { $0.address == listener }) {
            let known = Set(listeners.map(\.address)).sorted()
            return .unknownPlace(kind: .listener, value: listener, known: known)
        }
        return nil
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

    /// The result of `parse` for the value.
    ///
    /// - Parameter expected: what is expected, if `parse` does not say.
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

    /// A block, or an address as a block of one.
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

package import Addresses
import CIDRTrie
package import Policy
import Settings
package import Time

/// Which denials match. A condition that is not set matches all.
package struct DenialFilter: Hashable, Sendable {
    package var warehouse: String?
    /// Whether only denials match that came before a warehouse was chosen.
    package var isUnrouted = false
    /// The listener's address, as in the access log.
    package var listener: String?
    /// Matches every source that shares an address with it.
    package var source: CIDRBlock?
    /// The private link's endpoint.
    package var endpoint: EndpointReference?
    package var reason: DenialReason?
    /// The last denial came at that moment or later.
    package var since: UnixTime?

    package init() {}

    package func matches(_ denial: DenialRecord) -> Bool {
        matchesPlace(of: denial)
            && (source.map { $0.overlaps(denial.source) } ?? true)
            && (reason.map { $0 == denial.reason } ?? true)
            && (since.map { $0 <= denial.lastSeen } ?? true)
    }

    private func matchesPlace(of denial: DenialRecord) -> Bool {
        (warehouse.map { $0 == denial.warehouse } ?? true)
            && (!isUnrouted || denial.warehouse == nil)
            && (listener.map { $0 == denial.listener } ?? true)
            && (endpoint.map { denial.endpoint.map($0.matches) ?? false } ?? true)
    }
}

extension CIDRBlock {
    fileprivate func overlaps(_ other: CIDRBlock) -> Bool {
        contains(other.network) || other.contains(network)
    }
}

/// A filter as a URL's query and the command line write it: `warehouse=W&since=10m`.
extension DenialFilter {
    /// Every key that a query may have.
    package static let queryKeys = [
        "warehouse", "unrouted", "listener", "source", "endpoint", "reason", "since",
    ]

    /// Reads the pairs of a query.
    ///
    /// - Parameter now: what `since=10m` counts back from.
    package init(
        query: some Sequence<(key: String, value: String)>,
        at now: UnixTime
    ) throws(FilterQueryError) {
        self.init()
        try FilterQueryError.check(query) { pair throws(FilterQueryError) in
            try set(pair, at: now)
        }
    }

    private mutating func set(_ pair: FilterQueryPair, at now: UnixTime) throws(FilterQueryError) {
        switch pair.key {
        case "warehouse": warehouse = pair.value
        case "unrouted":
            isUnrouted = try pair.parsed("true or false") { ["true": true, "false": false][$0] }
        case "listener": listener = pair.value
        case "source": source = try pair.block()
        case "endpoint": endpoint = try pair.endpoint()
        case "reason":
            reason = try pair.parsed("a reason such as notInWhitelist") {
                DenialReason(rawValue: $0)
            }
        case "since":
            let expected = "a duration such as 10m, or a time such as 2027-01-31T23:59:59Z"
            since = try pair.parsed(expected) { UnixTime(since: $0, at: now) }
        default: throw .unknownKey(pair.key, known: Self.queryKeys)
        }
    }
}

extension UnixTime {
    /// A moment (RFC 3339), or a duration before `now`.
    package init?(since text: String, at now: UnixTime) {
        if let duration = Duration(written: text) {
            self.init(seconds: now.seconds - duration.components.seconds)
        } else {
            // `try?`: the caller reports what it expects.
            guard let time = try? UnixTime(rfc3339: text) else { return nil }
            self = time
        }
    }
}

public import Addresses
public import CIDRTrie

/// How often one source was denied for one reason.
public struct DenialRecord: Hashable, Sendable, Codable {
    public var warehouse: String
    /// An IPv4 address or an IPv6 /64, as the limits count them.
    public var source: CIDRBlock
    /// The private link's endpoint.
    public var endpoint: EndpointName?
    public var reason: DenialReason
    public var count: Int
    public var firstSeen: UnixTime
    public var lastSeen: UnixTime

    public init(
        warehouse: String,
        source: CIDRBlock,
        endpoint: EndpointName? = nil,
        reason: DenialReason,
        count: Int = 0,
        firstSeen: UnixTime,
        lastSeen: UnixTime
    ) {
        self.warehouse = warehouse
        self.source = source
        self.endpoint = endpoint
        self.reason = reason
        self.count = count
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }
}

extension DenialRecord {
    private struct Key: Hashable {
        let warehouse: String
        let source: CIDRBlock
        let endpoint: EndpointName?
        let reason: DenialReason
    }

    private var key: Key {
        Key(warehouse: warehouse, source: source, endpoint: endpoint, reason: reason)
    }

    /// One record for what several shards have counted of the same source, the latest first.
    public static func merged(_ records: [DenialRecord]) -> [DenialRecord] {
        Dictionary(records.map { ($0.key, $0) }) { $0.adding($1) }.values.sorted {
            ($1.lastSeen, $1.source) < ($0.lastSeen, $0.source)
        }
    }

    private func adding(_ other: DenialRecord) -> DenialRecord {
        var sum = self
        sum.count += other.count
        sum.firstSeen = min(firstSeen, other.firstSeen)
        sum.lastSeen = max(lastSeen, other.lastSeen)
        return sum
    }
}

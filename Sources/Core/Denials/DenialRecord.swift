public import Addresses
public import CIDRTrie

/// How often one source was denied by one listener for one reason.
public struct DenialRecord: Hashable, Sendable, Codable {
    public var warehouse: String
    /// The listener's address.
    public var listener: String
    /// An IPv4 address or an IPv6 /64, as the limits count them.
    public var source: CIDRBlock
    /// The private link's endpoint.
    public var endpoint: EndpointName?
    public var reason: DenialReason
    /// The block of the rule that denied last.
    public var rule: CIDRBlock?
    /// More words on the last denial: which rule of a wire format was broken. Empty for none.
    public var detail: String
    public var count: Int
    public var firstSeen: UnixTime
    public var lastSeen: UnixTime

    public init(
        warehouse: String,
        listener: String = "",
        source: CIDRBlock,
        endpoint: EndpointName? = nil,
        reason: DenialReason,
        rule: CIDRBlock? = nil,
        detail: String = "",
        count: Int = 0,
        firstSeen: UnixTime,
        lastSeen: UnixTime
    ) {
        self.warehouse = warehouse
        self.listener = listener
        self.source = source
        self.endpoint = endpoint
        self.reason = reason
        self.rule = rule
        self.detail = detail
        self.count = count
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }
}

extension DenialRecord {
    struct Key: Hashable {
        let warehouse: String
        let listener: String
        let source: CIDRBlock
        let endpoint: EndpointName?
        let reason: DenialReason
    }

    /// What tells the record from others.
    var key: Key {
        Key(
            warehouse: warehouse,
            listener: listener,
            source: source,
            endpoint: endpoint,
            reason: reason
        )
    }

    /// The sum of two records with one key, whichever is added to the other; what is said of the last
    /// denial is the later one's.
    func adding(_ other: DenialRecord) -> DenialRecord {
        var sum = other.order > order ? other : self
        sum.count = count + other.count
        sum.firstSeen = min(firstSeen, other.firstSeen)
        return sum
    }

    /// The latest come first; no two records of a list are equal in all of this.
    var listOrder: (UnixTime, CIDRBlock, String, String, String, String) {
        (lastSeen, source, warehouse, listener, endpoint?.description ?? "", reason.rawValue)
    }

    /// Many come in one second: then the words decide.
    private var order: (UnixTime, String, String) { (lastSeen, rule?.description ?? "", detail) }
}

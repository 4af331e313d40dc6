package import Addresses
import CIDRTrie
package import Policy
package import Time

/// How often one source was denied by one listener for one reason.
package struct DenialRecord: Hashable, Sendable, Codable {
    /// `nil` if the listener had no route for the client.
    package var warehouse: String?
    /// The listener's address.
    package var listener: String
    /// An IPv4 address or an IPv6 /64, as the limits count them.
    package var source: CIDRBlock
    /// The private link's endpoint.
    package var endpoint: EndpointName?
    package var reason: DenialReason
    /// `true` if the clients were admitted all the same, by shadow mode; otherwise `nil`.
    package var shadow: Bool?
    /// The block of the rule that denied last.
    package var rule: CIDRBlock?
    /// Details on the last denial, such as which rule of a wire format was violated. Empty for
    /// none.
    package var detail: String
    package var count: Int
    package var firstSeen: UnixTime
    package var lastSeen: UnixTime

    package init(
        warehouse: String?,
        listener: String = "",
        source: CIDRBlock,
        endpoint: EndpointName? = nil,
        reason: DenialReason,
        shadow: Bool? = nil,
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
        self.shadow = shadow
        self.rule = rule
        self.detail = detail
        self.count = count
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }
}

extension DenialRecord {
    struct Key: Hashable {
        let warehouse: String?
        let listener: String
        let source: CIDRBlock
        let endpoint: EndpointName?
        let reason: DenialReason
        let shadow: Bool?
    }

    /// What identifies the record.
    var key: Key {
        Key(
            warehouse: warehouse,
            listener: listener,
            source: source,
            endpoint: endpoint,
            reason: reason,
            shadow: shadow
        )
    }

    /// The sum of two records with one key, in either order; the details are those of the later
    /// denial.
    func adding(_ other: DenialRecord) -> DenialRecord {
        var sum = other.order > order ? other : self
        sum.count = count + other.count
        sum.firstSeen = min(firstSeen, other.firstSeen)
        return sum
    }

    /// Latest first; no two records of a list are equal in all of this.
    var listOrder: (UnixTime, CIDRBlock, String, String, String, String) {
        let kind = reason.rawValue + (shadow == true ? " shadow" : "")
        return (lastSeen, source, warehouse ?? "", listener, endpoint?.description ?? "", kind)
    }

    /// Many may occur in the same second: then the texts decide.
    private var order: (UnixTime, String, String) { (lastSeen, rule?.description ?? "", detail) }
}

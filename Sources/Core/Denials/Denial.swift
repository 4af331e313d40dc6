public import CIDRTrie

/// One connection that was refused: what is counted and written down of it.
public struct Denial: Hashable, Sendable {
    public var reason: DenialReason
    public var source: SourceKey
    public var warehouse: String
    /// The listener's address.
    public var listener: String
    /// The private link's endpoint.
    public var endpoint: EndpointName?
    /// The block of the rule that denied.
    public var rule: CIDRBlock?
    /// More words on `reason`; empty for none.
    public var detail: String

    public init(
        _ reason: DenialReason,
        of source: SourceKey,
        to warehouse: String,
        at listener: String,
        through endpoint: EndpointName? = nil,
        by rule: CIDRBlock? = nil,
        detail: String = ""
    ) {
        self.reason = reason
        self.source = source
        self.warehouse = warehouse
        self.listener = listener
        self.endpoint = endpoint
        self.rule = rule
        self.detail = detail
    }
}

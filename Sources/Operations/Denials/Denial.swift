package import Addresses
import CIDRTrie
package import Policy
package import Traffic

/// One denied connection: what is counted and recorded about it.
package struct Denial: Hashable, Sendable {
    package var reason: DenialReason
    package var source: SourceKey
    /// Empty if the listener had no route for the client.
    package var warehouse: String
    /// The listener's address.
    package var listener: String
    /// The private link's endpoint.
    package var endpoint: EndpointName?
    /// The block of the rule that denied.
    package var rule: CIDRBlock?
    /// Details on `reason`; empty for none.
    package var detail: String
    /// Whether the client was admitted all the same, by shadow mode.
    package var isShadow = false

    package init(
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

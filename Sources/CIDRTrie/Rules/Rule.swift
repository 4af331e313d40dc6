@_exported public import Addresses
public import Time

/// What a rule says of the addresses in its block.
public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
    case allow
    case deny
}

/// One entry of an access list: a block of addresses and what becomes of them.
public struct Rule: Hashable, Sendable {
    /// The addresses of which the rule speaks.
    public var block: CIDRBlock
    /// What becomes of them.
    public var action: Action
    /// The operator's own words; empty where there are none.
    public var description: String
    /// The moment from which on the rule says nothing any more; `nil` for never.
    public var expiry: UnixTime?

    public init(
        block: CIDRBlock,
        action: Action = .allow,
        description: String = "",
        expiry: UnixTime? = nil
    ) {
        self.block = block
        self.action = action
        self.description = description
        self.expiry = expiry
    }
}

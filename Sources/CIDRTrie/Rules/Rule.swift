public import Addresses
public import Time

/// What happens to the addresses in a rule's block.
public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
    case allow
    case deny
}

/// One entry of an access list: a block of addresses and what happens to them.
public struct Rule: Hashable, Sendable {
    /// The addresses to which the rule applies.
    public var block: CIDRBlock
    /// What happens to them.
    public var action: Action
    /// The operator's own words; empty if there are none.
    public var description: String
    /// The moment from which on the rule no longer applies; `nil` for never.
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

    /// A rule applies up to its expiry, and no longer from that second on.
    @inlinable
    public func hasExpired(at now: UnixTime) -> Bool {
        expiry.map { $0 <= now } ?? false
    }
}

/// What a list decides about one address at one moment.
public struct Decision: Hashable, Sendable {
    /// What happens to the address.
    public var action: Action
    /// The rule that decided; `nil` if none matched, which denies.
    public var rule: Rule?

    /// The decision of `rule`, or denial without one.
    @inlinable
    public init(by rule: Rule?) {
        action = rule?.action ?? .deny
        self.rule = rule
    }
}

/// What a list says of one address at one moment.
public struct Decision: Hashable, Sendable {
    /// What becomes of the address.
    public var action: Action
    /// The rule that decided; `nil` where none matched, which denies.
    public var rule: Rule?

    /// The decision of `rule`, or denial where there is none.
    @inlinable
    public init(by rule: Rule?) {
        action = rule?.action ?? .deny
        self.rule = rule
    }
}

/// Something in a compiled form that the compiler would not have written.
public struct TrieFault: Error, Hashable, Sendable {
    public enum Reason: String, Hashable, Sendable {
        case ruleColumns = "the columns of the rules do not belong together"
        case ruleHead = "a rule's prefix length, action or family is none"
        case ruleNetwork = "a rule's network is not in the table"
        case ruleText = "a rule's description is not in the table"
        case controlCharacter = "a description has a control character"
        case invalidUTF8 = "a description is not UTF-8"
        case enclosingRule = "a rule is said to lie in one that is no larger"
        case rootTable = "the root table is not in the arena"
        case unknownNode = "a pointer names no kind of node"
        case nodeOffset = "a node does not stand before what points to it"
        case nodeBounds = "a node reaches beyond the arena"
        case nodeShared = "two pointers disagree about a node's kind"
        case depth = "nodes are nested deeper than any address is long"
        case branchCounts = "a branch's counts do not follow from its starts"
        case bucketOrder = "a bucket's boundaries do not ascend"
        case bucketShift = "a bucket shifts by more than a key is long"
        case leafRule = "a leaf names a rule that there is not, or says otherwise than the rule"
    }

    public var reason: Reason
    /// Which rule or which byte of which family's arena; for people.
    public var place: String
}

extension TrieFault: CustomStringConvertible {
    public var description: String { "\(place): \(reason.rawValue)" }
}

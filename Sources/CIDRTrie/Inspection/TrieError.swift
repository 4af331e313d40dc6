/// Something in a compiled form that this library would not have written.
public struct TrieError: Error, Hashable, Sendable {
    public enum Reason: String, Hashable, Sendable {
        case ruleColumns = "the columns of the rules do not have the same length"
        case ruleHead = "a rule's prefix length, action or family is invalid"
        case ruleNetwork = "a rule's network is not in the table, or another rule's too"
        case ruleText = "a rule's description is not in the table"
        case controlCharacter = "a description has a control character"
        case invalidUTF8 = "a description is not UTF-8"
        case ruleOrder = "the rules' order is not the one of their blocks"
        case rootTable = "the root table is not in the arena"
        case unknownNode = "a pointer names an unknown kind of node"
        case nodeCircle = "a node leads back to itself"
        case nodeBounds = "a node reaches beyond the arena"
        case nodeShared = "two pointers lead to the same node"
        case nodeOverlap = "a node overlaps another one, the root table or free space"
        case depth = "nodes are nested deeper than any address is long"
        case branchCounts = "a branch's counts do not match its starts"
        case bucketOrder = "a bucket's boundaries do not ascend"
        case bucketShift = "a bucket shifts by more than a key is long"
        case leafRule = "a leaf names a missing rule, or differs from its rule"
    }

    public var reason: Reason
    /// Which rule or which byte of which family's arena; for people.
    public var place: String
}

extension TrieError: CustomStringConvertible {
    public var description: String { "\(place): \(reason.rawValue)" }
}

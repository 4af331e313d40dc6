/// How many nodes a trie has.
public struct NodeCounts: Hashable, Sendable, Codable {
    /// The slots of the root table.
    public var rootSlots = 0
    /// Nodes for one byte of the key.
    public var branches = 0
    /// Nodes for two bytes.
    public var wideBranches = 0
    /// Nodes that compare the key with a few boundaries.
    public var buckets = 0
    /// IPv6 networks of 64 bits with boundaries inside.
    public var lowHalves = 0
    /// The most nodes that a lookup reads.
    public var depth = 0
}

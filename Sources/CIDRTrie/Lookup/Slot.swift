/// One 32-bit slot of a trie: what decides there, or where to continue.
///
///      31  30  29 28                                0
///     ┌──┬───┬───┬───────────────────────────────────┐
///     │ 1│ a │ e │ the rule's index + 1, 0 for none  │  leaf: a: allows, e: may expire
///     └──┴───┴───┴───────────────────────────────────┘
///     ┌──┬─────────┬─────────────────────────────────┐
///     │ 0│  kind   │ where the node starts, in 16 B  │  pointer
///     └──┴─────────┴─────────────────────────────────┘
///      31 30     27 26                              0
///
/// Kinds 0…7 are a ``Branch`` each, and say which byte of the key it looks at: 7 for the first,
/// 0 for the last one. The other kinds are listed in ``Kind``.
@frozen
@usableFromInline
struct Slot: Hashable, Sendable, BitwiseCopyable {
    @usableFromInline let rawValue: UInt32

    @inlinable
    init(rawValue: UInt32) { self.rawValue = rawValue }
}

extension Slot {
    /// The number of rules that a leaf can distinguish.
    static let ruleLimit = 1 << 29 - 1

    /// A leaf where no rule matches, which denies.
    @inlinable
    static var none: Slot { Slot(rawValue: 1 << 31) }

    /// A leaf where the rule of `index` decides.
    init(rule index: Int, action: Action, expires: Bool) {
        rawValue =
            1 << 31 | (action == .allow ? 1 << 30 : 0) | (expires ? 1 << 29 : 0)
            | UInt32(truncatingIfNeeded: index + 1)
    }

    @inlinable
    var isLeaf: Bool { rawValue >= 1 << 31 }

    @inlinable
    var action: Action { rawValue & 1 << 30 != 0 ? .allow : .deny }

    @inlinable
    var expires: Bool { rawValue & 1 << 29 != 0 }

    @inlinable
    var rule: Int? {
        let number = rawValue & (1 << 29 &- 1)
        return number == 0 ? nil : Int(number) &- 1
    }
}

extension Slot {
    /// What a pointer that is not a branch points to.
    @usableFromInline
    enum Kind: UInt32, CaseIterable {
        /// A ``Bucket`` with lanes of this many bits.
        case bucket16 = 8
        case bucket32, bucket64
        /// A ``WideBranch`` over the second, third or last two bytes of the key.
        case wide32, wide16, wide0
        /// One slot, from which the key's low half leads on.
        case lowHalf
    }

    /// Nodes start at multiples of this, in words of four bytes.
    static let nodeAlignment = 4

    /// The most words an arena may have for pointers to reach its nodes: 2 GiB.
    static let arenaLimit = nodeAlignment << 27

    /// A pointer to the node that starts at `wordOffset`.
    init(_ kind: Kind, at wordOffset: Int) {
        self.init(kind: kind.rawValue, at: wordOffset)
    }

    /// A pointer to the branch at `wordOffset`, which looks at the byte `shift` bits from the
    /// key's end.
    init(branchAt wordOffset: Int, shift: Int) {
        self.init(kind: UInt32(truncatingIfNeeded: shift / 8), at: wordOffset)
    }

    private init(kind: UInt32, at wordOffset: Int) {
        precondition(wordOffset < Self.arenaLimit, "a trie of more than 2 GiB")
        rawValue = kind << 27 | UInt32(truncatingIfNeeded: wordOffset / Self.nodeAlignment)
    }

    /// Of a pointer: where the node starts.
    @inlinable
    var byteOffset: Int { Int(rawValue & (1 << 27 &- 1)) &<< 4 }

    @inlinable
    var isBranch: Bool { rawValue < 8 << 27 }

    /// Of a branch: how far the key's byte is from its end, in bits.
    @inlinable
    var shift: UInt64 { UInt64(rawValue &>> 24 & 0b111_000) }

    /// Of a pointer that is not a branch; `nil` if the bits do not name a kind.
    @inlinable
    var kind: Kind? { Kind(rawValue: rawValue &>> 27) }
}

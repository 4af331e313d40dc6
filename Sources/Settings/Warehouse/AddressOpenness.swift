import Addresses
import CIDRTrie

/// A set of addresses that covers a large part of one family's internet.
struct AddressOpenness {
    /// From here on it is warned of.
    private static let limit = 0.5

    let family: IPFamily
    /// As ``/CIDRTrie/AddressSet/shareOfInternet``.
    private let share: Double

    /// `nil` for a set with less.
    init?(_ family: IPFamily, share: Double) {
        guard share >= Self.limit else { return nil }
        self.family = family
        self.share = share
    }

    /// For each family that `blocks` open together, even in halves.
    static func all(of blocks: [CIDRBlock]) -> [AddressOpenness] {
        IPFamily.allCases.compactMap { family in
            let set = AddressSet(of: blocks, family: family)
            return AddressOpenness(family, share: set.shareOfInternet)
        }
    }

    var isWhole: Bool { share == 1 }

    /// The addresses it admits, as the subject of a sentence.
    var subject: String {
        if isWhole { return "any \(family) address" }
        return share > 0.99
            ? "nearly any \(family) address" : "\(Int(share * 100))% of all \(family) addresses"
    }
}

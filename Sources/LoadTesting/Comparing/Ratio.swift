/// A target's figure beside the reference's.
package struct Ratio: Hashable, Sendable, Encodable {
    /// The name of the target that is compared with.
    package let reference: String
    /// The ratio of the two medians that are reported: whoever divides them finds the same.
    package let value: Double
    /// The ratios of single rounds reach from here…
    package let lowest: Double
    /// …to here. What disturbed a round disturbed both of its runs. ``value`` is always between them.
    package let highest: Double
    /// Whether all rounds agree on which of the two is larger; absent for a single round, which
    /// cannot tell.
    package let isSignificant: Bool?

    /// `nil` if there is nothing to divide.
    init?(of metric: Metric, _ target: TargetRounds, to reference: TargetRounds) {
        guard let own = target.spread(of: metric), let other = reference.spread(of: metric),
            other.median > 0
        else { return nil }
        let pairs = zip(target.rounds, reference.rounds)
        let ratios = pairs.compactMap { own, other -> Double? in
            guard let value = own.metrics[metric], let base = other.metrics[metric], base > 0
            else { return nil }
            return value / base
        }
        guard let lowest = ratios.min(), let highest = ratios.max() else { return nil }
        self.reference = reference.name
        value = own.median / other.median
        self.lowest = lowest
        self.highest = highest
        isSignificant = ratios.count > 1 ? lowest > 1 || highest < 1 : nil
    }
}

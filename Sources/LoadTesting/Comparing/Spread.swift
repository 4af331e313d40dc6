/// The middle of some numbers, and how far they reach.
package struct Spread: Hashable, Sendable, Encodable {
    package let median: Double
    package let lowest: Double
    package let highest: Double

    /// `nil` for no numbers. Of an even count the median is the mean of the two in the middle.
    package init?(_ numbers: [Double]) {
        let sorted = numbers.sorted()
        guard let lowest = sorted.first, let highest = sorted.last else { return nil }
        self.lowest = lowest
        self.highest = highest
        let upper = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2
    }
}

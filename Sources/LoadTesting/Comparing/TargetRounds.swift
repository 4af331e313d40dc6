/// All runs against one target, a round each.
///
/// Of each run its numbers are kept, and one distribution of all of them together: many rounds take
/// little memory.
package struct TargetRounds: Sendable {
    package let name: String
    package let address: String
    package private(set) var rounds: [Round] = []
    /// Everything that was counted in all rounds together, but for the timelines.
    package private(set) var total = Tally(covering: 0)

    package init(name: String, address: String) {
        self.name = name
        self.address = address
    }

    package mutating func append(_ run: MeasuredRun) { append(Round(run), run.result.tally) }

    mutating func append(_ round: Round, _ tally: Tally) {
        rounds.append(round)
        total.addCounts(of: tally)
    }

    /// A metric over the rounds; `nil` if it was not measured.
    package func spread(of metric: Metric) -> Spread? {
        Spread(rounds.compactMap { $0.metrics[metric] })
    }
}

/// In which order the targets of a round have their turn: each is first as often as the others.
package func order(ofRound round: Int, targetCount: Int) -> [Int] {
    (0..<targetCount).map { ($0 + round) % targetCount }
}

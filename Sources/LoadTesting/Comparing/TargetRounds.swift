/// All runs against one target, a round each.
///
/// Of each run its numbers are kept, and one distribution of all of them together: many rounds take
/// little memory.
public struct TargetRounds: Sendable {
    public let name: String
    public let address: String
    public private(set) var rounds: [Round] = []
    /// Everything that was counted in all rounds together, but for the timelines.
    public private(set) var total = Tally(covering: 0)

    public init(name: String, address: String) {
        self.name = name
        self.address = address
    }

    public mutating func append(_ run: MeasuredRun) { append(Round(run), run.result.tally) }

    mutating func append(_ round: Round, _ tally: Tally) {
        rounds.append(round)
        total.addCounts(of: tally)
    }

    /// A metric over the rounds; `nil` if it was not measured.
    public func spread(of metric: Metric) -> Spread? {
        Spread(rounds.compactMap { $0.metrics[metric] })
    }
}

/// In which order the targets of a round have their turn: each is first as often as the others.
public func order(ofRound round: Int, targetCount: Int) -> [Int] {
    (0..<targetCount).map { ($0 + round) % targetCount }
}

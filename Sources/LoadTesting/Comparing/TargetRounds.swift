/// All runs against one target, a round each.
public struct TargetRounds: Sendable {
    public let name: String
    public let address: String
    public private(set) var rounds: [MeasuredRun]

    public init(name: String, address: String, rounds: [MeasuredRun] = []) {
        self.name = name
        self.address = address
        self.rounds = rounds
    }

    public mutating func append(_ run: MeasuredRun) { rounds.append(run) }

    /// A metric over the rounds; `nil` where it was not measured.
    public func spread(of metric: Metric) -> Spread? {
        Spread(rounds.compactMap { metric.value(of: $0) })
    }

    /// The ratio to `reference`, round by round: what shook the machine shook both of them.
    ///
    /// - Returns: `nil` where it was not measured, or the reference is 0.
    public func ratio(of metric: Metric, to reference: TargetRounds) -> Spread? {
        let ratios = zip(rounds, reference.rounds).compactMap { own, other -> Double? in
            guard let value = metric.value(of: own), let base = metric.value(of: other), base > 0
            else { return nil }
            return value / base
        }
        return Spread(ratios)
    }

    /// Everything that was counted in all rounds together; `nil` for no rounds.
    public var total: Tally? {
        guard var total = rounds.first?.result.tally else { return nil }
        for round in rounds.dropFirst() { total.add(round.result.tally) }
        return total
    }
}

/// In which order the targets of a round have their turn: each is first as often as the others.
public func order(ofRound round: Int, targetCount: Int) -> [Int] {
    (0..<targetCount).map { ($0 + round) % targetCount }
}

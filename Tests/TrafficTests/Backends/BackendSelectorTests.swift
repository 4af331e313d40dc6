import SeededRandom
import Testing
import Traffic

@Suite("Selecting a backend")
struct BackendSelectorTests {
    private typealias Candidate = BackendSelector.Candidate

    private func pick(_ loads: [Int?], turn: UInt64 = 0) -> Int? {
        pick(loads.map { $0.map { Candidate(load: $0) } }, turn: turn)
    }

    private func pick(_ candidates: [Candidate?], turn: UInt64 = 0) -> Int? {
        BackendSelector.select(from: candidates.count, rotation: turn) { candidates[$0] }
    }

    @Test("The one with the fewest connections is selected")
    func leastLoad() {
        #expect(pick([3, 1, 2]) == 1)
        #expect(pick([3, nil, 2]) == 2)
        #expect(pick([0]) == 0)
    }

    @Test("Without a candidate, none is selected")
    func none() {
        #expect(pick([] as [Int?]) == nil)
        #expect(pick([nil, nil] as [Int?]) == nil)
        #expect(BackendSelector.select(from: -1, rotation: 0) { _ in Candidate(load: 0) } == nil)
    }

    @Test("Equal ones take turns, and the turns of one that is down are shared by all others")
    func turns() {
        let picks = (0..<300 as Range<UInt64>).map { pick([5, nil, 5, 9, 5], turn: $0) }
        for position in [0, 2, 4] { #expect(picks.count { $0 == position } == 100) }
    }

    @Test("One connection after the other, each gets as many as its weight says")
    func oneByOne() {
        let idle = [Candidate(load: 0, weight: 4), Candidate(load: 0, weight: 1)]
        let picks = (0..<100 as Range<UInt64>).map { pick(idle, turn: $0) }
        #expect(picks.count { $0 == 0 } == 80)
        #expect(picks.count { $0 == 1 } == 20)
    }

    @Test(
        "Connections come in proportion to the weights, whichever end and begin",
        arguments: SeededGenerator.seeds
    )
    func weights(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let weights = [1, 2, 5]
        var loads = [0, 0, 0]
        for turn in 0..<8_000 as Range<UInt64> {
            let candidates = zip(loads, weights).map { Candidate(load: $0, weight: $1) }
            guard let picked = pick(candidates, turn: turn) else { continue }
            loads[picked] += 1
            // Some end, those of heavily loaded ones more often.
            if turn > 400,
                let ending = (0..<3).flatMap({ Array(repeating: $0, count: loads[$0]) })
                    .randomElement(using: &generator)
            {
                loads[ending] -= 1
            }
        }
        let sum = loads.reduce(0, +)
        for (load, weight) in zip(loads, weights) {
            #expect(abs(load * 8 - sum * weight) <= 16, "seed \(seed): \(loads)")
        }
    }

    @Test("It agrees with a naive choice", arguments: SeededGenerator.seeds)
    func agreement(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            let candidates = (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? Candidate(
                        tier: .init(
                            isUsable: .random(using: &generator),
                            isBackup: .random(using: &generator)
                        ),
                        load: Int.random(in: 0...3, using: &generator),
                        weight: Int.random(in: 1...3, using: &generator)
                    ) : nil
            }
            let turn = UInt64.random(in: .min ... .max, using: &generator)
            let tier = candidates.compactMap { $0?.tier }.min()
            // Weights up to 3: six times the load for its weight is a whole number.
            let costs = candidates.map { candidate in
                candidate.flatMap { $0.tier == tier ? 6 * $0.load / $0.weight : nil }
            }
            let least = costs.compactMap { $0 }.min()
            let ties = costs.indices.filter { costs[$0] != nil && costs[$0] == least }
            let turns = ties.flatMap { Array(repeating: $0, count: candidates[$0]?.weight ?? 0) }
            let expected = turns.isEmpty ? nil : turns[Int(turn % UInt64(turns.count))]
            #expect(
                pick(candidates, turn: turn) == expected,
                "seed \(seed): \(candidates), \(turn)"
            )
        }
    }

    @Test(
        "Loads that change meanwhile never lead out of bounds, nor to no selection",
        arguments: 0..<64
    )
    func change(turn: UInt64) {
        var reads = 0
        let picked = BackendSelector.select(from: 8, rotation: turn) { position in
            reads += 1
            // In the first round all are equal; in the second, none is as good as it was.
            return Candidate(load: reads <= 8 ? 1 : 2 + position)
        }
        #expect(picked == 0)
        #expect(reads <= 16)
    }

    @Test("Backups wait until no other is usable, and one that is not usable until no backup is")
    func tiers() {
        func candidate(_ tier: BackendSelector.Tier, _ load: Int) -> Candidate {
            Candidate(tier: tier, load: load)
        }
        #expect(pick([candidate(.usableBackup, 0), candidate(.usable, 9)]) == 1)
        #expect(pick([candidate(.usableBackup, 9), candidate(.lastResort, 0)]) == 0)
        #expect(pick([candidate(.lastResortBackup, 0), candidate(.lastResort, 9)]) == 1)
        #expect(pick([nil, candidate(.lastResortBackup, 3)]) == 1)
    }
}

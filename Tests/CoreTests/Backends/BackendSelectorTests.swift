import Core
import SeededRandom
import Testing

@Suite("Picking a backend")
struct BackendSelectorTests {
    private func pick(_ loads: [Int?], turn: UInt64 = 0) -> Int? {
        BackendSelector.select(from: loads.count, rotation: turn) { loads[$0] }
    }

    @Test("The one with the fewest connections is picked")
    func leastLoad() {
        #expect(pick([3, 1, 2]) == 1)
        #expect(pick([3, nil, 2]) == 2)
        #expect(pick([0]) == 0)
    }

    @Test("Where there is no candidate, none is picked")
    func none() {
        #expect(pick([]) == nil)
        #expect(pick([nil, nil]) == nil)
        #expect(BackendSelector.select(from: -1, rotation: 0) { _ in 0 } == nil)
    }

    @Test("Equal ones take turns, and the turns of one that is down are shared by all others")
    func turns() {
        let picks = (0..<300 as Range<UInt64>).map { pick([5, nil, 5, 9, 5], turn: $0) }
        for position in [0, 2, 4] { #expect(picks.count { $0 == position } == 100) }
    }

    @Test("It agrees with a naive choice", arguments: SeededGenerator.seeds)
    func agreement(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            let loads = (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                Bool.random(using: &generator) ? Int.random(in: 0...3, using: &generator) : nil
            }
            let turn = UInt64.random(in: .min ... .max, using: &generator)
            let least = loads.compactMap { $0 }.min()
            let ties = loads.indices.filter { loads[$0] != nil && loads[$0] == least }
            let expected = ties.isEmpty ? nil : ties[Int(turn % UInt64(ties.count))]
            #expect(pick(loads, turn: turn) == expected, "seed \(seed): \(loads), \(turn)")
        }
    }

    @Test("Loads that change meanwhile never lead past the end, nor to none", arguments: 0..<64)
    func change(turn: UInt64) {
        var reads = 0
        let picked = BackendSelector.select(from: 8, rotation: turn) { position in
            reads += 1
            // In the first round all are equal; in the second, none is as good as it was.
            return reads <= 8 ? 1 : 2 + position
        }
        #expect(picked == 0)
        #expect(reads <= 16)
    }

    @Test("Where none is usable, one is picked all the same; where one is, no other")
    func panic() {
        func pick(_ usable: Set<Int>, _ loads: [Int?]) -> Int? {
            BackendSelector.select(
                from: loads.count,
                rotation: 0,
                isUsable: usable.contains,
                load: { loads[$0] }
            )
        }
        #expect(pick([2], [0, 0, 9]) == 2)
        #expect(pick([], [3, 1, 2]) == 1)
        #expect(pick([2], [3, 1, nil]) == 1, "the usable one was tried in vain")
        #expect(pick([0, 1, 2], [nil, nil, nil]) == nil)
    }
}

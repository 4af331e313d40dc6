import SeededRandom
import Sockets
import Testing

@Suite("The slot table")
struct SlotTableTests {
    @Test("A removed element's key is invalid, even if the slot is used again")
    func generations() {
        let table = SlotTable<String>()
        let first = table.insert("first")
        #expect(table[first] == "first")
        #expect(table.remove(first) == "first")
        #expect(!table.contains(first))
        let second = table.insert("second")
        #expect(second.index == first.index)
        #expect(!table.contains(first))
        #expect(table.remove(first) == nil)
        #expect(table[second] == "second")
    }

    @Test("Elements stay where they are while the table grows")
    func growth() {
        let table = SlotTable<Int>()
        let keys = (0..<10_000).map { table.insert($0) }
        #expect(table.count == 10_000)
        #expect(keys.enumerated().allSatisfy { table[$0.element] == $0.offset })
        for key in keys where table[key].isMultiple(of: 2) { _ = table.remove(key) }
        #expect(table.count == 5_000)
        #expect(table.keys.allSatisfy { !table[$0].isMultiple(of: 2) })
    }

    @Test(
        "Random insertions and removals agree with a dictionary",
        arguments: SeededGenerator.seeds
    )
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let table = SlotTable<UInt64>()
        var expected: [SlotTable<UInt64>.Key: UInt64] = [:]
        var gone: [SlotTable<UInt64>.Key] = []
        for _ in 0..<5_000 {
            if Int.random(in: 0..<5, using: &generator) < 3 || expected.isEmpty {
                let value = generator.next()
                let key = table.insert(value)
                #expect(expected[key] == nil, "seed \(seed)")
                expected[key] = value
            } else if let key = expected.keys.randomElement(using: &generator) {
                #expect(table.remove(key) == expected.removeValue(forKey: key), "seed \(seed)")
                gone.append(key)
            }
        }
        #expect(table.count == expected.count, "seed \(seed)")
        #expect(Set(table.keys) == Set(expected.keys), "seed \(seed)")
        #expect(expected.allSatisfy { table[$0.key] == $0.value }, "seed \(seed)")
        #expect(!gone.contains { table.contains($0) }, "seed \(seed)")
    }

    @Test("Remaining elements are released with the table")
    func release() {
        final class Witness {}
        weak var witness: Witness?
        do {
            let table = SlotTable<Witness>()
            let object = Witness()
            witness = object
            _ = table.insert(object)
        }
        #expect(witness == nil)
    }
}

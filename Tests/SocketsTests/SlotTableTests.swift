import Sockets
import Testing

@Suite("The slot table")
struct SlotTableTests {
    @Test("A removed element's key names nothing, also when the slot has a new tenant")
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

    @Test("Random insertions and removals agree with a dictionary")
    func random() {
        var generator = SystemRandomNumberGenerator()
        let table = SlotTable<UInt64>()
        var expected: [SlotTable<UInt64>.Key: UInt64] = [:]
        for _ in 0..<50_000 {
            if Bool.random(using: &generator) || expected.isEmpty {
                let value = UInt64.random(in: 0...UInt64.max, using: &generator)
                expected[table.insert(value)] = value
            } else if let key = expected.keys.first {
                #expect(table.remove(key) == expected.removeValue(forKey: key))
            }
        }
        #expect(table.count == expected.count)
        #expect(Set(table.keys) == Set(expected.keys))
    }

    @Test("What is left is released with the table")
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

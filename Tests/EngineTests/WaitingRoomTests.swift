import Testing

@testable import Engine

@Suite("The waiting room for clients not yet admitted")
struct WaitingRoomTests {
    /// A room, and who is really in it.
    private struct Site {
        var room = WaitingRoom<Int>(limit: 3)
        var present: Set<Int> = []

        mutating func enter(_ key: Int) {
            let present = present
            room.enter(key) { present.contains($0) }
            self.present.insert(key)
        }

        mutating func leave(_ key: Int) {
            room.leave()
            present.remove(key)
        }

        mutating func oldest() -> Int? {
            let present = present
            return room.oldest { present.contains($0) }
        }
    }

    @Test("Beyond its limit, the one that has waited longest is evicted")
    func oldest() {
        var site = Site()
        for key in 1...3 { site.enter(key) }
        #expect(!site.room.isOverfull)
        site.enter(4)
        #expect(site.room.isOverfull)
        #expect(site.oldest() == 1)
        site.leave(1)
        #expect(!site.room.isOverfull)
        site.leave(2)
        #expect(site.oldest() == 3)
    }

    @Test("An empty room evicts no client, and fills again")
    func empty() {
        var site = Site()
        #expect(site.oldest() == nil)
        site.enter(1)
        site.leave(1)
        #expect(site.oldest() == nil)
        site.enter(2)
        #expect(site.oldest() == 2)
    }

    @Test("However many come and go, the order is kept")
    func coming() {
        var site = Site()
        for key in 0..<10_000 {
            site.enter(key)
            if key >= 2 { site.leave(key - 2) }
            #expect(site.oldest() == max(0, key - 1))
            #expect(site.room.count == min(2, key + 1))
        }
    }
}

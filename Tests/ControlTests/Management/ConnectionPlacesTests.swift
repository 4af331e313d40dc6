import Testing

@testable import Control

@Suite("Who makes room")
struct ConnectionPlacesTests {
    @Test("No client, while there are free places")
    func free() {
        var places = ConnectionPlaces<Int>(limit: 3)
        for id in 0..<3 { #expect(places.enter(id) == nil) }
        #expect(places.enter(1) == nil, "who has a place keeps it")
        #expect(places.count == 3)
    }

    @Test("The one that has been idle for the longest")
    func idle() {
        var places = ConnectionPlaces<Int>(limit: 3)
        for id in 0..<3 { _ = places.enter(id) }
        places.change(0, isBusy: true)
        places.change(0, isBusy: false)
        #expect(places.enter(3) == 1)
        #expect(places.enter(4) == 2)
        #expect(places.enter(5) == 0)
    }

    @Test("If room is needed otherwise, the one that a new client would replace")
    func evicting() {
        var places = ConnectionPlaces<Int>(limit: 3)
        #expect(places.evict() == nil)
        for id in 0..<3 { _ = places.enter(id) }
        places.change(0, isBusy: true)
        #expect(places.evict() == 1)
        #expect(places.evict() == 2)
        #expect(places.evict() == 0)
        #expect(places.evict() == nil && places.count == 0)
    }

    @Test("A busy one only if all are busy, and then the one that has been for the longest")
    func busy() {
        var places = ConnectionPlaces<Int>(limit: 2)
        for id in 0..<2 {
            _ = places.enter(id)
            places.change(id, isBusy: true)
        }
        #expect(places.enter(2) == 0)
        #expect(places.enter(3) == 2, "the idle one goes before the busy one")
        places.leave(1)
        #expect(places.enter(4) == nil)
        places.change(1, isBusy: true)
        #expect(places.count == 2, "who has left does not come back")
    }
}

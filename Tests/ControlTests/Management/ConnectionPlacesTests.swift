import Addresses
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
        places.change(0, .waiting)
        places.change(0, .idle)
        #expect(places.enter(3) == 1)
        #expect(places.enter(4) == 2)
        #expect(places.enter(5) == 0)
    }

    @Test("If room is needed otherwise, the one that a new client would replace")
    func evicting() {
        var places = ConnectionPlaces<Int>(limit: 3)
        #expect(places.evict() == nil)
        for id in 0..<3 { _ = places.enter(id) }
        places.change(0, .waiting)
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
            places.change(id, .waiting)
        }
        #expect(places.enter(2) == 0)
        #expect(places.enter(3) == 2, "the idle one goes before the busy one")
        places.leave(1)
        #expect(places.enter(4) == nil)
        places.change(1, .waiting)
        #expect(places.count == 2, "who has left does not come back")
    }

    @Test("One that sends a body before one that waits for its answer, and after idle ones")
    func sending() {
        var places = ConnectionPlaces<Int>(limit: 4)
        for (id, activity) in [(0, .waiting), (1, .sending), (2, .sending), (3, .idle)]
            as [(Int, ConnectionPlaces<Int>.Activity)]
        {
            _ = places.enter(id)
            places.change(id, activity)
        }
        places.change(1, .sending)
        let order = (0..<4).map { _ in places.evict() }
        #expect(order == [3, 2, 1, 0])
    }

    @Test("One of a source with more than a quarter of the places, even a busy one")
    func crowd() {
        let (stranger, owner) = (
            IPAddress.v4(IPv4Address(192, 0, 2, 1)), IPAddress.v4(IPv4Address(192, 0, 2, 2))
        )
        var places = ConnectionPlaces<Int>(limit: 8)
        #expect(places.enter(100, from: owner) == nil)
        for id in 0..<7 {
            #expect(places.enter(id, from: stranger, id == 3 ? .sending : .waiting) == nil)
        }
        #expect(places.enter(101, from: owner) == 3, "the one that the gateway waits for")
        #expect(places.enter(7, from: stranger) == 0, "then the one that is busy the longest")
        #expect(places.enter(102, from: IPAddress.v4(IPv4Address(192, 0, 2, 3))) == 7)
        for id in [1, 2, 4] { places.leave(id) }
        for id in 200..<203 { #expect(places.enter(id) == nil, "of no source") }
        #expect(places.enter(203) == 100, "nobody has too many")
    }
}

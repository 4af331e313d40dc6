import Sockets
import Testing

@testable import Engine

@Suite("Event tokens")
struct EventTokenTests {
    @Test(
        "A connection's token contains its key and side",
        arguments: [(0, 0), (1, 1), (UInt32.max, 1 << 30 - 1), (123_456, 77)]
    )
    func connections(index: UInt32, generation: UInt32) {
        let key = EventToken.ConnectionKey(index: index, generation: generation)
        #expect(EventToken.client(key).kind == .client(key))
        #expect(EventToken.backend(key).kind == .backend(key))
    }

    @Test("A listener's token contains its number", arguments: [0, 1, UInt32.max])
    func listeners(number: UInt32) {
        let id = ListenerID(rawValue: number)
        #expect(EventToken.listener(id).kind == .listener(id))
    }

    @Test("The shard's own tokens are not mistaken for a connection's")
    func own() {
        #expect(EventToken.wake.kind == .wake)
        #expect(EventToken.timer.kind == .timer)
    }
}

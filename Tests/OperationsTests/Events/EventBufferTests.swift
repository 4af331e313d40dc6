import Operations
import Testing

@Suite("Events that wait for a client")
struct EventBufferTests {
    private func event(_ number: Int, byteCount: Int = 8) -> StreamEvent {
        StreamEvent("denials", data: "\(number)".padded(to: byteCount))
    }

    @Test("They come in their order")
    func order() {
        var buffer = EventBuffer()
        #expect(buffer.isEmpty)
        let taken = (0..<5).filter { buffer.append(event($0), of: .denials) }
        #expect(taken.count == 5 && !buffer.isEmpty)
        let all = buffer.all()
        #expect(all == (0..<5).map { event($0) } && buffer.isEmpty)
    }

    @Test("Beyond the limits they are lost, and the client is told how many of each kind")
    func lost() {
        var buffer = EventBuffer(countLimit: 4)
        let taken = (0..<10).filter { buffer.append(event($0), of: .denials) }
        #expect(taken == [0, 1, 2])
        let isSent = buffer.append(StreamEvent("sessions", data: "{}"), of: .sessions)
        #expect(!isSent)
        let all = buffer.all()
        #expect(all.count == 4)
        #expect(all.last == StreamEvent("lost", data: #"{"denials":7,"sessions":1}"#))
    }

    @Test("What was lost is reported where it is missing")
    func position() {
        var buffer = EventBuffer(countLimit: 3)
        for number in 0..<4 { _ = buffer.append(event(number), of: .denials) }
        let first = buffer.next()
        _ = buffer.append(event(9), of: .denials)
        let rest = buffer.all()
        #expect(first == event(0))
        #expect(rest == [event(1), StreamEvent("lost", data: #"{"denials":2}"#), event(9)])
    }

    @Test("Its memory is bounded, whatever comes")
    func memory() {
        var buffer = EventBuffer(byteLimit: 10_000)
        for number in 0..<1_000 { _ = buffer.append(event(number, byteCount: 999), of: .denials) }
        let count = buffer.all().count
        #expect((9...11).contains(count))
    }

    @Test("A single event may be larger than the limit")
    func large() {
        var buffer = EventBuffer(byteLimit: 10)
        let large = buffer.append(event(1, byteCount: 100), of: .sessions)
        let next = buffer.append(event(2, byteCount: 1), of: .sessions)
        #expect(large && !next)
    }

    @Test("Of statuses only the newest waits")
    func status() {
        var buffer = EventBuffer()
        for number in 0..<1_000 {
            buffer.replaceStatus(StreamEvent("status", data: "\(number)"))
        }
        let all = buffer.all()
        #expect(all == [StreamEvent("status", data: "999")])
    }

    @Test("Data cannot begin another field or another event")
    func injection() {
        let event = StreamEvent("changes", id: 7, data: "a\r\nid: 1\n\nevent: x")
        #expect(event.text == "id: 7\nevent: changes\ndata: aid: 1event: x\n\n")
    }
}

@Suite("Places for streams")
struct StreamPlacesTests {
    @Test("A key has some of them, and all keys together have more")
    func limits() throws {
        var places = StreamPlaces(limit: 3, limitPerKey: 2)
        try places.enter("a")
        try places.enter("a")
        #expect(throws: StreamPlaces.Refusal.full(key: 2)) { try places.enter("a") }
        try places.enter("b")
        #expect(throws: StreamPlaces.Refusal.allFull(3)) { try places.enter("c") }
        places.leave("a")
        try places.enter("c")
        #expect(places.count == 3)
    }

    @Test("Keys cannot take the places of the local user")
    func local() throws {
        var places = StreamPlaces(limit: 1, limitPerKey: 2)
        try places.enter("key:a")
        try places.enter("local:0", hasOwnPlaces: true)
        try places.enter("local:0", hasOwnPlaces: true)
        #expect(throws: StreamPlaces.Refusal.full(key: 2)) {
            try places.enter("local:0", hasOwnPlaces: true)
        }
        places.leave("local:0", hasOwnPlaces: true)
        #expect(throws: StreamPlaces.Refusal.allFull(1)) { try places.enter("key:b") }
    }

    @Test("Somebody who has none cannot leave one")
    func strangers() throws {
        var places = StreamPlaces(limit: 1)
        for _ in 0..<5 { places.leave("a") }
        try places.enter("a")
        #expect(throws: StreamPlaces.Refusal.allFull(1)) { try places.enter("b") }
    }

    @Test("Nobody enters once the gateway stops")
    func closed() {
        var places = StreamPlaces()
        places.close()
        #expect(throws: StreamPlaces.Refusal.closed) { try places.enter("a") }
    }
}

@Suite("Reading a stream of events")
struct EventReaderTests {
    private let text = """
        retry: 3000

        :

        id: 7
        event: changes
        data: {"a":1}

        event: lost
        data: {"denials":3}


        """
    private let events = [
        StreamEvent("changes", id: 7, data: #"{"a":1}"#),
        StreamEvent("lost", data: #"{"denials":3}"#),
    ]

    @Test("What was written is read again, in pieces of any length", arguments: [1, 2, 7, 1_000])
    func pieces(_ length: Int) {
        for ending in ["\n", "\r\n", "\r"] {
            let bytes = Array(text.replacing("\n", with: ending).utf8)
            var reader = EventReader()
            var read: [StreamEvent] = []
            for start in stride(from: 0, to: bytes.count, by: length) {
                read += reader.read(Array(bytes[start..<min(start + length, bytes.count)]))
            }
            #expect(read == events)
        }
    }

    @Test("An event that is not complete is not reported")
    func incomplete() {
        var reader = EventReader()
        let events = reader.read(Array("event: a\ndata: b\n".utf8))
        #expect(events.isEmpty)
    }
}

extension EventBuffer {
    fileprivate mutating func all() -> [StreamEvent] {
        var events: [StreamEvent] = []
        while let event = next() { events.append(event) }
        return events
    }
}

extension String {
    fileprivate func padded(to count: Int) -> String {
        self + String(repeating: ".", count: max(0, count - utf8.count))
    }
}

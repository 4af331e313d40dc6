import Testing
import Traffic

@Suite("What ends and failures of a relayed connection mean")
struct RelayTests {
    private func actions(_ events: Relay.Event...) -> [Relay.Action] {
        var relay = Relay()
        return events.map { relay.handle($0) }
    }

    @Test("The end of a stream is passed on as a half-close, and two ends are the end")
    func halfClose() {
        let client = actions(.endOfStream(from: .client), .endOfStream(from: .backend))
        #expect(client == [.shutdownWrite(.backend), .finish(.finished)])
        let backend = actions(.endOfStream(from: .backend), .endOfStream(from: .client))
        #expect(backend == [.shutdownWrite(.client), .finish(.finished)])
    }

    @Test("Between the end of one direction and that of the other it is half closed")
    func isHalfClosed() {
        for first in RelaySide.allCases {
            var relay = Relay()
            #expect(!relay.isHalfClosed)
            _ = relay.handle(.endOfStream(from: first))
            #expect(relay.isHalfClosed)
            _ = relay.handle(.endOfStream(from: first.opposite))
            #expect(!relay.isHalfClosed)
        }
        var relay = Relay()
        _ = relay.handle(.writeFailed(.backend, .reset))
        #expect(relay.isHalfClosed, "what the client sends nobody reads")
    }

    @Test("A reset is passed on, and says whose it was")
    func resets() {
        #expect(actions(.readFailed(.client, .reset)) == [.abort(.clientReset)])
        #expect(actions(.readFailed(.backend, .reset)) == [.abort(.backendReset)])
        let late = actions(.endOfStream(from: .client), .readFailed(.backend, .reset))
        #expect(late == [.shutdownWrite(.backend), .abort(.backendReset)])
    }

    @Test(
        "A side whose machine is gone is distinguished from one that resets, by its first failure"
    )
    func unreachable() {
        #expect(actions(.readFailed(.client, .unreachable)) == [.abort(.clientUnreachable)])
        #expect(actions(.readFailed(.backend, .unreachable)) == [.abort(.backendUnreachable)])
        // The system says why once, here to the write, and then that the stream has ended.
        let told = actions(.writeFailed(.client, .unreachable), .endOfStream(from: .client))
        #expect(told == [.none, .abort(.clientUnreachable)])
        let reset = actions(.writeFailed(.client, .unreachable), .readFailed(.client, .reset))
        #expect(reset == [.none, .abort(.clientUnreachable)])
        let other = actions(.writeFailed(.client, .unreachable), .readFailed(.backend, .reset))
        #expect(other == [.none, .abort(.backendReset)])
    }

    @Test("A server's early answer still reaches the client that it no longer reads from")
    func earlyAnswer() {
        let answered = actions(.writeFailed(.backend, .reset), .endOfStream(from: .backend))
        #expect(answered == [.none, .finishGently(.backendReset)])
        let reset = actions(.writeFailed(.backend, .reset), .readFailed(.backend, .reset))
        #expect(reset == [.none, .abort(.backendReset)])
    }

    @Test("A client's reset is passed on as a reset, even if a write detected it first")
    func brokenOff() {
        let sent = actions(.writeFailed(.client, .reset), .endOfStream(from: .client))
        #expect(sent == [.none, .abort(.clientReset)])
    }

    @Test("When neither direction can go on, the last failure ends the connection")
    func bothBroken() {
        let both = actions(.writeFailed(.client, .reset), .writeFailed(.backend, .reset))
        #expect(both == [.none, .abort(.backendReset)])
        let afterEnd = actions(.endOfStream(from: .backend), .writeFailed(.backend, .reset))
        #expect(afterEnd == [.shutdownWrite(.client), .abort(.backendReset)])
    }

    @Test("A failure of a direction that has ended already changes nothing")
    func nothingLeft() {
        let events = actions(.endOfStream(from: .client), .writeFailed(.backend, .reset))
        #expect(events == [.shutdownWrite(.backend), .none])
    }
}

/// Every sequence of up to five events.
@Suite("A relayed connection, whatever happens in whatever order")
struct RelaySequenceTests {
    private static let events: [Relay.Event] = RelaySide.allCases.flatMap { side in
        [.endOfStream(from: side), .readFailed(side, .reset), .writeFailed(side, .reset)]
    }

    /// - Parameter body: gets each sequence with the action that each of its events had.
    private func forEachSequence(_ body: ([Relay.Event], [Relay.Action]) -> Void) {
        func extend(_ relay: Relay, _ past: [Relay.Event], _ actions: [Relay.Action]) {
            body(past, actions)
            guard past.count < 5 else { return }
            for event in Self.events {
                var next = relay
                let action = next.handle(event)
                extend(next, past + [event], actions + [action])
            }
        }
        extend(Relay(), [], [])
    }

    private func isEnd(_ action: Relay.Action) -> Bool {
        switch action {
        case .finish, .finishGently, .abort: true
        case .none, .shutdownWrite: false
        }
    }

    @Test("It ends once, and nothing follows")
    func oneEnd() {
        forEachSequence { events, actions in
            guard let end = actions.firstIndex(where: isEnd) else { return }
            let isQuiet = actions[(end + 1)...].allSatisfy { $0 == .none }
            if !isQuiet { Issue.record("\(events): \(actions)") }
        }
    }

    @Test("A side is told once that no more comes, and only when the other side has ended")
    func shutdowns() {
        forEachSequence { events, actions in
            for side in RelaySide.allCases {
                let told = actions.indices.filter { actions[$0] == .shutdownWrite(side) }
                let isRight = told.allSatisfy { events[$0] == .endOfStream(from: side.opposite) }
                if told.count > 1 || !isRight { Issue.record("\(events): \(actions)") }
            }
        }
    }

    @Test("It is finished in good order if and only if both streams ended and nothing failed")
    func goodOrder() {
        forEachSequence { events, actions in
            guard let end = actions.firstIndex(where: isEnd) else { return }
            let past = events[...end]
            let failed = past.contains { event in
                if case .endOfStream = event { false } else { true }
            }
            let isFinished = actions[end] == .finish(.finished)
            // A failure towards a side whose opposite has ended is none: see `nothingLeft`.
            if !failed && !isFinished { Issue.record("\(events): \(actions)") }
            guard isFinished else { return }
            let bothEnded = RelaySide.allCases.allSatisfy { past.contains(.endOfStream(from: $0)) }
            if !bothEnded { Issue.record("\(events): \(actions)") }
        }
    }

    @Test("A side that fails to be read ends it at once, in its name")
    func readFailures() {
        forEachSequence { events, actions in
            guard case .readFailed(let side, _)? = events.last,
                !actions.dropLast().contains(where: isEnd)
            else { return }
            let expected: ConnectionEnd = side == .client ? .clientReset : .backendReset
            if actions.last != .abort(expected) { Issue.record("\(events): \(actions)") }
        }
    }
}

import Operations
import Policy
import Testing
import Time

@testable import sluice

@Suite("Events for people")
struct EventLinesTests {
    @Test("Sessions and denials have a line each")
    func lines() {
        let sessions = StreamEvent(
            "sessions",
            data: """
                {"changed":[],"closed":[3],"complete":true,"connections":1,"snapshot":false,"opened":[
                {"bytesIn":0,"bytesOut":0,"client":"192.0.2.1:5","connection":9,"durationMilliseconds":1,
                "idleMilliseconds":1,"introducedBy":[],"link":"public","listener":"0.0.0.0:9030",
                "peer":"192.0.2.1:5","protocol":"mysql","startedAt":"2026-11-29T03:00:00Z",
                "warehouse":"W"}]}
                """
        )
        #expect(
            EventLines(sessions).lines == [
                "opened   9  W  192.0.2.1:5 at 0.0.0.0:9030", "closed   3",
            ]
        )
        let denials = StreamEvent(
            "denials",
            data: """
                {"omitted":7,"denials":[{"added":3,"count":5,"detail":"",
                "firstSeen":"2026-11-29T03:00:00Z","lastSeen":"2026-11-29T03:00:00Z",
                "listener":"0.0.0.0:9030","reason":"notInWhitelist","source":"192.0.2.9/32"}]}
                """
        )
        #expect(
            EventLines(denials).lines == [
                "denied   192.0.2.9/32  -  notInWhitelist at 0.0.0.0:9030 (3 times)",
                "denied   7 more",
            ]
        )
    }

    @Test("Changes, losses and the end are shown; the status is for programs")
    func others() {
        let change = StreamEvent(
            "changes",
            id: 7,
            data: """
                {"number":7,"at":"2026-11-29T03:00:00Z","action":"key.create","target":"k1",
                "actor":{"kind":"key","name":"ci","address":"192.0.2.1"}}
                """
        )
        #expect(EventLines(change).lines == ["changed  #7  key.create k1 by ci from 192.0.2.1"])
        let lost = StreamEvent("lost", data: #"{"denials":3}"#)
        #expect(EventLines(lost).lines == [#"lost     {"denials":3} (this client is too slow)"#])
        let end = StreamEvent("end", data: #"{"reason":"the key was removed"}"#)
        #expect(EventLines(end).lines == ["end      the key was removed"])
        #expect(EventLines(StreamEvent("status", data: "{}")).lines.isEmpty)
        #expect(EventLines(StreamEvent("changes", data: "nonsense")).lines.isEmpty)
    }
}

@Suite("Counts for people")
struct CountTextTests {
    @Test("A picture fits its width, and its highest bar is the greatest sum")
    func sparkline() {
        #expect(Sparkline([0, 1, 4, 8], width: 9).description == "▁▂▅█")
        #expect(Sparkline([1, 1, 8, 8, 0, 0], width: 3).description == "▂█▁")
        #expect(
            Sparkline(Array(repeating: .max / 2_000, count: 1_440), width: 48).description.count
                == 48
        )
        #expect(Sparkline([], width: 48).description.isEmpty)
        #expect(Sparkline([0, 0], width: 48).description == "▁▁")
    }

    @Test("A series is a row of sums")
    func table() throws {
        var history = CountHistory()
        var listener = ListenerStatus()
        (listener.warehouse, listener.accepted, listener.admitted) = ("W", 12, 11)
        history.record([listener], at: UnixTime(seconds: 1_795_428_061))
        let text = CountText(try history.table()).description
        #expect(text.contains("W          public  tcp             12        11       0"))
        #expect(text.hasSuffix("since 2026-11-23T10:00:00Z\n"))
        #expect(CountText(try CountHistory().table()).description == "no connections counted yet\n")
    }
}

import Addresses
import CIDRTrie
import Foundation
import NIOCore
import NIOEmbedded
import Operations
import Policy
import Settings
import Store
import Synchronization
import Testing
import Time

@testable import Control

@Suite("Streams of events", .timeLimit(.minutes(10)))
struct EventStreamTests {
    @Test("A stream has the status, the sessions and what changes")
    func types() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("full")
            let client = try served.request("/v1/events", key: key.secret)
            #expect(try await client.expect("event: status\n"))
            #expect(try await client.expect("event: sessions\n"))
            #expect(client.text.contains("Content-Type: text/event-stream"))
            #expect(client.text.contains("retry: 3000\n"))
            served.gateway.deny("A", 3)
            #expect(try await client.expect("event: denials\n"))
            #expect(client.text.contains(#""added":3"#))
            _ = try await served.key("other", .read)
            #expect(try await client.expect("event: changes\n"))
            #expect(client.text.contains(#""action":"key.create""#))
        }
    }

    @Test("A status that has not changed is not sent again")
    func unchanged() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("full")
            let client = try served.request("/v1/events?types=status,denials", key: key.secret)
            #expect(try await client.expect("event: status\n"))
            // A look that has something to report comes after others that had not.
            try await Task.sleep(for: .milliseconds(2_500))
            served.gateway.deny("A", 1)
            #expect(try await client.expect("event: denials\n"))
            #expect(client.text.count(of: "event: status\n") == 1)
        }
    }

    @Test("A key for some warehouses learns nothing of others, and no changes")
    func scope() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("b", .administer, warehouses: ["B"])
            let client = try served.request("/v1/events", key: key.secret)
            #expect(try await client.expect("event: sessions\n"))
            served.gateway.deny("A", 5, source: 7)
            served.gateway.script.withLock { script in
                var listener = ListenerStatus()
                (listener.warehouse, listener.activeConnections) = ("A", 4)
                script.status.listeners = [listener]
            }
            _ = try await served.key("other", .read)
            try await Task.sleep(for: .milliseconds(1_500))
            served.gateway.deny("B", 1, source: 9)
            #expect(try await client.expect("192.0.2.9"))
            #expect(!client.text.contains("192.0.2.7") && !client.text.contains("event: changes"))
            #expect(client.text.count(of: "event: sessions\n") == 1)
            #expect(client.text.count(of: "event: status\n") == 1)
        }
    }

    @Test(
        "What a key may not see, and what does not exist, is refused",
        arguments: [
            ("/v1/events?types=changes", "403"), ("/v1/events?warehouse=A", "404"),
            ("/v1/events?warehouse=C", "404"), ("/v1/events?types=", "400"),
            ("/v1/events?types=status,foo", "400"), ("/v1/events?key=sk-1", "400"),
        ]
    )
    func refusals(_ path: String, _ status: String) async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("b", .read, warehouses: ["B"])
            let client = try served.request(path, key: key.secret)
            #expect(try await client.expect("HTTP/1.1 \(status)"))
            #expect(served.plane.events.status.open == 0)
        }
    }

    @Test("Last-Event-ID gets the changes since, and those only")
    func lastEventID() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("full")
            let last = served.store.auditNumber
            for name in ["x", "y"] { _ = try await served.key(name, .read) }
            let client = try served.request(
                "/v1/events?types=changes",
                key: key.secret,
                headers: ["Last-Event-ID: \(last)"]
            )
            #expect(try await client.expect("id: \(last + 2)\n"))
            #expect(client.text.count(of: "event: changes\n") == 2)
            let wrong = try served.request(
                "/v1/events",
                key: key.secret,
                headers: ["Last-Event-ID: -1"]
            )
            #expect(try await wrong.expect("HTTP/1.1 400"))
        }
    }

    @Test("An id that is far ahead is the newest")
    func futureID() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("full")
            let client = try served.request(
                "/v1/events?types=changes",
                key: key.secret,
                headers: ["Last-Event-ID: \(Int64.max)"]
            )
            #expect(try await client.expect("retry"))
            _ = try await served.key("x", .read)
            #expect(try await client.expect("event: changes\n"))
        }
    }

    enum Revocation: CaseIterable {
        case disabled, removed, role, sources
    }

    @Test("A stream ends when its key is changed or removed", arguments: Revocation.allCases)
    func revocation(_ revocation: Revocation) async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("b", .read)
            let client = try served.request("/v1/events", key: key.secret)
            #expect(try await client.expect("event: status\n"))
            _ = try await served.writer.write(by: .gateway) { transaction in
                switch revocation {
                case .disabled: _ = try transaction.changeKey(key.id) { $0.isEnabled = false }
                case .removed: try transaction.removeKey(key.id)
                case .role: _ = try transaction.changeKey(key.id) { $0.role = .operate }
                case .sources:
                    _ = try transaction.changeKey(key.id) {
                        $0.allowedSources = [CIDRBlock.allIPv6]
                    }
                }
            }
            #expect(try await ServedEvents.eventually { client.isEnded })
            #expect(try await ServedEvents.eventually { served.plane.events.status.open == 0 })
        }
    }

    @Test("A stream ends when its key expires")
    func expiry() async throws {
        try await ServedEvents.run { served in
            let soon = UnixTime(seconds: UnixTime.systemTime.seconds + 2)
            let key = try await served.key("b", .read, expiresAt: soon)
            let client = try served.request("/v1/events", key: key.secret)
            #expect(try await ServedEvents.eventually { client.isEnded })
        }
    }

    @Test("A stream ends when its login was not used for too long, which the stream is no use of")
    func idleLogin() async throws {
        try await ServedEvents.run { served in
            let token = try await served.login("anna")
            let client = try served.request("/v1/events", token: token)
            #expect(try await client.expect("event: status\n"))
            served.gateway.script.withLock { $0.accounts.idle = .seconds(2) }
            #expect(try await client.expect("the login was not used for too long"))
            #expect(try await ServedEvents.eventually { client.isEnded })
        }
    }

    @Test("A revoked client that does not read is cut off all the same")
    func revokedStall() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("b", .read)
            let client = try served.request("/v1/events?types=denials", key: key.secret)
            #expect(try await client.expect("retry"))
            for source in UInt8(0)..<200 { served.gateway.deny("A", 1, source: source) }
            _ = try await served.writer.write(by: .gateway) { try $0.removeKey(key.id) }
            #expect(try await ServedEvents.eventually { served.plane.events.status.open == 0 })
        }
    }

    @Test("A key has so many streams, which others get when it closes them")
    func places() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("a", .read)
            var clients: [EventClient] = []
            for _ in 0..<8 {
                let client = try served.request("/v1/events", key: key.secret)
                #expect(try await client.expect("HTTP/1.1 200"))
                clients.append(client)
            }
            let further = try served.request("/v1/events", key: key.secret)
            #expect(try await further.expect("HTTP/1.1 429"))
            #expect(further.text.contains("TooManyStreams"))
            clients.removeLast().close()
            #expect(try await ServedEvents.eventually { served.plane.events.status.open == 7 })
            let next = try served.request("/v1/events", key: key.secret)
            #expect(try await next.expect("HTTP/1.1 200"))
            #expect(served.plane.events.status.refused == 1)
        }
    }

    @Test("HEAD opens no stream")
    func head() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("a", .read)
            let client = try EventClient(port: served.port)
            try client.send(
                "HEAD /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: \(key.secret)\r\n\r\n"
            )
            #expect(try await client.expect("HTTP/1.1 200"))
            #expect(served.plane.events.status.open == 0)
        }
    }

    @Test("A stream outlives the time of other connections")
    func lifetime() async throws {
        var limits = ManagementLimits()
        (limits.lifetime, limits.idle) = (.seconds(2), .seconds(2))
        try await ServedEvents.run(limits: limits) { served in
            let key = try await served.key("a", .read)
            func open() async throws -> EventClient {
                // On a busy machine the time may be over before the stream begins.
                while true {
                    let client = try served.request("/v1/events?types=denials", key: key.secret)
                    if try await client.expect("retry") { return client }
                }
            }
            let client = try await open()
            try await Task.sleep(for: .seconds(4))
            served.gateway.deny("A", 1)
            #expect(try await client.expect("event: denials\n"))
        }
    }

    @Test("Streams end at once when the server stops")
    func shutdown() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("a", .read)
            let client = try served.request("/v1/events", key: key.secret)
            #expect(try await client.expect("event: status\n"))
            served.plane.events.close()
            #expect(try await ServedEvents.eventually { client.isEnded })
            let late = try served.request("/v1/events", key: key.secret)
            #expect(try await late.expect("HTTP/1.1 503"))
        }
    }

    @Test("The gateway is not looked at while nobody listens")
    func idle() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("a", .read)
            let client = try served.request("/v1/events", key: key.secret)
            #expect(try await client.expect("event: status\n"))
            client.close()
            #expect(try await ServedEvents.eventually { served.plane.events.status.open == 0 })
            // On a busy machine the last look may come some time after the end.
            let isQuiet = try await ServedEvents.eventually {
                let looks = served.gateway.script.withLock { $0.looks }
                try await Task.sleep(for: .seconds(2))
                return served.gateway.script.withLock { $0.looks } == looks
            }
            #expect(isQuiet)
        }
    }
}

extension String {
    fileprivate func count(of part: String) -> Int { components(separatedBy: part).count - 1 }
}

@Suite("A client that does not read")
struct SlowClientTests {
    private func stream() -> EventStream {
        EventStream(
            .init(
                principal: .local(userID: 0),
                kinds: Set(EventKind.allCases),
                warehouse: nil,
                lastChange: nil
            ),
            on: NIOAsyncTestingChannel()
        )
    }

    @Test("It loses events beyond the limits, and gets the sessions as a whole afterwards")
    func lost() {
        let stream = stream()
        #expect(stream.needsSnapshot)
        let event = StreamEvent("sessions", data: String(repeating: "x", count: 10_000))
        let sent = (0..<500).count { _ in stream.send(event, of: .sessions) }
        #expect((26...27).contains(sent) && stream.needsSnapshot)
        var names: [String] = []
        while case .text(let text) = stream.nextStep() {
            names.append(text.contains("event: lost") ? "lost" : "sessions")
        }
        #expect(names.count == sent + 1 && names.last == "lost")
        #expect(stream.send(event, of: .sessions) && !stream.needsSnapshot)
    }

    @Test("It is told from one that has nothing to read")
    func stalled() {
        let stream = stream()
        let later = ContinuousClock.now + .seconds(61)
        #expect(!stream.isStalled(for: .seconds(60), at: later))
        stream.beginWrite()
        #expect(stream.isStalled(for: .seconds(60), at: later))
        stream.endWrite()
        #expect(!stream.isStalled(for: .seconds(60), at: later))
    }

    @Test("A comment is sent when nothing else was for a while, and not while something is written")
    func heartbeat() {
        let stream = stream()
        let later = ContinuousClock.now + .seconds(16)
        stream.beat(after: .seconds(15), at: .now)
        #expect(stream.nextStep().isWait)
        stream.beginWrite()
        stream.beat(after: .seconds(15), at: later)
        #expect(stream.nextStep().isWait)
        stream.endWrite()
        stream.beat(after: .seconds(15), at: later)
        #expect(!stream.nextStep().isWait && stream.nextStep().isWait)
    }

    @Test("A client that reads is told why its stream ends")
    func reason() async throws {
        try await ServedEvents.run { served in
            let key = try await served.key("a", .read)
            let client = try served.request("/v1/events", key: key.secret)
            #expect(try await client.expect("event: status\n"))
            for stream in served.plane.events.streams { stream.end(.reason("for a test")) }
            #expect(try await client.expect(#"event: end\#ndata: {"reason":"for a test"}"#))
        }
    }

    @Test("A stream that has ended writes nothing more")
    func ended() {
        let stream = stream()
        stream.send(StreamEvent("sessions", data: "{}"), of: .sessions)
        stream.end(.gone)
        stream.end(.reason("later"))
        #expect(stream.nextStep().isWait && stream.ending == .gone)
    }
}

extension EventStream.Step {
    fileprivate var isWait: Bool { if case .wait = self { true } else { false } }
}

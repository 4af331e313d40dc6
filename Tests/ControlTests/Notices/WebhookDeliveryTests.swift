import Addresses
import Dispatch
import Foundation
import Operations
import ScriptedServers
import Store
import Testing
import Text
import Time

@testable import Control

@Suite("Delivering notices", .timeLimit(.minutes(3)))
struct WebhookDeliveryTests {
    private typealias Answer = ScriptedServer.Answer

    private static let ok = Answer(raw: "HTTP/1.1 204 No Content\r\n\r\n")

    private static func status(_ status: Int, headers: [String] = []) -> Answer {
        Answer("", status: status, headers: headers)
    }

    /// Runs a test with a receiver that gives these answers.
    private static func run(
        _ answers: [Answer],
        allowed: [String] = ["127.0.0.0/8"],
        limits: WebhookExchange.Limits = WebhookExchange.Limits(),
        _ test: (Receiver, ScriptedServer) async throws -> Void
    ) async throws {
        try await ScriptedServer.run(answers) { server in
            let receiver = try Receiver(
                "http://\(server.address)/hook?a=b",
                allowed: allowed,
                limits: limits
            )
            try await test(receiver, server)
            receiver.sender.close()
        }
    }

    @Test("A notice is posted as JSON, signed, with an id of its own")
    func message() async throws {
        try await Self.run([Self.ok]) { receiver, server in
            receiver.sender.add(Receiver.change("a"))
            let attempts = try await receiver.attempts(1)
            let request = try #require(server.requests.first)
            #expect(request.line == "POST /hook?a=b HTTP/1.1")
            #expect(request.headers["content-type"] == "application/json")
            #expect(request.headers["user-agent"] == "sluice/\(Version.current)")
            #expect(request.headers["host"] == server.address)
            #expect(try receiver.isSigned(request))
            let body = try JSONValue(parsing: Array(request.body.utf8))
            #expect(body["event"] == "raised" && body["notice", "kind"] == "backendDown")
            #expect(body["notice", "sentence"] == "The backend a is down.")
            #expect(body["notice", "at"] == "2026-11-23T10:00:00Z")
            #expect(body["deliveryId"]?.string == request.headers["sluice-delivery"])
            #expect(attempts.map(\.status) == [204] && attempts[0].delivered)
            #expect(attempts[0].deliveryId == request.headers["sluice-delivery"])
            #expect(receiver.sender.status.delivered == 1)
        }
    }

    @Test("Signatures are HMAC-SHA256 (RFC 4231, case 2)")
    func vector() throws {
        #expect(
            try Receiver.signature(of: "what do ya want for nothing?", by: "Jefe")
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
    }

    @Test("What fails is tried again, with the same id and body and a signature of its time")
    func retry() async throws {
        let answers = [Self.status(500), Answer(raw: ""), Answer(raw: "", ending: .reset), Self.ok]
        try await Self.run(answers) { receiver, server in
            receiver.sender.add(Receiver.change("a"))
            let attempts = try await receiver.attempts(4, advancingBy: .seconds(3_600))
            #expect(attempts.map(\.delivered) == [false, false, false, true])
            #expect(attempts.map(\.attempt) == [1, 2, 3, 4])
            #expect(attempts[0].error == "HTTP status 500" && attempts[1].status == nil)
            #expect(Set(attempts.map(\.deliveryId)).count == 1)
            #expect(Set(server.requests.map(\.body)).count == 1)
            #expect(try server.requests.allSatisfy(receiver.isSigned))
            #expect(receiver.sender.status.delivered == 1)
            #expect(receiver.sender.status.failedAttempts == 3)
        }
    }

    @Test("A redirect is not followed")
    func redirect() async throws {
        try await ScriptedServer.run([Self.ok]) { target in
            let location = "Location: http://\(target.address)/"
            for status in [301, 302, 303, 307, 308] {
                let answer = Self.status(status, headers: [location])
                try await Self.run([answer]) { receiver, server in
                    let attempt = await receiver.sender.test(receiver.webhook)
                    #expect(!attempt.delivered && attempt.status == status)
                    #expect(attempt.error?.contains("redirects are not followed") == true)
                }
            }
            #expect(target.requests.isEmpty)
        }
    }

    @Test("A huge or endless answer costs nothing: the status decides")
    func largeAnswers() async throws {
        let huge = Answer(String(repeating: "a", count: 8 << 20))
        let endless = Answer(
            raw: "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\na",
            ending: .open
        )
        let head = "HTTP/1.1 200 OK\r\n"
        let dripping = Answer(raw: head + "\r\n", ending: .dripping("a"))
        let flood = Answer(
            raw: head + "Transfer-Encoding: chunked\r\n\r\n",
            ending: .dripping("1000\r\n\(String(repeating: "a", count: 4_096))\r\n")
        )
        for answer in [huge, endless, dripping, flood] {
            try await Self.run([answer]) { receiver, _ in
                let attempt = await receiver.sender.test(receiver.webhook)
                #expect(attempt.delivered && attempt.status == 200, "\(attempt)")
            }
        }
    }

    @Test("A receiver that never answers, or not in HTTP, has failed")
    func badAnswers() async throws {
        var limits = WebhookExchange.Limits()
        limits.step = .milliseconds(200)
        let silent = Answer(raw: "HTTP/1.1 2", ending: .open)
        let slow = Answer(raw: "HTTP/1.1 200 OK\r\n", ending: .dripping("X: y\r\n"))
        let hints = Answer(raw: "", ending: .dripping("HTTP/1.1 103 Early Hints\r\n\r\n"))
        for (answer, words) in [
            (silent, "no response within 200ms"), (slow, "no response within 200ms"),
            (hints, "no response within 200ms"), (Answer(raw: "ssh\r\n\r\n"), ""),
        ] {
            try await Self.run([answer], limits: limits) { receiver, _ in
                let attempt = await receiver.sender.test(receiver.webhook)
                #expect(!attempt.delivered && attempt.status == nil)
                #expect(attempt.error?.hasPrefix(words) == true, "\(attempt)")
            }
        }
    }

    @Test("Notices arrive in order, and 410 ends a delivery at once")
    func order() async throws {
        try await Self.run([Self.ok, Self.status(410), Self.ok]) { receiver, server in
            for number in 0..<8 { receiver.sender.add(Receiver.change("\(number)")) }
            let attempts = try await receiver.attempts(8)
            #expect(server.requests.compactMap(Receiver.subject) == (0..<8).map(String.init))
            #expect(attempts.map(\.status) == [204, 410] + Array(repeating: 204, count: 6))
            #expect(receiver.sender.status.abandoned == 1 && receiver.sender.status.delivered == 7)
        }
    }

    @Test("A receiver that hangs delays no other, and what waits for it is bounded")
    func slowReceiver() async throws {
        try await Self.run([Answer(raw: "", ending: .open)]) { slow, _ in
            for number in 0..<1_100 { slow.sender.add(Receiver.change("\(number)")) }
            try await Self.run([Self.ok]) { quick, _ in
                quick.sender.add(Receiver.change("a"))
                _ = try await quick.attempts(1)
                #expect(quick.sender.status.delivered == 1)
            }
            #expect(slow.sender.status.waiting <= 1_001 && slow.sender.status.dropped >= 99)
        }
    }

    @Test("What waits for a webhook that was removed or disabled is forgotten")
    func removal() async throws {
        try await Self.run([Self.status(503)]) { receiver, server in
            receiver.sender.add(Receiver.change("a"))
            _ = try await receiver.attempts(1)
            _ = try receiver.stored.store.write(by: .gateway, at: .systemTime) { transaction in
                try transaction.changeWebhook(receiver.webhook.id) { $0.isEnabled = false }
            }
            receiver.clock.advance(by: .seconds(60))
            let isEmpty = try await ServedEvents.eventually { receiver.sender.status.waiting == 0 }
            #expect(isEmpty && server.requests.count == 1)
        }
    }

    @Test("The last fifty attempts are remembered")
    func memory() async throws {
        try await Self.run([Self.ok]) { receiver, _ in
            for number in 0..<60 { receiver.sender.add(Receiver.change("\(number)")) }
            let isDone = try await ServedEvents.eventually {
                receiver.sender.status.delivered == 60
            }
            #expect(isDone && receiver.sender.attempts.count == 50)
        }
    }
}

// MARK: - Addresses

extension WebhookDeliveryTests {
    @Test("A name that resolves to loopback is not connected to, whatever else it resolves to")
    func rebinding() async throws {
        try await ScriptedServer.run([Self.ok]) { server in
            let port = server.address.split(separator: ":")[1]
            let loopback = try IPAddress(parsing: "127.0.0.1")
            for addresses in [[loopback], [loopback, try IPAddress(parsing: "::1")]] {
                let receiver = try Receiver("http://receiver.test:\(port)/", allowed: []) { _ in
                    addresses
                }
                let attempt = await receiver.sender.test(receiver.webhook)
                #expect(attempt.error?.contains("127.0.0.1 is a loopback address") == true)
            }
            for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:7f00:1]"] {
                let receiver = try Receiver("http://\(host):\(port)/", allowed: [])
                let attempt = await receiver.sender.test(receiver.webhook)
                #expect(attempt.error?.contains("not sent: ") == true, "\(host): \(attempt)")
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test("What was checked is connected to: a name is resolved once for each attempt")
    func pinned() async throws {
        try await ScriptedServer.run([Self.ok]) { server in
            let port = server.address.split(separator: ":")[1]
            let addresses = [try IPAddress(parsing: "127.0.0.1")]
            // The system's resolver does not know the name.
            let receiver = try Receiver("http://receiver.test:\(port)/") { name in
                #expect(name == "receiver.test")
                return addresses
            }
            let attempt = await receiver.sender.test(receiver.webhook)
            #expect(attempt.delivered, "\(attempt)")
            #expect(server.requests.map { $0.headers["host"] } == ["receiver.test:\(port)"])
        }
    }

    @Test("A name that is not resolved in time is a failure, and blocks nobody")
    func hangingName() async throws {
        var limits = WebhookExchange.Limits()
        limits.step = .milliseconds(100)
        let isOver = DispatchSemaphore(value: 0)
        let receiver = try Receiver("http://receiver.test/", limits: limits) { _ in
            _ = isOver.wait(timeout: .now() + .seconds(120))
            return []
        }
        let attempt = await receiver.sender.test(receiver.webhook)
        isOver.signal()
        #expect(attempt.error == "cannot resolve the name: no answer within 100ms")
    }
}

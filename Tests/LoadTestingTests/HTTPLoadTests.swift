import Addresses
import Sockets
import Testing

@testable import LoadTesting

@Suite struct HTTPLoadTests {
    @Test func countsExactlyTheRequestsThatWereAskedFor() throws {
        let server = try ScriptedServer { $0.serve() }
        let plan = LoadPlan.brief(connections: 5, threads: 2, operations: 1_001)
        let result = try LoadRun(.http(), on: server.address, plan: plan).perform()
        #expect(result.tally.completedInTime == 1_001)
        #expect(result.tally.latency.count == 1_001)
        #expect(result.tally.failures.total == 0)
        #expect(server.acceptedCount(awaiting: 5) == 5)
        #expect(result.tally.bytesReceived == 1_001 * ScriptedPeer.answer.utf8.count)
    }

    /// Such content is skipped in the kernel: each byte still counts, and none too many is taken.
    @Test(arguments: [(false, 0), (true, 0), (false, 1)])
    func countsContentThatItDoesNotLookAt(untilEndOfStream: Bool, excessByteCount: Int) throws {
        let size = 3_000_001
        let length = untilEndOfStream ? "" : "Content-Length: \(size)\r\n"
        let head = "HTTP/1.1 200 OK\r\n\(length)\r\n"
        let server = try ScriptedServer { peer in
            while peer.readHead() != nil {
                peer.write(head)
                peer.write([UInt8](repeating: 1, count: size + excessByteCount))
                if untilEndOfStream { return }
            }
        }
        let plan = LoadPlan.brief(connections: 2, operations: 6)
        let tally = try LoadRun(.http(), on: server.address, plan: plan).perform().tally
        if excessByteCount == 0 {
            #expect(tally.completedInTime == 6)
            #expect(tally.failures.total == 0)
            #expect(tally.bytesReceived == 6 * (size + head.utf8.count))
        } else {
            #expect(tally.failures.total > 0)
        }
    }

    @Test func opensAConnectionForEachRequestWhereAsked() throws {
        let server = try ScriptedServer { $0.serve() }
        let run = LoadRun(
            .http(keepsConnection: false),
            on: server.address,
            plan: .brief(operations: 200)
        )
        let result = try run.perform()
        #expect(result.tally.completedInTime == 200)
        #expect(result.tally.connects.count == 200)
        #expect(server.acceptedCount == 200)
    }

    @Test func opensAnotherConnectionWhereTheServerEndsOne() throws {
        let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
        let server = try ScriptedServer { $0.serve { $0 == 2 ? closing : ScriptedPeer.answer } }
        let result = try LoadRun(.http(), on: server.address, plan: .brief(operations: 90))
            .perform()
        #expect(result.tally.completedInTime == 90)
        #expect(result.tally.failures.total == 0)
        #expect(server.acceptedCount >= 30)
    }

    @Test func sendsContentThatIsLargerThanTheSocketTakes() throws {
        let size = 4 << 20
        let server = try ScriptedServer { peer in
            guard var received = peer.read()?.count else { return }
            while received < size, let more = peer.read() { received += more.count }
            peer.write(ScriptedPeer.answer)
        }
        var request = HTTPRequest(path: "/load", host: "localhost")
        request.method = "PUT"
        request.content = [UInt8](repeating: 7, count: size)
        let plan = LoadPlan.brief(connections: 1, operations: 1)
        let result = try LoadRun(.http(request), on: server.address, plan: plan).perform()
        #expect(result.tally.completedInTime == 1)
        #expect(result.tally.bytesSent > size)
    }

    @Test(arguments: [
        (
            "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            Failure.Kind.status
        ),
        ("no HTTP at all\r\n\r\n", .badResponse),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", .closedEarly),
        ("", .closedEarly),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", .badResponse),
    ])
    func tellsFailuresApart(answer: String, kind: Failure.Kind) throws {
        let server = try ScriptedServer { peer in
            _ = peer.readHead()
            peer.write(answer)
        }
        let result = try LoadRun(.http(), on: server.address, plan: .brief(operations: 40))
            .perform()
        #expect(result.tally.failures[kind] == 40)
        #expect(result.tally.failures.total == 40)
        #expect(result.tally.completedInTime == 0)
    }

    @Test func tellsStatusesApartAndQuotesTheServer() throws {
        let words = #"{"reason":"sourceRateLimit"}"#
        let busy = "HTTP/1.1 429 Busy\r\nContent-Length: \(words.utf8.count)\r\n\r\n\(words)"
        let lost = "HTTP/1.1 404 No\r\nContent-Length: 6\r\n\r\n<html>"
        let server = try ScriptedServer { $0.serve { $0 % 4 == 3 ? lost : busy } }
        let plan = LoadPlan.brief(connections: 1, operations: 40)
        let failures = try LoadRun(.http(), on: server.address, plan: plan).perform().tally.failures
        #expect(failures.classes.map(\.code) == [429, 404])
        #expect(failures.classes.map { failures[$0] } == [30, 10])
        #expect(
            failures.classes.map { failures.detail(of: $0) }
                == ["HTTP status 429: \(words)", "HTTP status 404"]
        )
    }

    @Test func tellsAResetFromAnEnd() throws {
        let server = try ScriptedServer { peer in
            _ = peer.readHead()
            peer.reset()
        }
        let result = try LoadRun(.http(), on: server.address, plan: .brief(operations: 40))
            .perform()
        #expect(result.tally.failures[.reset] == 40)
    }

    @Test func countsWhatSomeConnectionsDropAndTheOthersServe() throws {
        let server = try ScriptedServer { peer in
            if peer.number % 2 == 0 { peer.serve() } else { _ = peer.readHead() }
        }
        let run = LoadRun(
            .http(keepsConnection: false),
            on: server.address,
            plan: .brief(operations: 100)
        )
        let tally = try run.perform().tally
        #expect(tally.completedInTime == 50)
        #expect(tally.failures[.closedEarly] == 50)
    }

    @Test func givesUpWhatIsNotAnsweredInTime() throws {
        let server = try ScriptedServer { peer in
            while peer.read() != nil {}
        }
        var plan = LoadPlan.brief(connections: 3, operations: 6)
        plan.timeout = .milliseconds(100)
        let tally = try LoadRun(.http(), on: server.address, plan: plan).perform().tally
        #expect(tally.failures[.timeout] == 6)
    }

    @Test func tellsThatNobodyListens() throws {
        let address = try SocketAddress.unusedPort()
        var plan = LoadPlan.brief(connections: 2)
        plan.endsIfNothingSucceeds = true
        plan.warmUp = .seconds(60)
        let result = try LoadRun(.http(), on: address, plan: plan).perform()
        #expect(result.ending == .fatalError)
        // One attempt, though there was time for thousands.
        #expect(result.tally.warmUpFailures[.refused] == 1)
        #expect(result.tally.connectionFailures.total == 0)
        #expect(result.tally.failures.total == 0)
    }

    @Test(arguments: [1, 3])
    func triesOnceWhereEveryConnectionWouldBeRefused(threads: Int) throws {
        let run = LoadRun(
            .http(keepsConnection: false),
            on: try SocketAddress.unusedPort(),
            plan: .brief(connections: 30, threads: threads)
        )
        let result = try run.perform()
        #expect(result.ending == .fatalError)
        #expect(result.tally.failures[.refused] == 1)
        #expect(result.tally.connectionFailures.total == 0)
    }

    /// Nobody listens any more after the first answers: that is the load's, or the target's.
    @Test func goesOnWhereATargetRefusesThatHasServed() throws {
        let server = try ScriptedServer { peer in
            if peer.number < 5 { peer.serve() } else { peer.reset() }
        }
        let run = LoadRun(
            .http(keepsConnection: false),
            on: server.address,
            plan: .brief(connections: 1, operations: 50)
        )
        let result = try run.perform()
        #expect(result.ending == .operations)
        #expect(result.tally.completedInTime == 5)
        #expect(result.tally.failures[.reset] == 45)
    }

    @Test func tellsOfAServerThatEndsConnectionsBeforeAnythingIsAsked() throws {
        let server = try ScriptedServer { $0.close() }
        var plan = LoadPlan.brief(connections: 2)
        plan.endsIfNothingSucceeds = true
        let result = try LoadRun(.http(), on: server.address, plan: plan).perform()
        #expect(result.ending == .nothingSucceeded)
        #expect(result.tally.connectionFailures.total + result.tally.failures.total >= 2)
    }

    /// Such a server says nothing of the end that it makes: answer and end come in one segment.
    @Test func asksNothingOnAConnectionWhoseEndCameWithTheAnswer() throws {
        let late = Counter()
        let server = try ScriptedServer { peer in
            _ = peer.readHead()
            if !peer.writeTogetherWithTheEnd(ScriptedPeer.answer) { late.add() }
            while peer.read() != nil {}
        }
        let tally = try LoadRun(.http(), on: server.address, plan: .brief(operations: 200))
            .perform().tally
        #expect(tally.completedInTime >= 200 - late.value)
        #expect(tally.failures.total <= late.value)
        #expect(server.acceptedCount >= 200 - late.value)
    }

    @Test func doesNotCountTheRequestsOfTheWarmUpAgainstTheLimit() throws {
        let server = try ScriptedServer { $0.serve() }
        var plan = LoadPlan.brief(operations: 50)
        plan.warmUp = .milliseconds(300)
        let result = try LoadRun(.http(), on: server.address, plan: plan).perform()
        #expect(result.tally.latency.count == 50)
        #expect(result.ending == .operations)
        #expect(server.acceptedCount(awaiting: 4) == 4)
    }

    @Test func endsEarlyWhereAsked() throws {
        let served = Counter()
        let server = try ScriptedServer { peer in
            peer.serve { _ in
                served.add()
                return ScriptedPeer.answer
            }
        }
        let run = LoadRun(
            .http(),
            on: server.address,
            plan: .brief(seconds: 600),
            stoppingWhen: { served.value > 10 }
        )
        let result = try run.perform()
        #expect(result.tally.completedInTime > 0)
        #expect(result.ending == .interrupted)
        #expect(result.measuredNanoseconds < 300_000_000_000)
        // What ended behind the end is not in the numbers, and what is in them is in the timeline.
        let timeline = result.tally.timeline.counts(until: result.measuredNanoseconds)
        #expect(timeline.reduce(0, +) == result.tally.completedInTime)
    }
}

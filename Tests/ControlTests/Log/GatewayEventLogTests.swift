import Addresses
import Engine
import Foundation
import Logging
import Policy
import Settings
import Testing
import Traffic

@testable import Control

@Suite("The data plane's events in the log")
struct GatewayEventLogTests {
    private static let service = Service.ID(
        warehouse: "W",
        protocol: .mysql,
        listener: listener
    )
    private static let listener = SocketAddress(.v4(IPv4Address(0, 0, 0, 0)), port: 9_030)
    private static let peer = SocketAddress(.v4(IPv4Address(10, 0, 0, 9)), port: 4_000)

    private func lines(_ events: [GatewayEvent]) throws -> [String] {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "log")
        let destination = try #require(try LogDestination.of(.file(path: path)))
        let operatorLog = OperatorLog(LogSettings(), to: destination)
        let log = GatewayEventLog(operatorLog.logger)
        for event in events { log.record(event) }
        operatorLog.flush(within: .seconds(60))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        return text.split(separator: "\n").map { line in
            line.split(separator: " ", maxSplits: 1).dropFirst().joined()
        }
    }

    @Test("A repeated event is logged once per period, however often it occurs")
    func repetition() throws {
        let written = try lines([GatewayEvent](repeating: .acceptPaused(reason: "x"), count: 1_000))
        #expect(written.count == 1)
        #expect(written[0].hasPrefix("warning accepting paused: x"))
    }

    @Test("Recording an event never waits for the log's reader", .timeLimit(.minutes(2)))
    func stuckReader() throws {
        let folder = try TemporaryFolder()
        let pipe = try NamedPipe(at: folder.path(of: "log"))
        let destination = try LogDestination.of(.file(path: folder.path(of: "log")))
        let operatorLog = OperatorLog(LogSettings(), to: try #require(destination))
        let log = GatewayEventLog(operatorLog.logger)
        // Far more than the pipe holds; nobody reads.
        for number in 0..<5_000 {
            log.record(.backendUnresolved(name: "be-\(number)", reason: "no"))
        }
        let lines = pipe.readLines(1_024)
        #expect((1_024..<5_000).contains(lines.count), "the rest is lost, not kept")
    }

    @Test("A backend that goes down, up and down again has three lines")
    func states() throws {
        let down = GatewayEvent.backendUnhealthy(
            service: Self.service,
            backend: "fe:9030",
            reason: "refused"
        )
        let up = GatewayEvent.backendHealthy(service: Self.service, backend: "fe:9030")
        let written = try lines([down, up, down])
        #expect(written.map { $0.contains("is down") } == [true, false, true])
    }

    @Test("Sessions that a policy revoked are counted, with their warehouse and listener")
    func revocations() throws {
        let event = GatewayEvent.sessionsRevoked(
            warehouse: "W",
            listener: "0.0.0.0:9030",
            count: 3
        )
        let expected =
            "notice closed 3 sessions of warehouse W (listener 0.0.0.0:9030): no longer admitted by"
            + " the policy"
        #expect(try lines([event]) == [expected])
    }

    @Test("Different events are all written")
    func different() throws {
        let written = try lines((0..<50).map { .backendUnresolved(name: "be-\($0)", reason: "no") })
        #expect(written.count == 50)
    }

    @Test("Changes of a backend's addresses are logged with the addresses")
    func addresses() {
        let (old, new) = (Self.peer.ip, Self.listener.ip)
        let outage = GatewayEvent.backendUnresolved(name: "be", reason: "x", inUse: [old])
        #expect(
            outage.sentence
                == "cannot resolve backend be: x; retrying, still using 10.0.0.9"
        )
        let moved = GatewayEvent.backendResolved(name: "be", to: [new, old], before: [old])
        #expect(
            moved.sentence == "backend be resolves to 0.0.0.0, 10.0.0.9 (previously 10.0.0.9)"
        )
        #expect(moved.level == .notice)
        let first = GatewayEvent.backendResolved(name: "be", to: [old], before: [])
        #expect(first.sentence == "backend be resolves to 10.0.0.9")
        let refused = GatewayEvent.backendAddressRefused(
            backend: "be:80",
            address: old,
            reason: "a link-local address"
        )
        #expect(refused.sentence.contains("be:80: 10.0.0.9 is not used: it is a link-local"))
        #expect(refused.level == .error)
    }

    @Test("A redirect that is not followed is logged with its target and the remedy")
    func redirects() {
        let target = RedirectTarget(host: "be-9", port: 8040, usesTLS: false)
        let refused = GatewayEvent.redirectRefused(
            service: Self.service,
            backend: "fe:8030",
            target: target,
            reason: .notListed
        )
        let place = "backend fe:8030 (listener 0.0.0.0:9030) redirects to be-9:8040"
        #expect(
            refused.sentence
                == "\(place), which is not among its redirect targets (if that is a server of the"
                + " warehouse, add it to redirects.targets, or see why redirects.learn has not found it)"
        )
        #expect(refused.level == .error)
        let secure = GatewayEvent.redirectRefused(
            service: Self.service,
            backend: "fe:8030",
            target: target,
            reason: .needsTLS
        )
        #expect(
            secure.sentence
                == "\(place) by HTTPS, but the service has no TLS settings for it (set redirects.tls)"
        )
    }

    @Test("Learning is logged with what is in use")
    func learning() {
        func event(_ event: LearningRecord.Event) -> GatewayEvent {
            .learning(service: Self.service, event)
        }
        let learned = event(.learned(count: 3))
        #expect(learned.sentence == "learned 3 redirect targets (listener 0.0.0.0:9030)")
        #expect(learned.level == .notice)
        let first = event(.failed(reason: "fe:8030: HTTP status 500", inUse: 0))
        #expect(
            first.sentence
                == "cannot learn redirect targets (listener 0.0.0.0:9030): fe:8030: HTTP status"
                + " 500; only redirects to configured servers are followed (see redirects.learn)"
        )
        #expect(first.level == .warning)
        let later = event(.failed(reason: "x", inUse: 3)).sentence
        #expect(later.hasSuffix("still using the 3 learned before (see redirects.learn)"))
        let outdated = event(.outdated(reason: "x", inUse: 1, seconds: 100)).sentence
        #expect(
            outdated
                == "redirect targets (listener 0.0.0.0:9030) were last learned 100s ago: x; still"
                + " using these 1 (see redirects.learn)"
        )
    }

    @Test("Each event is a sentence with its cause; if someone must act, it is a warning")
    func sentences() {
        let down = GatewayEvent.backendUnhealthy(
            service: Self.service,
            backend: "fe:9030",
            reason: "refused"
        )
        let expected = "backend fe:9030 (listener 0.0.0.0:9030) is down: refused"
        #expect(down.sentence == expected)
        #expect(down.level == .warning)
        let up = GatewayEvent.backendHealthy(service: Self.service, backend: "fe:9030")
        #expect(up.sentence == "backend fe:9030 (listener 0.0.0.0:9030) is up")
        #expect(up.level == .notice)
        var shared = Self.service
        shared.listener = nil
        let other = GatewayEvent.backendHealthy(service: shared, backend: "fe:9030")
        #expect(other.sentence == "backend fe:9030 (mysql of W) is up")
        let silent = GatewayEvent.silentLoadBalancer(listener: Self.listener, peer: Self.peer)
        #expect(silent.sentence.contains("load balancer 10.0.0.9 "))
        #expect(silent.sentence.contains("on_first_ack"))
        #expect(GatewayEvent.acceptResumed.level == .notice)
        #expect(GatewayEvent.acceptPaused(reason: "x").sentence.contains("ulimit -n"))
        let lost = GatewayEvent.backendUnresolved(name: "be", reason: "no such name")
        #expect(lost.sentence.contains("cannot resolve backend be: no such name"))
        #expect(!lost.sentence.contains("stay in use"), "there were none")
    }
}

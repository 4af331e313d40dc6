import CIDRTrie
import Configurations
import Operations
import Policy
import Testing
import Time

@testable import sluice

@Suite("The table of sluice status")
struct StatusTableTests {
    @Test("It shows the gateway, its listeners and its backends, in columns")
    func table() {
        let expected = """
            sluice 1.2.3, running since 2026-11-23T10:00:00Z
            configuration generation 4, 7 connections, 2 workers
            policy revision 12, active since 2026-11-23T10:00:30Z, from the configuration file sluice.yaml
            access log: 3 lines lost

            LISTENER      WAREHOUSE  PROTOCOL  LINK     TLS  OPEN  ADMITTED  DENIED       IN      OUT
            0.0.0.0:9030  WH1        mysql     public   off     7        15       5  1.5 KiB  5.0 GiB
            [::]:8080     WH1        http      private  off     0         0       0      0 B      0 B

            BACKEND        WAREHOUSE  SERVICE                MODE    HEALTH      OPEN  CONNECTS  FAILURES  LAST FAILURE
            10.0.0.5:9030  WH1        mysql at 0.0.0.0:9030  active  healthy        7        15         0  -
            10.0.0.6:9030  WH1        mysql at 0.0.0.0:9030  active  unhealthy      0         0         3  2026-11-23T10:01:00Z connection refused
            be-1:8040      WH1        http at [::]:8080      active  unresolved     0         0         0  -

            """
        #expect(StatusTable(.example).description == expected)
    }

    @Test("A failure is shown with its time, because a backend may be healthy again")
    func failureTime() {
        var status = GatewayStatus.example
        status.listeners[0].backends[0].lastFailure = "connect timed out"
        status.listeners[0].backends[0].lastFailureAt = UnixTime(seconds: 1_795_428_000)
        status.listeners[1].backends[0].lastFailure = "no such host"
        let lines = StatusTable(status).description.split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix("  2026-11-23T10:00:00Z connect timed out") })
        #expect(lines.contains { $0.hasSuffix("  no such host") })
    }

    @Test("Problems are listed at the top")
    func troubles() {
        var status = GatewayStatus.example
        status.lastReload = ReloadStatus(
            attemptedAt: UnixTime(seconds: 1_795_428_060),
            failure: "2 errors in\n/etc/sluice.yaml",
            succeededAt: nil
        )
        status.policy?.isRestored = true
        status.policy?.rejection = PolicyRejectionStatus(
            revision: nil,
            reason: "no warehouse W",
            at: UnixTime(seconds: 1_795_428_060)
        )
        status.awaitingRestart = ["engine.shards", "management.listen"]
        status.accessLogFailure = "No space left on device"
        let lines = StatusTable(status).description.split(separator: "\n").dropFirst(3).prefix(6)
        let expected = [
            "last reload failed at 2026-11-23T10:01:00Z: 2 errors in /etc/sluice.yaml",
            "the policy's source could not be read at startup: the last active policy is used"
                + " (see the log, correct the errors and reload)",
            "policy update rejected at 2026-11-23T10:01:00Z: no warehouse W",
            "changed, but requires a restart: engine.shards, management.listen",
            "access log failing: No space left on device", "access log: 3 lines lost",
        ]
        #expect(lines.map(String.init) == expected)
    }

    @Test("Redirect targets that nobody can use are listed at the top, with what follows")
    func redirects() {
        var status = GatewayStatus.example
        var learning = RedirectLearningStatus(listener: nil, count: 2)
        learning.failure = "fe-1:8030: connection refused"
        var target = BackendStatus()
        target.name = "127.0.0.1:8040"
        target.health = .unhealthy
        target.lastFailure = "connection refused"
        for index in status.listeners.indices {
            status.listeners[index].warehouse = "W"
            status.listeners[index].redirectLearning = learning
            status.listeners[index].redirectTargets = [target]
        }
        var lines = StatusTable(status).description.split(separator: "\n").map(String.init)
        let learned = lines.filter { $0.contains("of W (http) cannot be learned") }
        #expect(learned.count == 1 && learned[0].hasSuffix("last list (2 servers) stays in use"))
        #expect(lines.contains("redirect target 127.0.0.1:8040 of W is down: connection refused"))
        status.listeners[0].redirectTargets?[0].health = .unresolved
        lines = StatusTable(status).description.split(separator: "\n").map(String.init)
        #expect(
            lines.contains(
                "no redirect target of W (http) can be used: 127.0.0.1:8040: connection refused"
            )
        )
    }

    @Test("The routes of a listener that chooses are listed, one per line")
    func routes() {
        var status = GatewayStatus.example
        status.listeners[0].routes = ["serverName: w.gw.example", "userSuffix: WH1"]
        status.listeners[1].routes = ["default"]
        let expected = """
            LISTENER      ROUTE                     WAREHOUSE
            0.0.0.0:9030  serverName: w.gw.example  WH1
            0.0.0.0:9030  userSuffix: WH1           WH1


            """
        let text = StatusTable(status).description
        #expect(text.contains(expected), "\(text)")
    }

    @Test("Without backends there is no table of backends")
    func noBackends() {
        var status = GatewayStatus.example
        for index in status.listeners.indices { status.listeners[index].backends = [] }
        #expect(!StatusTable(status).description.contains("BACKEND"))
    }

    @Test(
        "A number of bytes is shown in the largest unit that fits",
        arguments: [
            (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_075, "1.0 KiB"),
            (1_127, "1.1 KiB"), (1 << 20, "1.0 MiB"), (1 << 50, "1.0 PiB"), (.max, "16.0 EiB"),
        ] as [(UInt64, String)]
    )
    func bytes(count: UInt64, text: String) {
        var status = GatewayStatus.example
        status.listeners[0].bytesOut = count
        #expect(StatusTable(status).description.contains("1.5 KiB  \(text)\n"))
    }

    @Test("A backend's error message neither breaks a line nor controls the terminal")
    func hostile() {
        var status = GatewayStatus.example
        status.listeners[0].backends[1].lastFailure = "a\r\nb\u{1b}[31mc\u{202e}d\u{2028}e"
        let lines = StatusTable(status).description.split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix("a  b [31mc d e") })
        #expect(lines.count == 11)
    }
}

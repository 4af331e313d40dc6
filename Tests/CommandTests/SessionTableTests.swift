import Addresses
import Control
import Operations
import Policy
import Settings
import Testing
import Time
import Traffic

@testable import sluice

@Suite("The tables of sessions")
struct SessionTableTests {
    private static let session: Session = {
        let client = SocketAddress(.v4(IPv4Address(10, 0, 0, 1)), port: 5)
        return Session(
            connection: 1,
            warehouse: "W",
            listener: "127.0.0.1:1",
            link: .public,
            peer: client,
            client: client,
            startedAt: UnixTime(seconds: 0)
        )
    }()

    @Test("Rows that are not shown are counted")
    func hidden() {
        #expect("\(SessionTable(SessionList(sessions: [], total: 0)))" == "no sessions\n")
        let text = "\(SessionTable(SessionList(sessions: [Self.session], total: 3)))"
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3 && lines[1].contains("10.0.0.1:5"))
        #expect(lines[2] == "and 2 more (raise --limit to show them)")
    }

    @Test("One closed session is in the singular")
    func closed() {
        let result = ClosedSessions(closed: 1, remaining: 1, sessions: [])
        #expect("\(ClosedSessionsText(result))" == "closed 1 session; 1 more matches\n")
    }

    @Test("What a configuration would close, and what would wait for a restart")
    func revocations() {
        let revoked = [RevocationPreview.Revoked(session: Self.session, reason: .notInWhitelist)]
        let live = ConfigurationReport.Live(
            revoked: revoked,
            keptCount: 0,
            awaitingRestart: ["engine.shards", "lastPolicy"],
            policy: .file
        )
        let lines = live.text.split(separator: "\n")
        #expect(lines.count == 4 && lines[1].hasSuffix("notInWhitelist"))
        #expect(lines[2] == "1 running session would be closed, 0 kept")
        #expect(lines[3] == "changed, but requires a restart: engine.shards, lastPolicy")
    }
}

import Addresses
import Configurations
import MySQLClient
import MySQLProtocol
import Operations
import Policy
import Settings
import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("Learning where redirects may lead", .timeLimit(.minutes(3)))
struct TargetLearnerTests {
    /// A gateway whose only service learns, every 50 ms unless a test says otherwise.
    private final class Fixture: Sendable {
        let gateway: Gateway
        let events = RecordedEvents()
        let id = Service.ID(warehouse: "W", protocol: .http)

        init(
            from source: RedirectSettings.Learning.Source,
            http: [SocketAddress],
            mysql: [SocketAddress] = [],
            interval: Duration = .milliseconds(50),
            passwords: @escaping PasswordSource = { _ in .success(Password("secret")) }
        ) throws {
            var service = Service(
                id,
                backends: http.map(Self.configured),
                healthCheck: HealthCheck(kind: .off)
            )
            var learning = RedirectSettings.Learning(
                source: source,
                user: "check",
                passwordFile: "/nowhere"
            )
            learning.interval = interval
            service.redirects.learning = learning
            var listeners = [
                Listener(
                    protocol: .http,
                    address: try GatewayFixture.freeAddress(),
                    routes: [Settings.Route(.default, to: service)]
                )
            ]
            if !mysql.isEmpty {
                let other = Service(
                    Service.ID(warehouse: "W", protocol: .mysql),
                    backends: mysql.map(Self.configured),
                    healthCheck: HealthCheck(kind: .off)
                )
                listeners.append(
                    Listener(
                        protocol: .mysql,
                        address: try GatewayFixture.freeAddress(),
                        routes: [Settings.Route(.default, to: other)]
                    )
                )
            }
            gateway = try Gateway(
                configuration: GatewayConfiguration(
                    listeners: listeners,
                    warehouses: [GuardedWarehouse(id: "W", whitelist: Whitelist(mode: .anywhere))]
                ),
                accessLog: RecordingLog(),
                report: { [events] event in events.add(event) }
            )
            gateway.readPasswords(by: passwords)
            try gateway.start()
        }

        private static func configured(_ address: SocketAddress) -> ConfiguredBackend {
            ConfiguredBackend(BackendAddress(host: .ip(address.ip), port: address.port))
        }

        /// Addresses of what was learned and may be used.
        var targets: [String] {
            gateway.inventory.withLock { inventory in
                inventory.redirects[id]?.backends.map(\.address.description) ?? []
            }
        }

        var everything: [LearningRecord.Event] {
            events.all.compactMap {
                if case .learning(_, let event) = $0 { event } else { nil }
            }
        }

        /// Without what a machine adds that stands still for seconds: answers that are late, and
        /// that the next one is the same as before.
        var learning: [LearningRecord.Event] {
            var kept: [LearningRecord.Event] = []
            var isAfterLate = false
            for event in everything {
                if event.isLate || isAfterLate && event == kept.last {
                    isAfterLate = true
                } else {
                    kept.append(event)
                    isAfterLate = false
                }
            }
            return kept
        }

        func stop() async { _ = await gateway.drain(within: .zero) }
    }

    private static func list(_ hosts: String...) -> String {
        let backends = hosts.map { #"{"ip":"\#($0)","http_port":8040,"is_alive":true}"# }
        let content = #"{"code":0,"data":{"backends":[\#(backends.joined(separator: ","))]}}"#
        return "HTTP/1.1 200 OK\r\nContent-Length: \(content.utf8.count)\r\n\r\n\(content)"
    }

    private static func table(_ hosts: String...) -> MySQLTable {
        MySQLTable(
            columns: ["BackendId", "Host", "HttpPort"],
            rows: hosts.map { ["1", $0, "8040"] }
        )
    }

    @Test("What a front end lists over HTTP becomes a target, and what it no longer lists does not")
    func http() async throws {
        let answer = Locked(Self.list("10.77.0.1", "10.77.0.2", "127.0.0.1", "169.254.169.254"))
        let server = try ScriptedFrontEnd.http { _ in answer.withLock { $0 } }
        let fixture = try Fixture(from: .http, http: [server.address])
        try await eventually { fixture.targets == ["10.77.0.1:8040", "10.77.0.2:8040"] }
        try await eventually { fixture.learning == [.learned(count: 4)] }
        answer.withLock { $0 = Self.list("10.77.0.2", "10.77.0.3") }
        try await eventually { fixture.targets == ["10.77.0.2:8040", "10.77.0.3:8040"] }
        let status = fixture.gateway.status().listeners[0]
        #expect(status.redirectTargets?.map(\.address) == ["10.77.0.2:8040", "10.77.0.3:8040"])
        #expect(status.redirectTargets?.allSatisfy { $0.isRedirectTarget == true } == true)
        #expect(status.backends.map(\.isRedirectTarget) == [nil])
        #expect(status.redirectLearning?.count == 2 && status.redirectLearning?.failure == nil)
        let list = BackendList(of: [status], hasRedirectTargets: true)
        #expect(list.backends.count == 3)
        #expect(BackendList(of: [status]).backends.count == 1)
        let request = try #require(server.requests.first)
        #expect(request.contains("\r\nAuthorization: Basic Y2hlY2s6c2VjcmV0\r\n"))
        #expect(request.contains("\r\nHost: \(server.address)\r\n"))
        await fixture.stop()
    }

    @Test("Over MySQL, statements that are refused do not matter")
    func mysql() async throws {
        let server = try ScriptedFrontEnd.mysql(password: { "secret" }) { statement in
            switch statement {
            case "SHOW BACKENDS": Self.table("10.77.0.1")
            case "SHOW FRONTENDS":
                MySQLTable(
                    columns: ["Name", "IP", "HttpPort"],
                    rows: [["a", "10.77.0.9", "8030"]]
                )
            default: nil
            }
        }
        let fixture = try Fixture(
            from: .mysql,
            http: [try GatewayFixture.freeAddress()],
            mysql: [server.address]
        )
        try await eventually { fixture.targets == ["10.77.0.1:8040", "10.77.0.9:8030"] }
        #expect(
            server.requests.prefix(4)
                == ["check", "SHOW BACKENDS", "SHOW COMPUTE NODES", "SHOW FRONTENDS"]
        )
        await fixture.stop()
    }

    @Test("Another front end is asked if one does not answer")
    func another() async throws {
        let server = try ScriptedFrontEnd.http { _ in Self.list("10.77.0.1") }
        let broken = try ScriptedFrontEnd.http { _ in "HTTP/1.1 500 Error\r\n\r\n" }
        let nobody = try GatewayFixture.freeAddress()
        var learning: [LearningRecord.Event] = []
        // On a machine that stands still for seconds, the one that answers may be late as well.
        for _ in 0..<3 where learning != [.learned(count: 1)] {
            let fixture = try Fixture(from: .http, http: [nobody, broken.address, server.address])
            try await eventually { fixture.targets == ["10.77.0.1:8040"] }
            let count = server.requests.count
            try await eventually { server.requests.count > count + 5 }
            learning = fixture.everything
            await fixture.stop()
        }
        #expect(learning == [.learned(count: 1)])
    }

    @Test("A failure is reported once, without the password, and the last list stays in use")
    func failure() async throws {
        let answer = Locked(Self.list("10.77.0.1"))
        let server = try ScriptedFrontEnd.http { _ in answer.withLock { $0 } }
        let fixture = try Fixture(from: .http, http: [server.address])
        try await eventually { fixture.targets == ["10.77.0.1:8040"] }
        answer.withLock { $0 = "HTTP/1.1 401 Unauthorized\r\n\r\n" }
        let reason =
            "\(server.address), as user check: the front end does not let the user in: no such user,"
            + " or another password (401)"
        let failure = LearningRecord.Event.failed(reason: reason, inUse: 1)
        // If the machine stood still meanwhile, the list is outdated at the first failure already.
        try await eventually {
            fixture.everything.contains { $0 == failure || $0.isOutdated && !$0.isLate }
        }
        let isOutdatedAtOnce = !fixture.everything.contains(failure)
        func learning() -> RedirectLearningStatus? {
            fixture.gateway.status().listeners[0].redirectLearning
        }
        let failing = try #require(learning())
        #expect(failing.failure == reason && failing.count == 1 && failing.failingSince != nil)
        try await eventually { fixture.everything.contains(where: \.isOutdated) }
        let count = server.requests.count
        try await eventually { server.requests.count > count + 3 }
        #expect(fixture.everything.count { $0 == failure } == (isOutdatedAtOnce ? 0 : 1))
        #expect(fixture.everything.count(where: \.isOutdated) == 1)
        #expect(fixture.targets == ["10.77.0.1:8040"])
        answer.withLock { $0 = Self.list("10.77.0.1") }
        try await eventually { fixture.learning.last == .learned(count: 1) }
        #expect(learning()?.failure == nil && learning()?.failingSince == nil)
        #expect(!"\(fixture.events.all)".contains("secret"))
        await fixture.stop()
    }

    @Test("A password is read again for each conversation")
    func password() async throws {
        let password = Locked(Result<Password, PasswordUnavailable>.success(Password("old")))
        let server = try ScriptedFrontEnd.mysql(password: { "new" }) { _ in
            Self.table("10.77.0.1")
        }
        let fixture = try Fixture(
            from: .mysql,
            http: [try GatewayFixture.freeAddress()],
            mysql: [server.address],
            // A list is outdated after ten intervals, and no machine stands still for so long.
            interval: .seconds(2),
            passwords: { _ in password.withLock { $0 } }
        )
        try await eventually { !fixture.learning.isEmpty }
        guard case .failed(let reason, inUse: 0) = fixture.learning[0] else {
            Issue.record("\(fixture.learning)")
            return
        }
        #expect(reason == "\(server.address), as user check: MySQL error 1045: Access denied")
        password.withLock { $0 = .success(Password("new")) }
        try await eventually { fixture.targets == ["10.77.0.1:8040"] }
        password.withLock { $0 = .failure(PasswordUnavailable(reason: "cannot read it")) }
        try await eventually { fixture.learning.count >= 3 }
        #expect(fixture.learning[2] == .failed(reason: "cannot read it", inUse: 1))
        await fixture.stop()
    }

    @Test(
        "A silent front end keeps neither the gateway from starting nor clients from being served"
    )
    func silent() async throws {
        let server = try ScriptedFrontEnd.http { _ in nil }
        let fixture = try Fixture(from: .http, http: [server.address])
        try await eventually { !server.requests.isEmpty }
        #expect(fixture.gateway.status().phase == .running)
        try await eventually { !fixture.everything.isEmpty }
        let reason = "\(server.address), as user check: no response in time"
        #expect(fixture.everything[0] == .failed(reason: reason, inUse: 0))
        await fixture.stop()
    }

    @Test("What was learned is kept over a reload, and forgotten when the service no longer learns")
    func reload() async throws {
        let server = try ScriptedFrontEnd.http { _ in Self.list("10.77.0.1") }
        let fixture = try Fixture(from: .http, http: [server.address])
        try await eventually { fixture.targets == ["10.77.0.1:8040"] }
        var configuration = fixture.gateway.inventory.withLock { $0.configuration }
        try fixture.gateway.reload(to: configuration)
        #expect(fixture.targets == ["10.77.0.1:8040"])
        configuration.topology.listeners[0].routes[0].service.redirects.learning = nil
        try fixture.gateway.reload(to: configuration)
        #expect(fixture.targets.isEmpty)
        let count = server.requests.count
        try await Task.sleep(for: .milliseconds(200))
        // One conversation may have been under way.
        #expect(server.requests.count <= count + 1)
        #expect(fixture.targets.isEmpty)
        await fixture.stop()
    }

    @Test("A learned name is resolved, and loopback is not used even if it is called localhost")
    func names() async throws {
        let server = try ScriptedFrontEnd.http { _ in Self.list("localhost", "10.77.0.1") }
        let fixture = try Fixture(from: .http, http: [server.address])
        try await eventually { fixture.targets == ["10.77.0.1:8040"] }
        try await eventually {
            fixture.events.all.contains { event in
                if case .backendAddressRefused("localhost:8040", _, _) = event {
                    true
                } else {
                    false
                }
            }
        }
        #expect(fixture.targets == ["10.77.0.1:8040"])
        await fixture.stop()
    }
}

extension LearningRecord.Event {
    fileprivate var isOutdated: Bool {
        if case .outdated = self { true } else { false }
    }

    /// Whether an answer did not come within the five seconds that it has.
    fileprivate var isLate: Bool {
        switch self {
        case .failed(let reason, _), .outdated(let reason, _, _):
            reason.hasSuffix("no response in time")
        case .learned: false
        }
    }
}

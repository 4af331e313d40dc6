import Addresses
import Configurations
import Foundation
import FreePorts
import Policy
import ServiceLifecycle
import Settings
import Sockets
import Synchronization
import Testing
import Traffic

@testable import Control

@Suite("A complete gateway in one process", .timeLimit(.minutes(2)))
struct GatewayServiceTests {
    private static func configuration(
        listen: SocketAddress = ServedManagement.loopback,
        management: SocketAddress? = nil,
        access: LogSettings.AccessLog = .off
    ) -> GatewayConfiguration {
        let backend = BackendAddress(host: .ip(.v4(IPv4Address(127, 0, 0, 1))), port: 1)
        let listener = Listener(
            of: "WH",
            protocol: .tcp,
            address: listen,
            backends: [backend],
            healthCheck: HealthCheck(kind: .off)
        )
        var log = LogSettings()
        (log.level, log.access) = (.error, access)
        let warehouse = GuardedWarehouse(id: "WH", whitelist: .openToAll)
        return GatewayConfiguration(
            management: management,
            log: log,
            listeners: [listener],
            warehouses: [warehouse]
        )
    }

    private let inUse = "address already in use (ss -ltnp shows which process has it)"

    /// Nobody else is given it.
    private static func free() throws -> SocketAddress {
        SocketAddress(ServedManagement.loopback.ip, port: try Ports.free())
    }

    /// Whoever lets go of it finds it free later, too.
    private static func taken() throws -> ListeningSocket {
        try ListeningSocket(
            on: Self.free(),
            keepalive: KeepaliveOptions(idleSeconds: 60, intervalSeconds: 60, count: 3)
        )
    }

    /// What a gateway says that does not start.
    private func failure(_ source: GatewayService.Source) async throws -> ServiceError {
        let error = await #expect(throws: ServiceError.self) {
            try await GatewayService(source) { Issue.record("it is ready") }.run()
        }
        return try #require(error)
    }

    @Test("An invalid file is an error with a line for each of its errors")
    func faultyFile() async throws {
        let folder = try TemporaryFolder(["sluice.yaml": "warehouses: [ { id: \"A B\" } ]\nx: 1\n"])
        let error = try await failure(.file(path: folder.path(of: "sluice.yaml")))
        guard case .invalidConfiguration(let lines) = error else { throw error }
        #expect(lines.count >= 2)
        #expect(lines.contains { $0.contains("warehouses[0].id") })
    }

    @Test("A missing file is an error that names it")
    func missingFile() async throws {
        let error = try await failure(.file(path: "/nonexistent/sluice.yaml"))
        #expect(error.description.contains("/nonexistent/sluice.yaml"))
    }

    @Test("A listener's address that is in use is an error that names it")
    func takenListener() async throws {
        let taken = try Self.taken()
        let error = try await failure(.fixed(Self.configuration(listen: taken.address)))
        let expected = "cannot listen on \(taken.address): \(inUse)"
        #expect(error.description == expected)
    }

    @Test("A management address that is in use is an error that names it")
    func takenManagement() async throws {
        let taken = try Self.taken()
        let error = try await failure(.fixed(Self.configuration(management: taken.address)))
        let expected =
            "cannot listen on the management address \(taken.address): \(inUse)"
        #expect(error.description == expected, "in words that are not a library's")
    }

    @Test("An access log that cannot be opened is an error that names it")
    func unopenableLog() async throws {
        let access = LogSettings.AccessLog.file(path: "/nonexistent/access.log")
        let error = try await failure(.fixed(Self.configuration(access: access)))
        #expect(error.description.hasPrefix("cannot open the log file /nonexistent/access.log: "))
    }

    @Test("Listeners and the management address wait for an address that is released in time")
    func waitingForAddresses() async throws {
        let holders = Mutex<[ListeningSocket]>([try Self.taken(), try Self.taken()])
        let addresses = holders.withLock { $0.map(\.address) }
        let configuration = Self.configuration(listen: addresses[0], management: addresses[1])
        let gateway = try RunningGateway(configuration)
        // The first is let go of some time after the other, and both after the first try.
        Thread.detachNewThread {
            for _ in 0..<2 {
                Thread.sleep(forTimeInterval: 0.2)
                holders.withLock { $0 = Array($0.dropLast()) }
            }
        }
        try await onOwnThread { try gateway.bind(waiting: .seconds(60)) }
        try await gateway.run {
            let text = try? await onOwnThread {
                try RawClient(port: Int(addresses[0].port)).receive()
            }
            #expect(text == "")
        }
    }

    @Test("A gateway's parts run until they are stopped, and logged lines are written")
    func running() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "access.log")
        let address = try Self.free()
        let configuration = Self.configuration(listen: address, access: .file(path: path))
        let gateway = try RunningGateway(configuration)
        try gateway.bind(waiting: .zero)
        try await gateway.run {
            // Nobody took the connection, so it is denied and logged.
            let text = try? await onOwnThread { try RawClient(port: Int(address.port)).receive() }
            #expect(text == "")
        }
        let log = try String(contentsOfFile: path, encoding: .utf8)
        #expect(log.contains("\"reason\":\"noBackend\""))
        #expect(log.contains("\"end\":\"denied\""))
    }

    @Test("A service that fails ends the gateway with its reason, after sessions have been drained")
    func failingService() async throws {
        let address = try Self.free()
        let gateway = try RunningGateway(
            Self.configuration(listen: address, management: ServedManagement.loopback)
        )
        try gateway.bind(waiting: .zero)
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        await #expect(throws: FailingService.Failure.self) {
            try await gateway.run(with: [FailingService(starts: starts)]) {
                started.yield()
            } untilStopped: {
                try? await Task.sleep(for: .seconds(600))
            }
        }
        // The address is free again; a program that another test starts has it, too, until it runs
        // (fork(2)).
        let isFree = try await ServedEvents.eventually {
            (try? ListeningSocket.probe(address)) != nil
        }
        #expect(isFree)
    }
}

/// Fails once the gateway is ready.
private struct FailingService: ServiceLifecycle.Service {
    struct Failure: Error {}

    let starts: AsyncStream<Void>

    func run() async throws {
        for await _ in starts { throw Failure() }
    }
}

extension RunningGateway {
    fileprivate init(_ configuration: GatewayConfiguration) throws {
        let source = GatewayService.Source.fixed(configuration)
        let loader = ConfigurationLoader()
        let logs = try GatewayLogs(configuration.topology.log)
        let start = try Start(
            source.load(by: loader),
            configuration.topology,
            origin: source.origin,
            patience: .zero,
            logger: logs.logger
        )
        try self.init(start, logs) { source.load(by: loader) }
    }
}

import Addresses
import CIDRTrie
import Credentials
import Engine
import Foundation
import Logging
import Operations
import Policy
import Settings
import Sockets
import Store
import Synchronization
import Testing
import Time

@testable import Control

/// A gateway whose status, sessions and denials a test sets.
final class ScriptedGateway: ManagedGateway {
    struct Script: Sendable {
        var status = GatewayStatus()
        var sessions: [Session] = []
        var denials: [DenialRecord] = []
        /// How often anything was looked at.
        var looks = 0
        var accounts = AccountSettings()
    }

    let script = Mutex(Script())

    func status() -> GatewayStatus {
        script.withLock { script in
            script.looks += 1
            return script.status
        }
    }

    func sessions(matching filter: SessionFilter, limit: Int) async -> SessionList {
        script.withLock { script in
            let matching = script.sessions.filter(filter.matches)
            return SessionList(sessions: Array(matching.prefix(limit)), total: matching.count)
        }
    }

    func denials() async -> DenialList {
        script.withLock { DenialList(denials: $0.denials, total: $0.denials.count) }
    }

    func closeSessions(matching filter: SessionFilter, limit: Int?, shown: Int) async
        -> ClosedSessions
    { ClosedSessions() }
    func setMode(_ mode: BackendMode?, matching filter: BackendFilter) {}
    func endpoints() -> EndpointList { EndpointList(endpoints: [], unknown: []) }
    func explain(
        warehouse: String?,
        source: IPAddress,
        endpoint: EndpointName?,
        claims: ClientClaims
    ) -> [AccessExplanation]? { nil }
    var topology: Topology {
        var topology = Topology(warehouses: [Warehouse(id: "A"), Warehouse(id: "B")])
        topology.management.accounts = script.withLock { $0.accounts }
        return topology
    }
    var policy: Policy { Policy() }
    func entryHits() async -> EntryHitTable { EntryHitTable() }

    func security(towards backend: SocketAddress, of service: Service.ID) -> BackendSecurity? {
        nil
    }

    /// Sets who is denied how often.
    func deny(_ warehouse: String, _ count: Int, source: UInt8 = 1) {
        let record = DenialRecord(
            warehouse: warehouse,
            source: CIDRBlock(containing: .v4(IPv4Address(192, 0, 2, source)), prefixLength: 32),
            reason: .notInWhitelist,
            count: count,
            firstSeen: UnixTime(seconds: 0),
            lastSeen: UnixTime(seconds: 0)
        )
        script.withLock { script in
            script.denials.removeAll { $0.warehouse == warehouse && $0.source == record.source }
            script.denials.append(record)
        }
    }
}

/// A management server with a store and keys, in a folder of its own.
struct ServedEvents: Sendable {
    let port: Int
    let gateway: ScriptedGateway
    let writer: PolicyWriter
    let plane: ControlPlane
    let store: PolicyStore
    /// What the operator's log was told of.
    let reports: Reports

    final class Reports: Sendable {
        private let kept = Mutex<[OperatorEvent]>([])
        var all: [OperatorEvent] { kept.withLock { $0 } }
        func add(_ event: OperatorEvent) { kept.withLock { $0.append(event) } }
    }

    static func run(
        limits: ManagementLimits = ManagementLimits(),
        _ test: @escaping @Sendable (ServedEvents) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let folder = NSTemporaryDirectory() + "sluice-events-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try PolicyStore(path: folder + "/store.db", mode: .create)
        var policy = Policy()
        policy.warehouses = ["A": WarehousePolicy(), "B": WarehousePolicy()]
        try StoreStart.importNew(of: policy, into: store, logger: logger)
        let writer = PolicyWriter(
            .store(store),
            configured: policy,
            topology: Topology(warehouses: []),
            logger: logger
        )
        writer.logActs()
        let gateway = ScriptedGateway()
        let reports = Reports()
        let plane = ControlPlane(gateway, writer, report: reports.add)
        writer.onActs { plane.events.actsRecorded() }
        var routes = ManagementRoutes(
            gateway: gateway,
            writer: writer,
            access: .credentials { store }
        )
        routes.plane = plane
        routes.hasOpenMetrics = true
        let server = ManagementServer(
            place: .address(SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 0)),
            routes: routes,
            limits: limits,
            logger: logger
        )
        let failure = Mutex<(any Error)?>(nil)
        try await server.run { port in
            do {
                try await test(
                    ServedEvents(
                        port: port,
                        gateway: gateway,
                        writer: writer,
                        plane: plane,
                        store: store,
                        reports: reports
                    )
                )
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Makes a key.
    func key(
        _ name: String,
        _ role: Role = .administer,
        warehouses: Set<String>? = nil,
        expiresAt: UnixTime? = nil
    ) async throws -> (id: String, secret: String) {
        let written = try await writer.write(by: .gateway) { transaction in
            try transaction.createKey(
                KeyDescription(
                    name: name,
                    role: role,
                    warehouses: warehouses,
                    expiresAt: expiresAt
                )
            )
        }
        return (written.value.key.id, written.value.secret.text)
    }

    /// Signs somebody in, as a program does.
    ///
    /// - Returns: the token.
    func login(_ name: String) async throws -> String {
        try await writer.write(by: .gateway) { transaction in
            let account = try transaction.createAccount(
                AccountDescription(name: name, role: .read),
                password: nil
            )
            let description = SessionDescription(
                method: .password,
                client: .commandLine,
                source: "127.0.0.1",
                agent: "test"
            )
            return try transaction.openSession(of: account.id, description, SessionLimits()).token
                .text
        }.value
    }

    /// Sends a request, and leaves the connection open.
    func request(
        _ path: String,
        key: String? = nil,
        token: String? = nil,
        headers: [String] = []
    ) throws -> EventClient {
        let client = try EventClient(port: port)
        var lines = ["GET \(path) HTTP/1.1", "Host: 127.0.0.1"] + headers
        if let key { lines.append("X-API-Key: \(key)") }
        if let token { lines.append("Authorization: Bearer \(token)") }
        try client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        return client
    }

    /// Waits until `condition` holds: for as long as a busy machine may take.
    static func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < deadline {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await condition()
    }
}

/// A client that reads as much as it wants to.
final class EventClient: Sendable {
    private let socket: Socket
    private let received = Mutex<[UInt8]>([])
    private let hasEnded = Mutex(false)
    private let hasClosed = Mutex(false)

    init(port: Int) throws {
        let address = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: UInt16(port))
        socket = try Socket.tcp(for: address)
        if case .failed(let error) = socket.connect(to: address) { throw error }
        _ = socket.waitUntilReady(toWrite: true, milliseconds: 20_000)
        if let error = socket.takeError() { throw error }
    }

    deinit { close() }

    func close() {
        let isOpen = hasClosed.withLock { hasClosed in
            defer { hasClosed = true }
            return !hasClosed
        }
        if isOpen { socket.close() }
    }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        _ = socket.write(bytes, from: 0)
    }

    /// Reads what is there.
    func read() {
        let buffer = ScratchBuffer(byteCount: 65_536)
        while true {
            switch socket.read(into: buffer) {
            case .bytes(let count): received.withLock { $0 += buffer.copy(0..<count) }
            case .wouldBlock: return
            case .endOfStream, .failed:
                hasEnded.withLock { $0 = true }
                return
            }
        }
    }

    var text: String {
        read()
        return received.withLock { String(decoding: $0, as: UTF8.self) }
    }

    var isEnded: Bool {
        read()
        return hasEnded.withLock { $0 }
    }

    /// Waits until a text was received, or can no longer be.
    func expect(_ part: String) async throws -> Bool {
        try await ServedEvents.eventually { text.contains(part) || isEnded } && text.contains(part)
    }
}

import Configurations
import Operations
import Policy
import Settings
import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("Clients handed over to another shard", .timeLimit(.minutes(2)))
struct HandOverTests {
    @Test("Denied ones make room even before the shard handles them")
    func room() async throws {
        let events = Locked<[GatewayEvent]>([])
        let address = try GatewayFixture.freeAddress()
        var configuration = try GatewayFixture.configuration(
            listeners: [address],
            backend: GatewayFixture.freeAddress()
        )
        configuration.policy.warehouses["W"]?.whitelist = Whitelist(mode: .nowhere)
        // Of a MySQL client's login nothing comes: its refusal lasts.
        configuration.topology.listeners[0].protocol = .mysql
        let gateway = try Gateway(
            configuration: configuration,
            accessLog: RecordingLog(),
            descriptors: DescriptorPlan(limit: 60, fixedCount: 0),
            report: { event in events.withLock { $0.append(event) } }
        )
        try gateway.start()
        let ports = gateway.services.ports

        // It looks for clients before it looks into its mailbox, as it happens to do at times.
        let second = Gate(ports[1]) { shard in
            for id in shard.listeners.keys { shard.acceptClients(of: id) }
        }
        try await eventually { second.isClosed }
        var clients: [Socket] = []
        for _ in 0..<40 { clients.append(try await GatewayFixture.client(of: address)) }
        try await eventually { gateway.status().listeners[0].accepted >= 20 }

        let first = Gate(ports[0])
        try await eventually { first.isClosed }
        let descriptors = gateway.services.descriptors
        var takenCount = 0
        while !descriptors.isUsedUp {
            descriptors.take(1)
            takenCount += 1
        }
        for _ in 0..<8 { clients.append(try await GatewayFixture.client(of: address)) }
        second.open()
        // Only the second shard can greet them.
        try await eventually {
            clients.suffix(8).contains { $0.waitUntilReady(toWrite: false, milliseconds: 0) }
        }
        #expect(gateway.status().acceptPauses == 0, "\(events.withLock { $0 })")

        descriptors.release(takenCount)
        first.open()
        for client in clients { client.close() }
        _ = await gateway.drain(within: .seconds(5))
    }
}

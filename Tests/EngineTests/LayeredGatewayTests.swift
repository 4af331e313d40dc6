import Addresses
import Configurations
import Operations
import Policy
import SeededRandom
import Settings
import Sockets
import Testing
import Traffic

@testable import Engine

@Suite("A gateway with layered transports", .timeLimit(.minutes(3)))
struct LayeredGatewayTests {
    private static let carrier: Assembly.Carrier = { RecordLayer($0) }

    /// Which side speaks in records.
    enum Form: CaseIterable {
        case client, backend, both

        var assembly: Assembly {
            Assembly(
                clientCarrier: { _ in self == .backend ? nil : LayeredGatewayTests.carrier },
                backendCarrier: { _ in self == .client ? nil : LayeredGatewayTests.carrier }
            )
        }
    }

    /// Sends all that `sender` has and reads it at `receiver`, in random pieces.
    private static func carry(
        _ bytes: [UInt8],
        from sender: FarEnd,
        to receiver: FarEnd,
        using random: inout SeededGenerator
    ) async throws {
        var sent = 0
        var received: [UInt8] = []
        while received.count < bytes.count {
            if sent < bytes.count {
                let end = min(bytes.count, sent + Int.random(in: 1...60_000, using: &random))
                sent += sender.write(Array(bytes[sent..<end]), from: 0)
            }
            sender.flush()
            let bytes = try #require(receiver.read())
            received += bytes
            if bytes.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        }
        #expect(received == bytes)
    }

    @Test(
        "Every byte arrives in both directions, and each end after the last one",
        arguments: Form.allCases,
        SeededGenerator.seeds
    )
    func sessions(form: Form, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try GatewayFixture(assembly: form.assembly)
        for _ in 0..<2 {
            let pair = try await fixture.session()
            let client = FarEnd(pair.outer, isLayered: form != .backend)
            let backend = FarEnd(pair.inner, isLayered: form != .client)
            for (sender, receiver) in [(client, backend), (backend, client), (client, backend)] {
                let count = Int.random(in: 1..<200_000, using: &random)
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try await Self.carry(bytes, from: sender, to: receiver, using: &random)
            }
            let (first, last) = Bool.random(using: &random) ? (client, backend) : (backend, client)
            first.endWriting()
            try await eventually { last.read() == nil }
            // The other direction goes on behind a half-close.
            try await Self.carry([1, 2, 3], from: last, to: first, using: &random)
            last.endWriting()
            try await eventually { first.read() == nil }
            pair.close()
        }
        try await eventually { fixture.log.records.count == 2 }
        #expect(fixture.log.records.allSatisfy { $0.end == .finished })
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A stream that breaks off before its end was announced is passed on as a reset")
    func truncated() async throws {
        let fixture = try GatewayFixture(assembly: Form.client.assembly)
        let pair = try await fixture.session()
        let client = FarEnd(pair.outer, isLayered: true)
        #expect(client.write([1, 2, 3], from: 0) == 3)
        var received: [UInt8] = []
        try await eventually {
            received += pair.inner.readAvailable(waiting: 0) ?? []
            return received == [1, 2, 3]
        }
        pair.outer.shutdownWrite()
        try await eventually { fixture.log.records.count == 1 }
        #expect(fixture.log.records[0].end == .clientReset)
        pair.close()
        _ = await fixture.gateway.drain(within: .zero)
    }

    @Test("A denied client receives the denial in the listener's protocol, then the end")
    func denied() async throws {
        let fixture = try GatewayFixture(assembly: Form.client.assembly)
        var configuration = fixture.configuration
        configuration.policy.warehouses["W"]?.whitelist = Whitelist(mode: .nowhere)
        configuration.topology.listeners[0].protocol = .http
        try fixture.gateway.reload(to: configuration)
        var client = LineStream(
            try await GatewayFixture.client(of: fixture.address),
            isLayered: true
        )
        let answer = String(decoding: client.readToEnd(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
        #expect(answer.hasSuffix("}\n"))
        client.far.socket.close()
        _ = await fixture.gateway.drain(within: .zero)
    }
}

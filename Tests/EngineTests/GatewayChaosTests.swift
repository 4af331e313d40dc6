import Addresses
import Foundation
import Operations
import Sockets
import Testing

@testable import Engine

@Suite("A gateway under random load")
struct GatewayChaosTests {
    /// How a session ends, in turn.
    private enum End: CaseIterable {
        case clientCloses, backendCloses, clientResets, backendResets, clientHalfCloses
    }

    @Test("Sessions that end in any way during reloads leave no count or descriptor behind")
    func leavesNothing() async throws {
        let fixture = try GatewayFixture()
        for round in 0..<40 {
            for end in End.allCases {
                let session = try await fixture.session()
                let bytes = (0..<(round * 997)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try Self.expect(bytes, through: session)
                Self.perform(end, on: session)
            }
            try fixture.gateway.reload(to: fixture.configuration)
        }
        try await eventually { fixture.gateway.activeConnections == 0 }
        let ports = [fixture.address.port, fixture.backend.address.port]
        try await eventually { try Self.connections(at: ports) == 0 }
        try await eventually { fixture.log.records.count == 40 * End.allCases.count }
        #expect(fixture.gateway.status().listeners.first?.activeConnections == 0)
        #expect(fixture.gateway.status().listeners.first?.backends.first?.activeConnections == 0)
        _ = await fixture.gateway.drain(within: .zero)
    }

    /// Sends `bytes` from the client and reads them at the backend.
    private static func expect(_ bytes: [UInt8], through session: SocketPair) throws {
        session.outer.writeAll(bytes)
        var received: [UInt8] = []
        while received.count < bytes.count {
            received += try #require(session.inner.readAvailable(waiting: 60_000))
        }
        #expect(received == bytes)
    }

    /// Ends the session from one side; the other closes behind it.
    private static func perform(_ end: End, on session: SocketPair) {
        switch end {
        case .clientCloses: session.outer.close()
        case .backendCloses: session.inner.close()
        case .clientResets: session.outer.closeWithReset()
        case .backendResets: session.inner.closeWithReset()
        case .clientHalfCloses: session.outer.shutdownWrite()
        }
        let clientIsLeft = end == .backendCloses || end == .backendResets
        let last = clientIsLeft ? session.outer : session.inner
        #expect(last.readAvailable(waiting: 60_000) == nil)
        last.close()
        if end == .clientHalfCloses { session.outer.close() }
    }

    /// Sockets of sessions that somebody still holds: with one of these ports at either end, and
    /// neither listening (0A) nor only remembered by the kernel (TIME_WAIT, 06; proc(5)).
    private static func connections(at ports: [UInt16]) throws -> Int {
        let table = try String(contentsOfFile: "/proc/self/net/tcp", encoding: .ascii)
        let wanted = Set(ports.map { String($0, radix: 16, uppercase: true) })
        return table.split(separator: "\n").dropFirst().count { line in
            let fields = line.split(separator: " ")
            guard fields.count > 3, fields[3] != "0A", fields[3] != "06" else { return false }
            return fields[1...2].contains { address in
                let port = address.split(separator: ":").last?.drop { $0 == "0" }
                return port.map { wanted.contains(String($0)) } ?? false
            }
        }
    }
}

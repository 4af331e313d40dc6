import Core
import Foundation
import Sockets
import Testing

@testable import Engine

@Suite("A gateway under disorder")
struct GatewayChaosTests {
    /// How a session ends, in turn.
    private enum End: CaseIterable {
        case clientCloses, backendCloses, clientResets, backendResets, clientHalfCloses
    }

    @Test("Sessions that end in every way, amid reloads, leave no count and no descriptor behind")
    func leavesNothing() async throws {
        let fixture = try GatewayFixture()
        let before = try Self.openDescriptors()
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
        // One left behind by every other session would be 100.
        try await eventually { try Self.openDescriptors() < before + 100 }
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

    /// Of the whole process: tests beside this one may hold a few dozen.
    private static func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
}

import Glibc
import Settings
import Sockets
import Testing

@testable import Engine

/// What the kernel announces to the peers of a relay decides how much they send in a round trip; over
/// loopback, only the window itself shows it.
@Suite("How much may be under way to the gateway", .timeLimit(.minutes(2)))
struct WindowTests {
    /// A size that every system grants, and larger than the first window of any.
    private static let byteCount = 200_000

    private static let grantsMuch =
        (try? BufferPolicy(EngineSettings()))?.client.map { $0.first < $0.full } ?? false

    /// Relays a session under `engine`.
    private func relay(
        _ engine: EngineSettings,
        _ body: (_ client: Socket, _ backend: Socket) throws -> Void
    ) async throws {
        let listener = try GatewayFixture.listener(on: GatewayFixture.loopback(0))
        let address = try GatewayFixture.freeAddress()
        var configuration = try GatewayFixture.configuration(
            listeners: [address],
            backend: listener.address
        )
        configuration.topology.engine = engine
        let gateway = try Gateway(configuration: configuration, accessLog: RecordingLog()) { _ in }
        try gateway.start()
        let client = try await GatewayFixture.client(of: address)
        defer { client.close() }
        client.writeAll([1])
        var accepted: Socket?
        try await eventually {
            if case .accepted(let socket, _) = listener.accept() { accepted = socket }
            return accepted != nil
        }
        let backend = try #require(accepted)
        defer { backend.close() }
        #expect(backend.readAvailable(waiting: 60_000) == [1])
        try body(client, backend)
        _ = await gateway.drain(within: .zero)
    }

    /// Sends bytes a few at a time, so that none wait, and returns the window that is announced then.
    private func window(after byteCount: Int, from sender: Socket, to receiver: Socket) throws
        -> Int
    {
        let piece = [UInt8](repeating: 1, count: 32_768)
        for _ in 0..<byteCount / piece.count {
            sender.writeAll(piece)
            var rest = piece.count
            while rest > 0 {
                rest -= try #require(receiver.readAvailable(waiting: 60_000)).count
            }
        }
        return try sender.peerWindow()
    }

    @Test("It is as much as the buffers are set to, in both directions")
    func asSet() async throws {
        var engine = EngineSettings()
        engine.clientBufferByteCount = Self.byteCount
        engine.backendBufferByteCount = Self.byteCount
        try await relay(engine) { client, backend in
            // A newer kernel announces what the buffer has room for with segments as they come.
            let sizes = Self.byteCount * 3 / 4...Self.byteCount * 2
            let upload = try window(after: 8 << 20, from: client, to: backend)
            #expect(sizes.contains(upload), "\(upload)")
            let download = try window(after: 8 << 20, from: backend, to: client)
            #expect(sizes.contains(download), "\(download)")
        }
    }

    @Test(
        "A client has a small window until its backend has taken much of what it sent",
        .enabled(if: grantsMuch, "net.core.rmem_max is small")
    )
    func inSteps() async throws {
        let engine = EngineSettings()
        try await relay(engine) { client, backend in
            let first = try window(after: 3 << 20, from: client, to: backend)
            #expect(first <= 1 << 20, "\(first)")
            let later = try window(after: 24 << 20, from: client, to: backend)
            #expect(later > 1 << 20 && later <= 8 << 20, "\(later)")
            let download = try window(after: 24 << 20, from: backend, to: client)
            #expect(download > 1 << 20 && download <= 8 << 20, "\(download)")
        }
    }
}

extension Socket {
    /// How much the peer lets it send (`tcpi_snd_wnd`, Linux 5.4).
    fileprivate func peerWindow() throws -> Int {
        var information = [UInt32](repeating: 0, count: 64)
        var length = socklen_t(information.count * MemoryLayout<UInt32>.size)
        let result = unsafe getsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            TCP_INFO,
            &information,
            &length
        )
        try #require(result == 0 && length >= 232, "this kernel does not tell")
        return Int(information[57])
    }
}

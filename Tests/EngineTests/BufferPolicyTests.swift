import Settings
import Testing

@testable import Engine

@Suite("Which buffers sockets have")
struct BufferPolicyTests {
    @Test("A receive buffer is bounded if the system grants the requested size")
    func granted() {
        let policy = BufferPolicy(EngineSettings(), initial: 131_072, grantable: 4_194_304)
        #expect(policy.client?.full == 4_194_304)
        #expect(policy.backendReceive == 4_194_304)
        #expect(policy.unsent == 262_144)
    }

    @Test("A smaller one would cost throughput, and is left to the system")
    func notGranted() {
        var settings = EngineSettings()
        settings.backendBufferByteCount = 212_992
        let policy = BufferPolicy(settings, initial: 131_072, grantable: 212_992)
        #expect(policy.client == nil)
        #expect(policy.backendReceive == 212_992)
    }

    @Test("0 leaves everything to the system")
    func zero() {
        var settings = EngineSettings()
        settings.clientBufferByteCount = 0
        settings.backendBufferByteCount = 0
        settings.unsentByteCount = 0
        let policy = BufferPolicy(settings, initial: 131_072, grantable: .max)
        #expect(policy.client == nil)
        #expect(policy.backendReceive == nil)
        #expect(policy.unsent == nil)
    }

    @Test("A client's buffer is bounded in two steps, unless the system's first one is larger")
    func client() {
        var settings = EngineSettings()
        func policy(_ byteCount: Int, initial: Int = 131_072) -> BufferPolicy {
            settings.clientBufferByteCount = byteCount
            return BufferPolicy(settings, initial: initial, grantable: .max)
        }
        let bound = policy(4 << 20).client
        #expect(bound?.first == 512 << 10 && bound?.full == 4 << 20)
        let small = policy(256 << 10).client
        #expect(small?.first == 256 << 10 && small?.full == 256 << 10)
        // A window that the kernel has announced is not withdrawn.
        #expect(policy(4 << 20, initial: 1 << 20).client?.first == 1 << 20)
        #expect(policy(65_536).acceptedClient == 65_536 && policy(65_536).client == nil)
        #expect(policy(4 << 20).acceptedClient == nil)
        #expect(policy(0).acceptedClient == nil && policy(0).client == nil)
    }

    @Test("A backend's bound waits for bytes, unless the system's first buffer is larger")
    func deferred() {
        var settings = EngineSettings()
        #expect(
            !BufferPolicy(settings, initial: 131_072, grantable: .max).boundsBeforeConnect
        )
        settings.backendBufferByteCount = 65_536
        #expect(BufferPolicy(settings, initial: 131_072, grantable: .max).boundsBeforeConnect)
        settings.backendBufferByteCount = 0
        #expect(!BufferPolicy(settings, initial: 131_072, grantable: .max).boundsBeforeConnect)
    }

    @Test("The kernel can be queried")
    func asked() throws {
        var settings = EngineSettings()
        settings.backendBufferByteCount = 8_192
        #expect(try BufferPolicy(settings).backendReceive == 8_192)
    }
}

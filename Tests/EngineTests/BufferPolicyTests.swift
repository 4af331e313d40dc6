import Settings
import Testing

@testable import Engine

@Suite("Which buffers sockets have")
struct BufferPolicyTests {
    @Test("A receive buffer is bounded if the system grants the requested size")
    func granted() {
        let policy = BufferPolicy(EngineSettings(), initial: 131_072, grantable: 4_194_304)
        #expect(policy.clientReceive == 4_194_304)
        #expect(policy.backendReceive == 4_194_304)
        #expect(policy.unsent == 262_144)
    }

    @Test("A smaller one would cost throughput, and is left to the system")
    func notGranted() {
        var settings = EngineSettings()
        settings.backendBufferByteCount = 212_992
        let policy = BufferPolicy(settings, initial: 131_072, grantable: 212_992)
        #expect(policy.clientReceive == nil)
        #expect(policy.backendReceive == 212_992)
    }

    @Test("0 leaves everything to the system")
    func zero() {
        var settings = EngineSettings()
        settings.clientBufferByteCount = 0
        settings.backendBufferByteCount = 0
        settings.unsentByteCount = 0
        let policy = BufferPolicy(settings, initial: 131_072, grantable: .max)
        #expect(policy.clientReceive == nil)
        #expect(policy.backendReceive == nil)
        #expect(policy.unsent == nil)
    }

    @Test("The bound waits for bytes, unless the system's first buffer is larger")
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

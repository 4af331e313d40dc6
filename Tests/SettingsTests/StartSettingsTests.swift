import Addresses
import Settings
import Testing
import Traffic

@Suite("Settings that only apply at startup")
struct StartSettingsTests {
    private static let changes: [(key: String, change: @Sendable (inout Topology) -> Void)] = [
        ("management.listen", { $0.management.address = nil }),
        ("management.tls", { $0.management.tls = .selfSigned }),
        ("management.url", { $0.management.url = WebURL("https://gateway.example.com") }),
        ("lastPolicy", { $0.lastPolicyFolder = "/var/lib/sluice/policy" }),
        ("engine.shards", { $0.engine.shards = 7 }),
        ("engine.linger", { $0.engine.linger = .milliseconds(7) }),
        ("engine.scratch", { $0.engine.scratchByteCount = 8_192 }),
        ("engine.pipe", { $0.engine.pipeByteCount = 8_192 }),
        ("engine.kernelTLS", { $0.engine.kernelTLS = .full }),
        ("engine.congestionControl", { $0.engine.congestionControl = .named("reno") }),
    ]

    private static let before = Topology(
        management: SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 7_080),
        warehouses: []
    )

    @Test("A changed key is named, and no other", arguments: changes.indices)
    func changed(index: Int) {
        var after = Self.before
        Self.changes[index].change(&after)
        let keys = StartSettings(Self.before).keys(changedIn: StartSettings(after))
        #expect(keys == [Self.changes[index].key])
    }

    @Test("Settings that a reload applies are not among them")
    func others() {
        var after = Self.before
        after.log.level = .trace
        after.management.certificateStem = "/var/lib/sluice/sluice.db.tls"
        after.log.access = .off
        after.limits.connections = 1
        after.timeouts.drain = .seconds(1)
        after.keepalive.count = 1
        #expect(StartSettings(Self.before).keys(changedIn: StartSettings(after)) == [])
    }
}

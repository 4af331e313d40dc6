import Addresses
import CIDRTrie
import Configurations
import Operations
import Policy
import Settings
import Testing
import Time
import Traffic

@Suite("Which sessions a configuration would close")
struct RevocationPreviewTests {
    private let now = UnixTime(seconds: 1_795_428_000)

    private func session(
        _ client: String,
        endpoint: String? = nil,
        listener: String = "127.0.0.1:1"
    )
        throws -> Session
    {
        let address = SocketAddress(try IPAddress(parsing: client), port: 5)
        return Session(
            connection: 1,
            warehouse: "W",
            listener: listener,
            link: .public,
            peer: address,
            client: address,
            endpoint: endpoint.map { EndpointName(.aws, $0) },
            startedAt: now
        )
    }

    private func configuration(_ entries: String, whenRevoked: Revocation = .close)
        -> GatewayConfiguration
    {
        let rules = Array(CIDRList(parsing: Array(entries.utf8).span).rules)
        let loopback = IPAddress.v4(IPv4Address(127, 0, 0, 1))
        let listeners = [
            Listener(
                of: "W",
                protocol: .tcp,
                address: SocketAddress(loopback, port: 1),
                backends: []
            ),
            Listener(
                of: "W",
                protocol: .tcp,
                address: SocketAddress(loopback, port: 2),
                link: .private,
                backends: []
            ),
        ]
        let warehouse = GuardedWarehouse(
            id: "W",
            whitelist: Whitelist(mode: .specific, rules: Array(rules)),
            whenRevoked: whenRevoked,
            endpoints: [Endpoint(id: "vpce-1", cloud: .aws, state: .rejected)]
        )
        return GatewayConfiguration(listeners: listeners, warehouses: [warehouse])
    }

    @Test("Those whose client or endpoint it no longer admits, each with the reason")
    func revoked() throws {
        let sessions = [
            try session("10.0.0.1"), try session("10.0.0.2"), try session("11.0.0.1"),
            try session("10.0.0.1", endpoint: "vpce-1", listener: "127.0.0.1:2"),
        ]
        let preview = RevocationPreview(
            sessions,
            under: configuration("10.0.0.0/8\n!10.0.0.2"),
            at: now
        )
        let reasons: [DenialReason] = [.deniedByRule, .notInWhitelist, .endpointRejected]
        #expect(preview.revoked.map(\.reason) == reasons)
        #expect(preview.revoked.map(\.session) == Array(sessions.dropFirst()))
        #expect(preview.keptCount == 1)
    }

    @Test("An entry for one service closes sessions of that service only")
    func service() throws {
        var mysql = try session("10.0.0.1")
        mysql.protocol = .mysql
        let tcp = try session("10.0.0.1")
        var configuration = configuration("10.0.0.0/8")
        let denial = WhitelistEntry(Rule(block: CIDRBlock(mysql.client.ip), action: .deny))
        try configuration.policy.apply([.edit([.add(denial)], in: .service(.mysql), of: "W")])
        let preview = RevocationPreview([mysql, tcp], under: configuration, at: now)
        #expect(preview.revoked == [.init(session: mysql, reason: .deniedByRule)])
        #expect(preview.keptCount == 1)
    }

    @Test("None that its warehouse keeps")
    func kept() throws {
        let lenient = configuration("10.0.0.0/8", whenRevoked: .keep)
        let preview = RevocationPreview([try session("11.0.0.1")], under: lenient, at: now)
        #expect(preview.revoked == [] && preview.keptCount == 1)
    }
}

import Addresses
import CIDRTrie
import Foundation
import Policy
import Settings
import Testing
import Time
import Traffic

@testable import Control

@Suite("The examples of configurations")
struct ExampleTests {
    private let loaded: LoadedConfiguration

    init() throws {
        loaded = try load(designExample, files: ["office.cidrs": "198.51.100.0/24 branch\n"])
    }

    @Test("The design's example is accepted unchanged, without a warning")
    func findings() {
        #expect(loaded.findings == [])
        #expect(loaded.configuration != nil)
    }

    @Test("Its settings are decoded")
    func settings() throws {
        let configuration = try #require(loaded.configuration)
        #expect(configuration.topology.management.address == address("127.0.0.1:7080"))
        #expect(configuration.topology.policyAuthority == .store)
        #expect(configuration.topology.log.level == .info)
        #expect(configuration.topology.log.format == .json)
        #expect(configuration.topology.log.access == .stdout)
        #expect(configuration.topology.limits.connections == 100_000)
        #expect(configuration.topology.limits.connectionsPerSource == 1_000)
        #expect(configuration.topology.limits.connectRatePerSource == 200)
        #expect(configuration.topology.timeouts == Timeouts())
        #expect(configuration.topology.keepalive == Keepalive())
        #expect(configuration.topology.engine == EngineSettings())
    }

    @Test("Its warehouse and whitelist are decoded, with the file's rules after the entries")
    func warehouse() throws {
        let warehouse = try #require(loaded.configuration?.topology.warehouses.first)
        let whitelist = try #require(loaded.configuration?.policy[warehouse.id].whitelist)
        #expect(warehouse.id == "AWVA7CM7")
        #expect(warehouse.name == "WH_Demo")
        #expect(warehouse.host == nil)
        #expect(warehouse.connectionLimit == 0)
        #expect(whitelist.mode == .specific)
        #expect(
            whitelist.lists.flatMap { Array($0.trie.rules) } == [
                Rule(block: try #require(block("203.0.113.0/24")), description: "office"),
                Rule(
                    block: try #require(block("203.0.113.66/32")),
                    action: .deny,
                    expiry: UnixTime(seconds: 1_798_761_600)
                ),
                Rule(block: try #require(block("198.51.100.0/24")), description: "branch"),
            ]
        )
    }

    @Test("Its listeners are decoded")
    func listeners() throws {
        let listeners = try #require(loaded.configuration?.topology.listeners)
        let backend = BackendAddress(host: .ip(.v4(IPv4Address(127, 0, 0, 1))), port: 3306)
        #expect(
            listeners == [
                Listener(
                    of: "AWVA7CM7",
                    protocol: .mysql,
                    address: try #require(address("0.0.0.0:9030")),
                    backends: [backend],
                    healthCheck: .mysql,
                    sendProxyProtocol: .v1
                ),
                Listener(
                    of: "AWVA7CM7",
                    protocol: .mysql,
                    address: try #require(address("0.0.0.0:9031")),
                    link: .private,
                    acceptProxyProtocol: AcceptProxyProtocol(
                        mode: .required,
                        trusted: [try #require(block("10.0.0.0/24"))]
                    ),
                    reject: .errorAfterGreeting,
                    backends: [backend],
                    healthCheck: .mysql
                ),
            ]
        )
    }

    @Test("Its endpoint services and endpoints are decoded")
    func privateLinks() throws {
        let warehouse = try #require(loaded.configuration?.policy.warehouses.values.first)
        #expect(
            warehouse.endpointServices == [
                EndpointService(
                    id: "vpce-svc-0a1b2c3d4e5f67890",
                    cloud: .aws,
                    region: "us-east-1",
                    allowedPrincipals: ["arn:aws:iam::123456789012:root"]
                )
            ]
        )
        #expect(
            warehouse.endpoints == [
                Endpoint(
                    id: "vpce-0123456789abcdef0",
                    cloud: .aws,
                    state: .available,
                    description: "reporting"
                ),
                Endpoint(id: "553665793", cloud: .azure, state: .pendingAcceptance),
            ]
        )
    }

    @Test("The commented example of the documentation has neither errors nor warnings")
    func documentation() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("docs/sluice.example.yaml").path
        let loaded = testLoader.load(contentsOf: file)
        #expect(loaded.lines == [])
        let policy = try #require(loaded.configuration?.policy.warehouses.values.first)
        let listeners = try #require(loaded.configuration?.topology.listeners)
        #expect(listeners.count == 3)
        #expect(policy.whitelist.lists.last?.trie.rules.map(\.description).last == "Lisbon")
        #expect(listeners[1].routes[0].service.healthCheck.kind == .http(path: "/api/health"))
        #expect(listeners[1].timeouts.idle == .seconds(600))
        var options = SendProxyProtocol.V2Options()
        options.passTLVs = true
        options.addsCRC32C = true
        #expect(listeners[2].routes[0].service.sendProxyProtocol == .v2(options))
    }

    private func address(_ text: String) -> SocketAddress? { try? SocketAddress(parsing: text) }
    private func block(_ text: String) -> CIDRBlock? { try? CIDRBlock(parsing: text) }
}

import Addresses
import CIDRTrie
import Policy
import Settings
import Traffic

/// The backend of one of the demo's listeners.
enum DemoBackend {
    /// The sample warehouse, on a port of 127.0.0.1.
    case sample(port: Int)
    case own(BackendAddress)

    var isSample: Bool {
        if case .sample = self { true } else { false }
    }

    var address: BackendAddress {
        switch self {
        case .sample(let port):
            BackendAddress(host: .ip(DemoGateway.loopback), port: UInt16(clamping: port))
        case .own(let address): address
        }
    }
}

/// The backends of both listeners.
struct DemoBackends {
    var mysql: DemoBackend
    var http: DemoBackend
}

/// The demo's configuration: it allows this machine, except one of its addresses.
struct DemoGateway {
    static let loopback = IPAddress.v4(IPv4Address(127, 0, 0, 1))
    /// Denied on purpose: a client uses it by binding to it.
    static let deniedAddress = IPAddress.v4(IPv4Address(127, 0, 0, 66))

    private static let warehouseID = "DEMO"

    var ports: DemoPorts
    var backends: DemoBackends

    var configuration: GatewayConfiguration {
        var log = LogSettings()
        log.level = .notice
        var timeouts = Timeouts()
        timeouts.drain = .seconds(2)
        let topology = Topology(
            management: DemoPorts.loopback(ports.managementPort),
            log: log,
            timeouts: timeouts,
            listeners: [mysql, http],
            warehouses: [Warehouse(id: Self.warehouseID, name: "Demo")]
        )
        let list = EntryList(.entries, rules: rules)
        let whitelist = Whitelist(mode: .specific, lists: [list])
        return GatewayConfiguration(
            topology,
            Policy([Self.warehouseID: WarehousePolicy(whitelist: whitelist)])
        )
    }

    private var rules: [Rule] {
        let ipv6Loopback = IPAddress.v6(IPv6Address(high: 0, low: 1))
        return [
            Rule(
                block: CIDRBlock(containing: Self.loopback, prefixLength: 8),
                description: "this machine"
            ),
            Rule(block: CIDRBlock(ipv6Loopback), description: "this machine"),
            Rule(
                block: CIDRBlock(Self.deniedAddress),
                action: .deny,
                description: "denied as an example"
            ),
        ]
    }

    /// The sample warehouse expects a PROXY header of version 1, as Doris does.
    private var mysql: Listener {
        Listener(
            of: Self.warehouseID,
            protocol: .mysql,
            address: DemoPorts.loopback(ports.mysqlPort),
            backends: [backends.mysql.address],
            healthCheck: .mysql,
            sendProxyProtocol: backends.mysql.isSample ? .v1 : .off
        )
    }

    private var http: Listener {
        Listener(
            of: Self.warehouseID,
            protocol: .http,
            address: DemoPorts.loopback(ports.httpPort),
            backends: [backends.http.address],
            healthCheck: HealthCheck(
                kind: .http(path: backends.http.isSample ? "/api/health" : "/")
            )
        )
    }
}

/// A gateway behind a cloud's load balancer, with a private link to the real MariaDB, and an
/// endpoint of every cloud in every state.
struct CloudGate {
    /// Every state, and why the gateway denies an endpoint in it.
    static let states: [(state: String, denial: String?)] = [
        ("available", nil),
        ("pendingAcceptance", "endpointPendingAcceptance"),
        ("pending", "endpointPending"),
        ("rejected", "endpointRejected"),
        ("expired", "endpointExpired"),
        ("failed", "endpointFailed"),
        ("deleting", "endpointDeleting"),
        ("deleted", "endpointDeleted"),
    ]

    let site: PrivateLinkSite
    let sluice: SluiceProcess
    private let file: GatewayFile

    /// - Parameter timeout: how long the load balancer's header may take.
    init(
        trusting trusted: [String] = [CloudNetwork.balancer],
        timeout: String = "60s"
    ) throws {
        site = try PrivateLinkSite.shared.get()
        let networks = trusted.map { "\($0)/32" }.joined(separator: ", ")
        var listener = try site.listener(
            "mysql",
            at: CloudNetwork.gateway,
            to: site.mysql,
            settings: [
                "proxyProtocol: { accept: required, trusted: [ \(networks) ], timeout: \(timeout) }",
                "reject: error",
            ]
        )
        listener.link = "private"
        var file = GatewayFile(listener, whitelist: "{ mode: nowhere }")
        file.warehouse = Self.registry()
        self.file = file
        sluice = try site.start(file)
    }

    var listen: Endpoint { file.listeners[0].listen }

    /// The endpoint that is registered in `state`.
    static func endpoint(of cloud: AttestedEndpoint.Cloud, in state: String) -> AttestedEndpoint {
        let number = states.firstIndex { $0.state == state } ?? states.count
        return AttestedEndpoint(cloud: cloud, number: UInt8(number))
    }

    /// Why the gateway denies an endpoint that is registered in `state`; `nil` where it does not.
    static func denial(of cloud: AttestedEndpoint.Cloud, in state: String) -> String? {
        // What Azure calls pending waits for a person's word.
        if cloud == .azure, state == "pending" { return "endpointPendingAcceptance" }
        return states.first { $0.state == state }?.denial
    }

    /// The stock client's way: consumer, load balancer, gateway, MariaDB.
    func query(
        _ tlvs: [ProxyHeaderV2.TLV],
        _ delivery: CloudNetwork.Delivery = .whole,
        by way: Endpoint? = nil
    ) throws -> CommandResult {
        let balancer = try site.cloud.balancer(to: way ?? listen, sending: tlvs, delivery)
        return try site.cloud.consumer.inside {
            try MySQLClient.query("SELECT 6 * 7", at: balancer.endpoint)
        }
    }

    /// Edits one endpoint's state to `rejected` in the file, and sends SIGHUP.
    func requestRejection(of endpoint: AttestedEndpoint) throws {
        var file = file
        file.warehouse = Self.registry(rejecting: endpoint.id)
        try sluice.requestReload(to: file.text(management: sluice.management))
    }

    private static func registry(rejecting rejected: String? = nil) -> [String] {
        ["endpoints:"]
            + AttestedEndpoint.Cloud.allCases.flatMap { cloud in
                states.map { state, _ in
                    let id = endpoint(of: cloud, in: state).id
                    let state = id == rejected ? "rejected" : state
                    return "  - { id: \"\(id)\", cloud: \(cloud.rawValue), state: \(state) }"
                }
            }
    }
}

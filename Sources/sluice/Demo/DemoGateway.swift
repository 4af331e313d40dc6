import Control
import Time
import Traffic

/// The backend of one of the demo's listeners.
enum DemoBackend {
    /// The sample warehouse, on a port of 127.0.0.1.
    case sample(port: Int)
    case own(BackendAddress)

    var isSample: Bool {
        if case .sample = self { true } else { false }
    }

    /// As in a configuration.
    var address: String {
        switch self {
        case .sample(let port): "127.0.0.1:\(port)"
        case .own(let address): address.description
        }
    }
}

/// The backends of both services.
struct DemoBackends {
    var mysql: DemoBackend
    var http: DemoBackend
}

/// The demo's configuration: it allows this machine, except one of its addresses, and some networks of
/// people who do not exist.
struct DemoGateway {
    /// Denied on purpose: a client uses it by binding to it.
    static let deniedAddress = "127.0.0.66"

    /// Private endpoints, as a load balancer's PROXY headers name them.
    enum Endpoint {
        static let reporting = "vpce-0a1b2c3d4e5f60718"
        static let science = "vpce-0f1e2d3c4b5a69788"
        /// Of nobody.
        static let unknown = "vpce-00112233445566778"
    }

    /// Addresses of people, on this machine as all of 127.0.0.0/8 is.
    enum Person {
        static let analysts = ["127.0.10.21", "127.0.10.22", "127.0.10.35"]
        static let contractor = "127.0.20.7"
        /// In no list.
        static let colleague = "127.0.30.9"
    }

    var ports: DemoPorts
    var backends: DemoBackends
    var now = UnixTime.systemTime

    /// The sample warehouse expects a PROXY header of version 1, as Doris does.
    var configuration: String {
        """
        # The demo's configuration. Whitelist and endpoints are in the store after the first start.
        management: { listen: "127.0.0.1:\(ports.managementPort)" }
        state: sluice.db
        log: { level: error }
        timeouts: { drain: 2s }
        identities: { aws: "arn:aws:iam::123456789012:root" }
        warehouses:
          - id: DEMO
            name: Demo
            host: 127.0.0.1
            cloud: aws
            region: us-east-1
            whitelist:
              entries:
                - { cidr: 127.0.0.0/24, description: this machine }
                - { cidr: "::1", description: this machine }
                - { cidr: \(Self.deniedAddress), action: deny, description: denied as an example }
                - { cidr: 127.0.10.0/24, description: Analytics }
                - { cidr: \(Person.contractor), description: "Contractor, migration",
                    expires: "\(UnixTime(seconds: now.seconds + 86_400).rfc3339)" }
                - { cidr: 198.51.100.0/24, description: Office Lisbon }
                - { cidr: "2001:db8:17::/48", description: Office Lisbon }
            endpointServices:
              - { id: vpce-svc-0a1b2c3d4e5f60001, cloud: aws, region: us-east-1,
                  name: com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f60001,
                  zones: [ use1-az1, use1-az2 ],
                  allowedPrincipals: [ "arn:aws:iam::111122223333:root" ] }
            endpoints:
              - { id: \(Endpoint.reporting), cloud: aws, state: available, description: Reporting,
                  service: vpce-svc-0a1b2c3d4e5f60001 }
              - { id: \(Endpoint.science), cloud: aws, state: pendingAcceptance,
                  description: Data science, service: vpce-svc-0a1b2c3d4e5f60001 }
            listeners:
              - { protocol: mysql, listen: "127.0.0.1:\(ports.mysqlPort)", reject: error,
                  \(mysqlService) }
              - { protocol: http, listen: "127.0.0.1:\(ports.httpPort)", \(httpService) }
              - { protocol: mysql, listen: "127.0.0.1:\(ports.privatePort)", link: private,
                  proxyProtocol: { accept: required, trusted: [ 127.0.0.0/8 ] }, \(mysqlService) }

        """
    }

    private var mysqlService: String {
        let header = backends.mysql.isSample ? "v1" : "off"
        return "backends: [ \"\(backends.mysql.address)\" ], healthCheck: mysql,"
            + " sendProxyProtocol: \(header)"
    }

    private var httpService: String {
        let path = backends.http.isSample ? "/api/health" : "/"
        // The sample's frontend is its only backend too.
        let mode = backends.http.isSample ? "http: follow, redirects: {}, " : ""
        return "\(mode)backends: [ \"\(backends.http.address)\" ],"
            + " healthCheck: { type: http, path: \(path) }"
    }
}

import Addresses
import DomainNames
import Operations
import Policy
import Settings
import Testing
import Time
import Traffic

@Suite("Connection examples for TLS and routes by name")
struct SecureExampleTests {
    private func listener(
        _ service: ServiceProtocol,
        _ mode: ListenerTLS.Mode?,
        _ routes: [(RouteMatch, String)]
    ) -> Listener {
        let address = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 3306)
        var listener = Listener(protocol: service, address: address)
        listener.routes = routes.map { match, warehouse in
            let id = Service.ID(warehouse: warehouse, protocol: service, listener: nil)
            return Route(match, to: Service(id, backends: []))
        }
        listener.tls = mode.map { ListenerTLS($0, TLSSettings()) }
        if service == .mysql {
            listener.greeting = MySQLGreetingSettings()
            listener.greeting?.attribute = "warehouse"
        }
        return listener
    }

    private func list(
        _ listener: Listener,
        host: String = "sales.gw.example",
        names: [String] = ["*.gw.example"],
        authority: String? = "ca.pem",
        isFixed: Bool = false
    ) throws -> ConnectionExampleList {
        let topology = Topology(domain: try DomainName("gw.example"), warehouses: [])
        let certificate = ServedCertificate(
            listener: "127.0.0.1:3306",
            names: names,
            isDefault: true,
            fingerprint: "",
            subject: "",
            issuer: "",
            keyAlgorithm: "",
            notBefore: UnixTime(seconds: 0),
            expiresAt: UnixTime(seconds: 0)
        )
        let door = ExampleDoor(
            listener,
            port: 3306,
            to: "SALES",
            through: nil,
            in: topology,
            certificates: [certificate],
            authority: authority
        )
        return ConnectionExamples(host: host, user: "demo")
            .all([listener.protocol: [door]], warehouse: "SALES", isFixed: isFixed)
    }

    private static let byName: [(RouteMatch, String)] = [
        (.serverName("sales.gw.example"), "SALES"), (.serverName("stock.gw.example"), "STOCK"),
    ]
    private static let bySuffix: [(RouteMatch, String)] = [
        (.userSuffix("SALES"), "SALES"), (.userSuffix("STOCK"), "STOCK"),
    ]

    private func text(_ list: ConnectionExampleList, _ client: String) -> String? {
        list.examples.first { $0.client == client }?.copyText
    }

    @Test("Routes by the name in TLS alone: clients that send one, and nothing for mariadb")
    func byName() throws {
        for mode in [ListenerTLS.Mode.offered, .required] {
            let list = try list(listener(.mysql, mode, Self.byName))
            #expect(
                text(list, "mysql")
                    == "mysql -h sales.gw.example -P 3306 --ssl-mode=VERIFY_IDENTITY"
                    + " --ssl-ca=ca.pem --tls-sni-servername=sales.gw.example -u demo -p"
            )
            #expect(list.unavailable.map(\.client) == ["mariadb"])
            #expect(list.unavailable[0].reason.contains("add { userSuffix: … }"))
            #expect(text(list, "pymysql")?.contains("ssl=tls,") == true)
            #expect(text(list, "mysql-connector")?.contains("use_pure=True") == true)
            #expect(
                text(list, "go")?.contains(#"ServerName: "sales.gw.example""#) == true
            )
            #expect(text(list, "jdbc")?.contains("sslMode=VERIFY_IDENTITY") == true)
            #expect(text(list, "node")?.contains("verifyIdentity: true") == true)
        }
    }

    @Test(
        "With a suffix too, every client has a way, and those that send a name use their own user"
    )
    func bySuffix() throws {
        let list = try list(listener(.mysql, .required, Self.byName + Self.bySuffix))
        #expect(list.unavailable == [])
        #expect(
            text(list, "mariadb")
                == "mariadb -h sales.gw.example -P 3306 --ssl --ssl-ca=ca.pem"
                + " --ssl-verify-server-cert -u demo@SALES -p"
        )
        #expect(text(list, "mysql")?.hasSuffix("-u demo@SALES -p") == true)
        #expect(text(list, "pymysql")?.contains(#"user="demo""#) == true)
    }

    @Test("Without TLS, a suffix names the warehouse in every client")
    func plainSuffix() throws {
        let list = try list(listener(.mysql, nil, Self.bySuffix))
        #expect(list.examples.count == 9 && list.unavailable == [])
        #expect(text(list, "mariadb") == "mariadb -h sales.gw.example -P 3306 -u demo@SALES -p")
        #expect(text(list, "url") == "mysql://demo%40SALES@sales.gw.example:3306/")
    }

    @Test("A database or an attribute names it where nothing else does")
    func others() throws {
        let database = try list(listener(.mysql, nil, [(.database("crm"), "SALES")]))
        #expect(text(database, "mysql")?.hasSuffix("-u demo -p crm") == true)
        #expect(database.unavailable == [])
        let attribute = try list(listener(.mysql, nil, [(.attribute("s"), "SALES")]))
        #expect(
            text(attribute, "mysql-connector")?.contains(#"conn_attrs={"warehouse": "s"}"#) == true
        )
        #expect(text(attribute, "jdbc")?.contains("connectionAttributes=warehouse:s") == true)
        #expect(attribute.unavailable.map(\.client) == ["mysql", "mariadb", "url", "pymysql"])
    }

    @Test("A certificate that is not for the host is checked by its authority, or not used")
    func otherName() throws {
        let both = Self.byName + Self.bySuffix
        let required = try list(listener(.mysql, .required, both), host: "10.0.0.1", isFixed: true)
        #expect(text(required, "mysql")?.contains("--ssl-mode=VERIFY_CA") == true)
        #expect(text(required, "pymysql")?.contains("tls.check_hostname = False") == true)
        #expect(text(required, "go")?.contains(#"ServerName: "sales.gw.example""#) == true)
        let offered = try list(listener(.mysql, .offered, both), host: "10.0.0.1", isFixed: true)
        #expect(text(offered, "mariadb") == "mariadb -h 10.0.0.1 -P 3306 -u demo@SALES -p")
        // Elsewhere the name of the route is used, if the client sends it.
        let free = try list(listener(.mysql, .required, both), host: "10.0.0.1")
        #expect(text(free, "pymysql")?.contains(#"host="sales.gw.example""#) == true)
    }

    @Test("HTTP clients use https, and curl asks for the certificate's name at another address")
    func http() throws {
        let door = listener(.http, .required, Self.byName)
        let list = try list(door)
        #expect(text(list, "http") == "https://sales.gw.example:3306")
        #expect(text(list, "stream-load")?.contains("--cacert ca.pem") == true)
        #expect(
            text(list, "webui") == "https://sales.gw.example:3306/login?id=SALES"
        )
        let far = try self.list(door, host: "vpce-1.sales.gw.example", isFixed: true)
        #expect(far.unavailable.map(\.client) == ["http", "webui"])
        #expect(
            text(far, "stream-load")?.contains(
                "--connect-to sales.gw.example:3306:vpce-1.sales.gw.example:3306"
            ) == true
        )
    }

    @Test("Certificates of public authorities need no file")
    func publicAuthority() throws {
        let list = try list(
            listener(.mysql, .required, Self.byName + Self.bySuffix),
            authority: nil
        )
        #expect(text(list, "mariadb")?.contains("--ssl-ca") == false)
        #expect(text(list, "pymysql")?.contains("create_default_context()") == true)
        #expect(list.examples.allSatisfy { !$0.text.contains("ca.pem") })
    }

    @Test("Clients show a certificate where the listener requires one")
    func clientCertificates() throws {
        var door = listener(.mysql, .required, Self.byName + Self.bySuffix)
        door.tls?.settings.clientCertificates.mode = .required
        let list = try list(door)
        for example in list.examples {
            #expect(example.text.contains("client.pem"), "\(example.client)")
        }
    }

    @Test("Arrow Flight SQL is not offered where TLS is required")
    func flight() throws {
        let required = try list(listener(.tcp, .required, [(.default, "SALES")]))
        #expect(required.examples == [])
        #expect(required.unavailable[0].reason.contains("ALPN"))
        let offered = try list(listener(.tcp, .offered, [(.default, "SALES")]))
        #expect(offered.examples.count == 1)
    }

    @Test(
        "Whatever the routes, each client of an example says what leads to the warehouse",
        arguments: [nil, ListenerTLS.Mode.offered, .required]
    )
    func noPassage(mode: ListenerTLS.Mode?) throws {
        let elsewhere: [(RouteMatch, String)] = [(.default, "STOCK")]
        for service in [ServiceProtocol.mysql, .http, .tcp] {
            let list = try list(listener(service, mode, elsewhere))
            #expect(list.examples == [] && !list.unavailable.isEmpty)
        }
    }
}

@Suite("Where a client is led")
struct ClaimExplanationTests {
    private let now = UnixTime(seconds: 1_795_428_000)

    private func explain(
        _ claims: ClientClaims,
        warehouse: String? = nil,
        tls: ListenerTLS.Mode? = .offered
    ) throws -> [AccessExplanation] {
        let address = SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: 3306)
        var listener = Listener(protocol: .mysql, address: address)
        listener.routes = [
            (.serverName("sales.gw.example"), "SALES"), (.userSuffix("STOCK"), "STOCK"),
            (.database("crm"), "SALES"), (.attribute("s"), "STOCK"),
        ].map { (match: RouteMatch, warehouse) in
            let id = Service.ID(warehouse: warehouse, protocol: .mysql, listener: nil)
            return Route(match, to: Service(id, backends: []))
        }
        listener.tls = tls.map { ListenerTLS($0, TLSSettings()) }
        listener.greeting = MySQLGreetingSettings()
        listener.greeting?.attribute = "warehouse"
        var topology = Topology(
            domain: try DomainName("gw.example"),
            listeners: [listener],
            warehouses: [Warehouse(id: "SALES"), Warehouse(id: "STOCK")]
        )
        topology.domain = try DomainName("gw.example")
        let question = AccessQuestion(
            client: try IPAddress(parsing: "10.1.2.3"),
            claims: claims,
            at: now
        )
        let answers = topology.explain(
            warehouse: warehouse,
            question,
            name: \.description,
            policy: { _, _ in
                AccessPolicy(
                    whitelistOf: WarehousePolicy(whitelist: Whitelist(mode: .anywhere)),
                    for: .mysql
                )
            }
        )
        return try #require(answers)
    }

    @Test("A name, a suffix, a database or an attribute leads to its warehouse, by its route")
    func led() throws {
        for (claims, warehouse, route) in [
            (
                ClientClaims(serverName: "SALES.gw.example."), "SALES",
                "serverName: sales.gw.example"
            ),
            (ClientClaims(user: "demo@stock"), "STOCK", "userSuffix: STOCK"),
            (ClientClaims(database: "crm"), "SALES", "database: crm"),
            (ClientClaims(attribute: "s"), "STOCK", "attribute: s"),
        ] {
            let answer = try #require(try explain(claims).first)
            #expect(answer.verdict == .allow && answer.tls == .on)
            #expect(answer.warehouse == warehouse && answer.route == route)
            let other = try #require(
                try explain(claims, warehouse: warehouse == "SALES" ? "STOCK" : "SALES").first
            )
            #expect(other.verdict == .deny && other.leadsTo == warehouse)
        }
    }

    @Test("A client that reaches none learns why")
    func notLed() throws {
        for (claims, reason) in [
            (ClientClaims(serverName: "stok.gw.example"), DenialReason.unknownName),
            (ClientClaims(serverName: "elsewhere.example"), .noRoute),
            (ClientClaims(user: "demo@nobody"), .noRoute), (ClientClaims(host: "x"), .noRoute),
            (
                ClientClaims(serverName: "sales.gw.example", user: "demo@STOCK"),
                .contradictingNames
            ),
        ] {
            let answer = try #require(try explain(claims).first)
            #expect(answer.verdict == .deny && answer.reason == reason && answer.warehouse == nil)
        }
    }

    @Test("A listener without TLS reads no name")
    func plain() throws {
        let answer = try explain(ClientClaims(serverName: "sales.gw.example"), tls: nil)
        #expect(answer[0].reason == .noRoute && answer[0].tls == .off)
    }

    @Test("A client of which nothing is known is taken to ask for the warehouse in question")
    func unknown() throws {
        let answer = try explain(ClientClaims(), warehouse: "STOCK")
        #expect(answer[0].warehouse == "STOCK" && answer[0].route == "userSuffix: STOCK")
        #expect(try explain(ClientClaims())[0].reason == .noRoute)
    }
}

import Foundation
import Operations
import Policy
import Testing

/// Whoever names a database must not be able to run something on the machine of whoever pastes an
/// example: each is given to the program that would read it.
@Suite("Connection examples with hostile names")
struct HostileNameTests {
    static let hostile = [
        "sales", "a b&c/ü?x=1#f", "漢字 😀", "'; touch /tmp/x; '", "$(touch /tmp/x)",
        "`touch /tmp/x`", #"a"b\c"#, "--init-command=DROP DATABASE x", "-e", "${HOME}", "%{if}",
        #"\u0041"#, #""+__import__("os").system("id")+""#, "*", "~", "!!", "a'b'c", "@file",
    ]

    private func examples(_ name: String) -> [String: ConnectionExample] {
        let examples = ConnectionExamples(host: "w.example", user: name, database: name)
            .all(plainDoors(mysql: 9030, http: 8080, tcp: 8070), warehouse: "W").examples
        return Dictionary(examples.map { ($0.client, $0) }) { first, _ in first }
    }

    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("A shell passes the names on as they are, as one word", arguments: hostile)
    func shell(name: String) throws {
        func words(_ program: String, _ command: String) throws -> [String] {
            let script = "\(program)() { printf '%s\\0' \"$@\"; }\n\(command)"
            return try run("sh", ["-c", script]).split(separator: "\0").map { String($0) }
        }
        let examples = examples(name)
        for client in ["mysql", "mariadb"] {
            let words = try words(client, try #require(examples[client]).copyText)
            let database = name.hasPrefix("-") ? "--database=\(name)" : name
            #expect(
                words == ["-h", "w.example", "-P", "9030", "-u", name, "-p", database],
                "\(client)"
            )
        }
        guard let load = examples["stream-load"] else {
            #expect(name.contains(":"))
            return
        }
        let shown = try words("curl", load.text)
        #expect(shown == (try words("curl", load.copyText)))
        #expect(shown.contains(name) && shown.count == 10)
    }

    @Test("Python reads the names as they are, and nothing else", arguments: hostile)
    func python(name: String) throws {
        let check = """
            import ast, sys
            tree = ast.parse(sys.argv[1])
            calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
            values = {k.arg: ast.literal_eval(k.value) for c in calls for k in c.keywords
                if k.arg in ("user", "database", "host", "port")}
            print(len(calls), values["user"] == values["database"] == sys.argv[2], values["port"])
            """
        for client in ["pymysql", "mysql-connector"] {
            let text = try #require(examples(name)[client]).copyText
            #expect(try run("python3", ["-c", check, text, name]) == "5 True 9030\n", "\(client)")
        }
    }

    @Test("In a URL, the names are one part each", arguments: hostile)
    func urls(name: String) throws {
        let check = """
            import sys, urllib.parse as u
            url = u.urlsplit(sys.argv[1])
            print(u.unquote(url.username or sys.argv[2]) == sys.argv[2],
                u.unquote(url.path[1:]) == sys.argv[2], url.hostname, url.port)
            """
        let examples = examples(name)
        for client in ["url", "dbeaver", "jdbc"] {
            let text = try #require(examples[client]).copyText
            let url = text.replacingOccurrences(of: "jdbc:mysql", with: "mysql")
            #expect(
                try run("python3", ["-c", check, url, name]) == "True True w.example 9030\n",
                "\(client)"
            )
        }
    }

    @Test("No example has a password, and a name that steers a terminal is not accepted")
    func names() {
        for example in examples("sales").values where example.text.lowercased().contains("pass") {
            #expect(example.text.contains("YOUR_PASSWORD"), "\(example.client)")
        }
        for name in ["", "a\nb", "a\u{1b}[2J", "a\u{202e}b", String(repeating: "a", count: 129)] {
            #expect(!ConnectionExamples.isName(name))
        }
        for name in Self.hostile { #expect(ConnectionExamples.isName(name)) }
    }

    @Test("There is an example for each client of each service that there is")
    func clients() {
        let examples = ConnectionExamples(host: "w", user: "admin")
        func clients(_ doors: [ServiceProtocol: [ExampleDoor]]) -> [String] {
            examples.all(doors, warehouse: "W").examples.map(\.client)
        }
        #expect(
            clients(plainDoors(mysql: 1)) == [
                "mysql", "mariadb", "jdbc", "dbeaver", "url", "pymysql", "mysql-connector", "go",
                "node",
            ]
        )
        #expect(clients(plainDoors(http: 1)) == ["http", "stream-load", "webui"])
        #expect(clients(plainDoors(tcp: 1)) == ["adbc"])
        #expect(clients(plainDoors()) == [])
        let login = examples.all(plainDoors(http: 8080), warehouse: "AWVA7CM7").examples.last
        #expect(login?.text == "http://w:8080/login?id=AWVA7CM7")
    }

    @Test("Without a database, no example has one")
    func withoutDatabase() throws {
        let examples = ConnectionExamples(host: "::1", user: "admin")
            .all(plainDoors(mysql: 9030), warehouse: "W").examples
        #expect(examples[0].text == "mysql -h ::1 -P 9030 -u admin -p")
        #expect(!examples.contains { $0.text.contains("database=") || $0.text.contains("DBName") })
        #expect(examples.first { $0.client == "url" }?.text == "mysql://admin@[::1]:9030/")
    }
}

/// Listeners without TLS that lead to one warehouse.
func plainDoors(mysql: UInt16? = nil, http: UInt16? = nil, tcp: UInt16? = nil)
    -> [ServiceProtocol: [ExampleDoor]]
{
    [.mysql: mysql, .http: http, .tcp: tcp].compactMapValues { port in
        port.map { [ExampleDoor(plainAt: $0)] }
    }
}

@Suite("Terraform examples")
struct TerraformExamplesTests {
    private func examples(
        rules: [TerraformExamples.Rule] = [],
        services: [EndpointService] = []
    ) -> [String: ConnectionExample] {
        let all = TerraformExamples(
            gateway: "127.0.0.1:7080",
            warehouse: "AWVA_7",
            accessPolicy: "ALLOWLIST_ONLY",
            rules: rules,
            services: services
        ).all
        return Dictionary(all.map { ($0.client, $0) }) { first, _ in first }
    }

    @Test("Text of others is data: it neither ends its quotes nor is evaluated")
    func quoting() throws {
        let rule = TerraformExamples.Rule(
            cidr: "10.0.0.0/8",
            description: "a \"b\" \\ ${file(\"/etc/passwd\")} %{ for } $5 50%\n$${x}"
        )
        let text = try #require(
            examples(rules: [rule])["velodb_warehouse_public_access_policy"]
        ).text
        #expect(
            text.contains(
                #"description = "a \"b\" \\ \u0024{file(\"/etc/passwd\")} \u0025{ for } $5 50%\n$\u0024{x}""#
            )
        )
    }

    @Test("Many rules are not written out: some of them would be worse than none")
    func manyRules() throws {
        let rules = (0...TerraformExamples.ruleLimit).map { number in
            TerraformExamples.Rule(cidr: "10.0.0.\(number % 256)", description: "")
        }
        let text = try #require(
            examples(rules: rules)["velodb_warehouse_public_access_policy"]
        ).text
        #expect(!text.contains("10.0.0.1") && text.contains("all 201 rules"))
    }

    @Test("Each cloud's resource names our endpoint service, and registers its endpoint")
    func links() throws {
        let examples = examples(services: [
            EndpointService(id: "vpce-svc-1", cloud: .aws, region: "us-east-1"),
            EndpointService(id: "vpce-svc-2", cloud: .aws, region: "us-east-1"),
            EndpointService(
                id: "/subscriptions/1/x",
                cloud: .azure,
                region: "westeurope",
                alias: "w.1.westeurope.azure.privatelinkservice"
            ),
            EndpointService(
                id: "projects/p/regions/r/serviceAttachments/s",
                cloud: .gcp,
                region: "r"
            ),
            EndpointService(id: "here", cloud: .embedded, region: "r"),
        ])
        let aws = try #require(examples["aws_vpc_endpoint"]).text
        #expect(aws.contains(#""com.amazonaws.vpce.us-east-1.vpce-svc-1""#))
        #expect(aws.contains("endpoint_id  = aws_vpc_endpoint.aws.id"))
        let azure = try #require(examples["azurerm_private_endpoint"]).text
        #expect(azure.contains(#"_alias = "w.1.westeurope.azure.privatelinkservice""#))
        let google = try #require(examples["google_compute_forwarding_rule"]).text
        #expect(google.contains(#""awva-7-endpoint""#))
        #expect(google.contains("serviceAttachments/s"))
    }
}

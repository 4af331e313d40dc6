import Text

// MARK: - Programs

extension Entrance {
    /// In programs, where the user puts the password. Commands ask for it.
    private static let passwordPlaceholder = "YOUR_PASSWORD"

    var pymysql: String {
        var head = ["import pymysql"]
        var setup: [String] = []
        if let tls {
            head.insert("import ssl", at: 0)
            let file = tls.authority.map { "cafile=\($0.literal)" } ?? ""
            setup.append("tls = ssl.create_default_context(\(file))")
            if !tls.verifiesName { setup.append("tls.check_hostname = False") }
            if tls.showsCertificate {
                let pair = "\(Self.clientCertificate.literal), \(Self.clientKey.literal)"
                setup.append("tls.load_cert_chain(\(pair))")
            }
        }
        return python(
            head,
            setup,
            "pymysql.connect",
            tls == nil ? [] : ["ssl=tls"]
        )
    }

    /// Its C library sends no name.
    var mysqlConnector: String {
        var arguments: [String] = []
        if let tls {
            let file = tls.authority.map { ["ssl_ca=\($0.literal)"] }
            arguments += file ?? ["ssl_ca=ssl.get_default_verify_paths().cafile"]
            arguments += [
                "ssl_verify_cert=True",
                "ssl_verify_identity=\(tls.verifiesName ? "True" : "False")",
            ]
            if tls.showsCertificate {
                arguments += [
                    "ssl_cert=\(Self.clientCertificate.literal)",
                    "ssl_key=\(Self.clientKey.literal)",
                ]
            }
        }
        if tls?.needsName == true || attribute != nil { arguments.append("use_pure=True") }
        if let attribute {
            arguments.append("conn_attrs={\(attribute.name.literal): \(attribute.value.literal)}")
        }
        let needsPaths = tls != nil && tls?.authority == nil
        return python(
            (needsPaths ? ["import ssl"] : []) + ["import mysql.connector"],
            [],
            "mysql.connector.connect",
            arguments
        )
    }

    private func python(
        _ head: [String],
        _ setup: [String],
        _ function: String,
        _ arguments: [String]
    ) -> String {
        let all =
            [
                "host=\(host.literal)", "port=\(port)", "user=\(user.literal)",
                "password=\(Self.passwordPlaceholder.literal)",
            ] + (database.map { ["database=\($0.literal)"] } ?? []) + arguments
        let start = (head + [""] + setup).joined(separator: "\n")
        let lines = all.map { "    \($0),\n" }.joined()
        return """
            \(start)
            connection = \(function)(
            \(lines))
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                print(cursor.fetchone())
            """
    }

    /// The fields of a structure: in a data source name, some users' names could not be written.
    var go: String {
        """
        \(goTLS)config := mysql.NewConfig()
        config.Net = "tcp"
        config.Addr = \(authority.literal)
        config.User = \(user.literal)
        config.Passwd = \(Self.passwordPlaceholder.literal)\
        \(database.map { "\nconfig.DBName = \($0.literal)" } ?? "")\
        \(tls == nil ? "" : "\nconfig.TLS = settings")\
        \(attribute.map {
                "\nconfig.ConnectionAttributes = \("\($0.name):\($0.value)".literal)"
            } ?? "")
        connector, err := mysql.NewConnector(config)
        if err != nil {
            log.Fatal(err)
        }
        database := sql.OpenDB(connector)
        """
    }

    private var goTLS: String {
        guard let tls else { return "" }
        let name = tls.serverName ?? host
        var text = "settings := &tls.Config{ServerName: \(name.literal)}\n"
        if let file = tls.authority {
            text += """
                authority, err := os.ReadFile(\(file.literal))
                if err != nil {
                    log.Fatal(err)
                }
                settings.RootCAs = x509.NewCertPool()
                settings.RootCAs.AppendCertsFromPEM(authority)

                """
        }
        if tls.showsCertificate {
            text += """
                own, err := tls.LoadX509KeyPair(\(Self.clientCertificate.literal), \
                \(Self.clientKey.literal))
                if err != nil {
                    log.Fatal(err)
                }
                settings.Certificates = []tls.Certificate{own}

                """
        }
        return text
    }

    var node: String {
        let options =
            [
                "host: \(host.literal)", "port: \(port)", "user: \(user.literal)",
                "password: \(Self.passwordPlaceholder.literal)",
            ] + (database.map { ["database: \($0.literal)"] } ?? []) + nodeTLS
            + (attribute.map {
                ["connectAttributes: { \($0.name.literal): \($0.value.literal) }"]
            } ?? [])
        let readsFiles = tls.map { $0.authority != nil || $0.showsCertificate } ?? false
        let lines = options.map { "  \($0),\n" }.joined()
        return """
            \(readsFiles ? "import fs from \"node:fs\";\n" : "")import mysql from "mysql2/promise";

            const connection = await mysql.createConnection({
            \(lines)});
            console.log(await connection.query("SELECT 1"));
            """
    }

    private var nodeTLS: [String] {
        guard let tls else { return [] }
        func read(_ file: String) -> String { "fs.readFileSync(\(file.literal))" }
        let parts =
            (tls.authority.map { ["ca: \(read($0))"] } ?? [])
            + (tls.showsCertificate
                ? ["cert: \(read(Self.clientCertificate))", "key: \(read(Self.clientKey))"] : [])
            + ["verifyIdentity: \(tls.verifiesName)"]
        return ["ssl: { \(parts.joined(separator: ", ")) }"]
    }

    /// Arrow Flight SQL, which the gateway forwards as plain TCP.
    var adbc: String {
        """
        import adbc_driver_flightsql.dbapi as flight_sql
        from adbc_driver_manager import DatabaseOptions

        connection = flight_sql.connect(
            uri=\("grpc://\(authority)".literal),
            db_kwargs={
                DatabaseOptions.USERNAME.value: \(user.literal),
                DatabaseOptions.PASSWORD.value: \(Self.passwordPlaceholder.literal),
            },
        )
        """
    }
}

extension String {
    /// As a literal of Python, Go and JavaScript, which all read JSON's escapes.
    fileprivate var literal: String { LogText.jsonString(self) }
}

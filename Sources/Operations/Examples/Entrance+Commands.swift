import Text

// MARK: - Commands and URLs

extension Entrance {
    /// Where Linux distributions keep the authorities that they trust, for the one client that does
    /// not look there by itself.
    private static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"
    static let clientCertificate = "client.pem"
    static let clientKey = "client.key"
    /// Of the files that Java reads in place of PEM: the usual one, since they hold no secret.
    private static let storePassword = "changeit"

    var authority: String { ConnectionExamples.authority(host, port) }

    private var encodedDatabase: String { (database ?? "").percentEncoded }

    func mysqlCommand(_ separator: String) -> String {
        sqlCommand("mysql", mysqlOptions, separator)
    }

    func mariadbCommand(_ separator: String) -> String {
        sqlCommand("mariadb", mariadbOptions, separator)
    }

    /// - Parameter separator: stands around the options, if there are any.
    private func sqlCommand(_ program: String, _ options: [String], _ separator: String) -> String {
        let start = [program, "-h", host, "-P", String(port)]
        let login = ["-u", user, "-p"] + ConnectionExamples.words(of: database)
        let parts = options.isEmpty ? [start + login] : [start, options, login]
        return parts.map(ConnectionExamples.command).joined(separator: separator)
    }

    private var mysqlOptions: [String] {
        guard let tls else { return [] }
        let mode = tls.verifiesName ? "VERIFY_IDENTITY" : "VERIFY_CA"
        return ["--ssl-mode=\(mode)", "--ssl-ca=\(tls.authority ?? Self.systemAuthorities)"]
            + pairOptions(tls) + (tls.serverName.map { ["--tls-sni-servername=\($0)"] } ?? [])
    }

    private var mariadbOptions: [String] {
        guard let tls else { return [] }
        return ["--ssl"] + (tls.authority.map { ["--ssl-ca=\($0)"] } ?? []) + pairOptions(tls)
            + [tls.verifiesName ? "--ssl-verify-server-cert" : "--skip-ssl-verify-server-cert"]
    }

    private func pairOptions(_ tls: TLS) -> [String] {
        guard tls.showsCertificate else { return [] }
        return ["--ssl-cert=\(Self.clientCertificate)", "--ssl-key=\(Self.clientKey)"]
    }

    /// The URL and, if Java needs files for it, the commands that make them.
    func jdbc(hasUser: Bool) -> String {
        (storeCommands + [jdbcURL(hasUser: hasUser)]).joined(separator: "\n")
    }

    var databaseTool: String {
        (storeCommands + ["URL:  \(jdbcURL(hasUser: false))", "User: \(user)"])
            .joined(separator: "\n")
    }

    func jdbcURL(hasUser: Bool) -> String {
        let parameters =
            (hasUser ? ["user=\(user.percentEncoded)"] : []) + jdbcTLS
            + (attribute.map {
                ["connectionAttributes=\($0.name.percentEncoded):\($0.value.percentEncoded)"]
            } ?? [])
        let query = parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&")
        return "jdbc:mysql://\(authority)/\(encodedDatabase)\(query)"
    }

    private var jdbcTLS: [String] {
        guard let tls else { return [] }
        func store(_ kind: String, _ file: String) -> [String] {
            [
                "\(kind)CertificateKeyStoreUrl=file:\(file)",
                "\(kind)CertificateKeyStoreType=PKCS12",
                "\(kind)CertificateKeyStorePassword=\(Self.storePassword)",
            ]
        }
        return ["sslMode=\(tls.verifiesName ? "VERIFY_IDENTITY" : "VERIFY_CA")"]
            + (tls.authority == nil ? [] : store("trust", "ca.p12"))
            + (tls.showsCertificate ? store("client", "client.p12") : [])
    }

    private var storeCommands: [String] {
        guard let tls else { return [] }
        let trusted = tls.authority.map { file in
            ConnectionExamples.command([
                "keytool", "-importcert", "-noprompt", "-alias", "gateway", "-file", file,
                "-keystore", "ca.p12", "-storetype", "PKCS12", "-storepass", Self.storePassword,
            ])
        }
        let own = ConnectionExamples.command([
            "openssl", "pkcs12", "-export", "-in", Self.clientCertificate, "-inkey",
            Self.clientKey, "-out", "client.p12", "-passout", "pass:\(Self.storePassword)",
        ])
        return (trusted.map { [$0] } ?? []) + (tls.showsCertificate ? [own] : [])
    }

    var mysqlURL: String {
        let start = "mysql://\(user.percentEncoded)@\(authority)/\(encodedDatabase)"
        guard let tls else { return start }
        let parameters =
            ["ssl-mode=\(tls.verifiesName ? "VERIFY_IDENTITY" : "VERIFY_CA")"]
            + (tls.authority.map { ["ssl-ca=\($0.percentEncoded)"] } ?? [])
            + (tls.showsCertificate
                ? ["ssl-cert=\(Self.clientCertificate)", "ssl-key=\(Self.clientKey)"] : [])
        return "\(start)?" + parameters.joined(separator: "&")
    }

    var httpURL: String { "\(tls == nil ? "http" : "https")://\(authority)" }

    /// The frontend answers 307 before it reads the body, hence `Expect`; curl must log in to the
    /// backend too, hence `--location-trusted`. It asks for the password.
    func streamLoad(_ separator: String) -> String {
        let path = "api/\((database ?? "DATABASE").percentEncoded)/TABLE/_stream_load"
        let parts =
            [["curl", "--location-trusted", "-u", user]] + curlOptions + [
                ["-H", "Expect: 100-continue"], ["-H", "column_separator: ,"],
                ["-T", "data.csv"], ["\(httpURL)/\(path)"],
            ]
        return parts.map(ConnectionExamples.command).joined(separator: separator)
    }

    private var curlOptions: [[String]] {
        var options: [[String]] = []
        if let file = tls?.authority { options.append(["--cacert", file]) }
        if tls?.showsCertificate == true {
            options.append(["--cert", Self.clientCertificate, "--key", Self.clientKey])
        }
        if let connectsTo {
            let place = ConnectionExamples.authority(connectsTo, port)
            options.append(["--connect-to", "\(authority):\(place)"])
        }
        return options
    }
}

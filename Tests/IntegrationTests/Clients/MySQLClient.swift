/// The stock `mariadb` command-line client.
enum MySQLClient {
    /// Runs one statement. A `source` other than the default comes by way of a ``SourceRelay``.
    static func query(
        _ statement: String,
        at endpoint: Endpoint,
        from source: String? = nil,
        user: String = "anyone",
        password: String? = nil
    ) throws -> CommandResult {
        let relay = try source.map { try SourceRelay(from: $0, to: endpoint) }
        let target = relay?.endpoint ?? endpoint
        return try run(
            [
                "--protocol=TCP", "--host=\(target.host)", "--port=\(target.port)",
                "--user=\(user)", "--connect-timeout=20", "--execute=\(statement)",
            ] + (password.map { ["--password=\($0)"] } ?? [])
        )
    }

    static func run(_ arguments: [String]) throws -> CommandResult {
        try runProgram(
            "mariadb",
            ["--no-defaults", "--batch", "--skip-column-names"] + arguments
        )
    }
}

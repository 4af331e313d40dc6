import ArgumentParser
import FoundationEssentials
import LoadTesting
import MySQLClient

/// `sluice bench mysql`.
struct MySQLBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mysql",
        abstract: "Run MySQL queries over persistent connections, or each after a new login.",
        discussion: """
            The password is read from --password-file or the environment variable MYSQL_PWD, never \
            from the command line, which every user of the machine can read. mysql_native_password \
            and caching_sha2_password are supported, without TLS.
            """
    )

    @OptionGroup var targets: BenchTargets

    @Option(help: "The user, unless it is in the URL: mysql://user@host:port.")
    var user: String?

    @Option(
        help: ArgumentHelp("A file whose first line is the password.", valueName: "file"),
        completion: .file()
    )
    var passwordFile: String?

    @Option(help: "The database, unless it is in the URL: mysql://user@host:port/database.")
    var database: String?

    @Option(help: "The statement to repeat.")
    var query = "SELECT 1"

    @Option(help: "Close a connection after this many queries. (default: never)")
    var queriesPerConnection: Int?

    @Flag(help: "Open a new connection for each query: connect, log in, query, close.")
    var newConnections = false

    @Flag(
        name: .customLong("get-server-public-key"),
        help: "If the server requests the password, encrypt it with the server's public key."
    )
    var trustsServerPublicKey = false

    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func validate() throws {
        if newConnections, queriesPerConnection != nil {
            throw ValidationError("Use --new-connections or --queries-per-connection, not both.")
        }
        try targets.check(for: "mysql", schemes: [.mysql])
        for target in targets.all.map(\.target) {
            if user == nil, target.user == nil {
                throw ValidationError(
                    "Specify --user, or a URL with a user: mysql://user@host:port."
                )
            }
            if user != nil && target.user != nil || database != nil && target.database != nil {
                throw ValidationError(
                    "Specify user and database in the URL or as options, not both."
                )
            }
            let problem = exchange(target, Password("")).problem
            if let problem { throw ValidationError("Invalid query: \(problem).") }
        }
    }

    func run() throws {
        let session = BenchSession(
            targets: targets,
            options: options,
            output: output,
            name: "mysql",
            operation: "query"
        )
        try BenchUsage.checked(Self.self) {
            let password = try password()
            try session.run { .mysql(exchange($0.target, password)) }
        }
    }

    private func exchange(_ target: LoadTarget, _ password: Password) -> MySQLExchange {
        MySQLExchange(
            user: user ?? target.user ?? "",
            password: password,
            database: database ?? target.database,
            query: query,
            queriesPerConnection: newConnections ? 1 : queriesPerConnection,
            trustsServerPublicKey: trustsServerPublicKey
        )
    }

    private func password() throws -> Password {
        guard let passwordFile else {
            return Password(ProcessInfo.processInfo.environment["MYSQL_PWD"] ?? "")
        }
        let content = try InputFile.content(of: passwordFile, for: "--password-file")
        return Password(String(decoding: content, as: UTF8.self).prefix { !$0.isNewline })
    }
}

import ArgumentParser
import FoundationEssentials
import LoadTesting

/// `sluice bench mysql`.
struct MySQLBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mysql",
        abstract: "Queries to a MySQL server, over kept connections or with a login for each.",
        discussion: """
            The password is that in --password-file or in the environment's MYSQL_PWD; it is not \
            taken on the command line, which every user of the machine can read. Logins by \
            mysql_native_password and caching_sha2_password are spoken, without TLS.
            """
    )

    @OptionGroup var targets: BenchTargets

    @Option(help: "Who logs in.")
    var user: String

    @Option(
        help: ArgumentHelp("A file whose first line is the password.", valueName: "file"),
        completion: .file()
    )
    var passwordFile: String?

    @Option(help: "The database to use.")
    var database: String?

    @Option(help: "The statement to repeat.")
    var query = "SELECT 1"

    @Option(help: "Close a connection after so many queries. (default: keep it)")
    var queriesPerConnection: Int?

    @Flag(help: "Open a connection for each query: connect, log in, ask, close.")
    var newConnections = false

    @Flag(
        name: .customLong("get-server-public-key"),
        help: "Encrypt the password with the key that the server shows, where it asks for it."
    )
    var trustsServerPublicKey = false

    @OptionGroup(title: "Load") var options: BenchOptions
    @OptionGroup(title: "Report") var output: ReportOptions

    func validate() throws {
        if newConnections, queriesPerConnection != nil {
            throw ValidationError("Take --new-connections or --queries-per-connection, not both.")
        }
        if let fault = exchange(Password("")).fault { throw ValidationError("\(fault).") }
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
            let exchange = exchange(try password())
            try session.run { _ in .mysql(exchange) }
        }
    }

    private func exchange(_ password: Password) -> MySQLExchange {
        MySQLExchange(
            user: user,
            password: password,
            database: database,
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

/// A real MariaDB with a data folder of its own. Its `root` has no password.
final class MariaDBServer: Sendable {
    /// One for all tests that need nothing special. It reads PROXY headers from everywhere, and has
    /// two users without a password: `anyone`, and `guest`, who may come from 127.0.0.9 only.
    static let shared = Result {
        let server = try MariaDBServer()
        try server.administer("CREATE USER anyone@'%'; CREATE USER guest@'127.0.0.9'")
        return server
    }

    let endpoint: Endpoint
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Installs the system tables, starts the server and waits until it answers.
    init(host: String = "127.0.0.1", options: [String] = defaultOptions) throws {
        endpoint = try .free(host)
        folder = try TemporaryFolder()
        try Self.install(in: folder)
        process = try ChildProcess(
            "mariadbd",
            [
                "--no-defaults", "--user=root", "--datadir=\(folder.path)/data",
                "--socket=\(folder.path)/socket", "--pid-file=\(folder.path)/pid",
                "--bind-address=\(host)", "--port=\(endpoint.port)",
                "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0",
            ] + options,
            folder: folder
        )
        try waitUntilReady()
    }

    /// The server's own log so far.
    var log: String { process.errorOutput }

    static let defaultOptions = ["--skip-name-resolve", "--proxy-protocol-networks=*"]

    /// Runs statements as root, past the gateway and the network.
    @discardableResult
    func administer(_ statements: String) throws -> String {
        let result = try MySQLClient.run([
            "--socket=\(folder.path)/socket", "--user=root", "--execute=\(statements)",
        ])
        guard result.status == 0 else { throw HarnessError(result.errorOutput) }
        return result.output
    }

    private static func install(in folder: TemporaryFolder) throws {
        let installer = try ChildProcess(
            "mariadb-install-db",
            [
                "--no-defaults", "--user=root", "--datadir=\(folder.path)/data",
                "--auth-root-authentication-method=normal", "--skip-test-db",
            ],
            folder: folder
        )
        guard try installer.waitUntilExit(within: .seconds(60)) == 0 else {
            throw HarnessError("mariadb-install-db: \(installer.output)\(installer.errorOutput)")
        }
    }

    private func waitUntilReady() throws {
        try wait(for: "MariaDB: \(process.errorOutput)", within: .seconds(60)) {
            guard process.isRunning else { throw HarnessError(process.errorOutput) }
            return (try? administer("SELECT 1")) != nil
        }
    }
}

import Foundation

/// A statement that runs for long, sent by a stock client of its own.
struct RunningQuery {
    let statement: String
    private let client: ChildProcess

    /// Starts the client, in the network of the thread.
    ///
    /// - Parameter name: tells the statement apart from others of the test. It may go on at the
    ///   database after its test, so another test's differs too.
    init(_ name: String, at endpoint: Endpoint) throws {
        statement = "SELECT SLEEP(60) AS \(name)_\(UUID().uuidString.prefix(8))"
        client = try ChildProcess(
            "mariadb",
            [
                "--no-defaults", "--batch", "--skip-column-names", "--protocol=TCP",
                "--host=\(endpoint.host)", "--port=\(endpoint.port)", "--user=anyone",
                "--execute=\(statement)",
            ],
            folder: try TemporaryFolder()
        )
    }

    var isRunning: Bool { client.isRunning }

    /// Waits for the end of the client, whatever it says.
    func result() throws -> CommandResult {
        let status = try client.waitUntilExit()
        return CommandResult(
            status: status,
            output: client.output,
            errorOutput: client.errorOutput
        )
    }

    /// The session's number in the database; `nil` while the statement does not run there.
    func session(in database: MariaDBServer) throws -> Int? {
        let table = "information_schema.processlist"
        let rows = try database.administer("SELECT id FROM \(table) WHERE info = '\(statement)'")
        return Int(rows.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Waits until the database works on the statement.
    @discardableResult
    func waitUntilServed(by database: MariaDBServer) throws -> Int {
        try wait(for: "\(statement) to run; \(client.errorOutput)") {
            try session(in: database)
        }
    }
}

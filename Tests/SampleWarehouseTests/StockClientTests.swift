import Foundation
import Logging
import Testing

@testable import SampleWarehouse

extension SampleWarehouseSuite {
    /// The `mariadb` command-line client against the sample warehouse.
    @Suite("A stock MySQL client", .timeLimit(.minutes(1)))
    struct StockClientTests {
        private struct Output: Sendable {
            var text: String
            var error: String
        }

        private func run(_ statements: String, _ options: String...) async throws -> Output {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            return try await SampleWarehouse(logger: logger).run { ports in
                try await mariadb(
                    [
                        "--no-defaults", "--protocol=TCP", "--host=127.0.0.1",
                        "--port=\(ports.mysql)",
                        "--user=demo", "--batch", "--execute=\(statements)",
                    ] + options
                )
            }
        }

        private func mariadb(_ arguments: [String]) async throws -> Output {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["mariadb"] + arguments
            let (output, error) = (Pipe(), Pipe())
            process.standardOutput = output
            process.standardError = error
            try await withCheckedThrowingContinuation { continuation in
                process.terminationHandler = { _ in continuation.resume() }
                do { try process.run() } catch { continuation.resume(throwing: error) }
            }
            return Output(
                text: String(
                    decoding: output.fileHandleForReading.readDataToEndOfFile(),
                    as: UTF8.self
                ),
                error: String(
                    decoding: error.fileHandleForReading.readDataToEndOfFile(),
                    as: UTF8.self
                )
            )
        }

        @Test("Queries, USE and SHOW work, with the database's tables read for completion")
        func queries() async throws {
            let statements = """
                SELECT n_name FROM nation WHERE n_regionkey = 3 ORDER BY n_name LIMIT 2;
                SHOW TABLES; USE demo; SELECT DATABASE() AS d, COUNT(*) n FROM events;
                SELECT @@version_comment LIMIT 1; SELECT NULL, "it's", 'a\\\\tb'
                """
            let output = try await run(statements, "--auto-rehash", "--database=tpch")
            #expect(output.error == "")
            #expect(
                output.text == """
                    n_name
                    FRANCE
                    GERMANY
                    Tables_in_tpch
                    nation
                    region
                    d\tn
                    demo\t10000
                    @@version_comment
                    Sluice sample warehouse
                    NULL\tit's\ta\\tb
                    NULL\tit's\ta\\\\tb

                    """
            )
        }

        @Test("Columns have MySQL's types")
        func columnTypes() async throws {
            let statement =
                "SELECT id, at, kind, amount_cents / 2.0 AS half FROM demo.events LIMIT 1"
            let output = try await run(statement, "--table", "--column-type-info")
            let types = output.text.split(separator: "\n").filter { $0.hasPrefix("Type:") }
                .map { $0.split(separator: " ").last ?? "" }
            #expect(types == ["LONGLONG", "DATETIME", "VAR_STRING", "DOUBLE"])
            #expect(output.text.contains("Database:   `demo`"))
        }

        @Test("An error has MySQL's number and state; the session continues with --force")
        func errors() async throws {
            let statements =
                "SELECT * FROM nope; SELECT nope; SELEKT; DELETE FROM events; SELECT 'end'"
            let output = try await run(statements, "--force", "--database=demo")
            #expect(
                output.error.split(separator: "\n").filter { $0.hasPrefix("ERROR") }
                    .map { $0.prefix { $0 != ")" } } == [
                        "ERROR 1146 (42S02", "ERROR 1054 (42S22", "ERROR 1064 (42000",
                        "ERROR 1290 (HY000",
                    ]
            )
            #expect(output.text == "end\nend\n")
        }
    }
}

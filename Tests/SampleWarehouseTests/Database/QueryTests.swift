import FoundationEssentials
import GRDB
import Testing

@testable import SampleWarehouse

/// Runs statements of clients against sample data, without a connection.
struct TestQueries {
    /// For tests that change nothing and reach no limit.
    static let shared = Result { try TestQueries() }

    private let database: SampleDatabase

    init(statementTimeout: Duration = .seconds(60)) throws {
        database = try SampleDatabase(statementTimeout: statementTimeout)
    }

    func run(_ statement: String, in current: String? = "tpch") async throws -> ResultSet {
        let session = SessionFacts(
            connectionID: 7,
            user: "demo",
            host: "203.0.113.7",
            database: current,
            now: Date(timeIntervalSince1970: 1_767_225_600)
        )
        switch try ClientStatement(parsing: statement) {
        case .query(let query):
            return try await database.answer(query, for: session)
        case .show(let show):
            if let (table, name) = show.table {
                _ = try await database.columns(of: table, in: name, for: session)
            }
            let query = try #require(try show.query(in: current, sessionCount: 3))
            return try await database.answer(query, for: session)
        case .use, .acknowledge:
            return ResultSet(columns: [])
        }
    }

    /// The rows, as the text protocol sends them.
    func rows(_ statement: String, in current: String? = "tpch") async throws -> [[String?]] {
        try await run(statement, in: current).rows.map { row in
            row.map { $0.mysqlText.map { String(decoding: $0, as: UTF8.self) } }
        }
    }

    /// The code of the error that `statement` ends with; `nil` if it succeeds.
    func errorCode(_ statement: String, in current: String? = "tpch") async throws -> UInt16? {
        do {
            _ = try await run(statement, in: current)
            return nil
        } catch let error as SQLError {
            return error.code
        }
    }
}

extension SampleWarehouseSuite {
    @Suite("Queries of the sample data")
    struct QueryTests {
        private let queries: TestQueries

        init() throws {
            queries = try TestQueries.shared.get()
        }

        @Test("A session can ask for its user, address, database and time")
        func sessionFunctions() async throws {
            let statement = """
                select user(), current_user, database(), connection_id(), now(), @x, version(),
                    current_timestamp(), curdate(), unix_timestamp()
                """
            #expect(
                try await queries.rows(statement) == [
                    [
                        "demo@203.0.113.7", "demo@%", "tpch", "7", "2026-01-01 00:00:00", nil,
                        "8.0.36-sluice-sample", "2026-01-01 00:00:00", "2026-01-01", "1767225600",
                    ]
                ]
            )
            #expect(try await queries.rows("select schema()", in: nil) == [[nil]])
        }

        @Test("WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, joins and subqueries work")
        func clauses() async throws {
            let europe = """
                select n_name from nation where n_regionkey = 3 and n_name > 'G' order by n_name desc
                limit 2 offset 1
                """
            #expect(try await queries.rows(europe) == [["RUSSIA"], ["ROMANIA"]])
            let counts = """
                SELECT r.r_name, COUNT(*) AS n FROM nation JOIN tpch.region r
                ON n_regionkey = r.r_regionkey GROUP BY r_name HAVING n > 4 ORDER BY n DESC, 1 LIMIT 1, 2
                """
            #expect(try await queries.rows(counts) == [["AMERICA", "5"], ["ASIA", "5"]])
            let within =
                "select count(*) from nation where n_regionkey in (select 3 union select 4)"
            #expect(try await queries.rows(within) == [["10"]])
            #expect(try await queries.rows("select count(*) from demo.events") == [["10000"]])
        }

        @Test("Texts compare without case, numbers as numbers, and NULL with nothing")
        func comparison() async throws {
            let france = "select n_nationkey from nation where n_name = \"france\""
            #expect(try await queries.rows(france) == [["6"]])
            let small = "select count(*) from region where r_regionkey < '2'"
            #expect(try await queries.rows(small) == [["2"]])
            #expect(try await queries.rows("select r_name from region where r_name = null").isEmpty)
            #expect(
                try await queries.rows("select null <=> null, 1 && 0, 0 || 2") == [["1", "0", "1"]]
            )
        }

        @Test("IF, CONCAT and numbers come out as MySQL writes them")
        func expressions() async throws {
            let statement =
                "select if(1 > 2, 'a', 'b'), concat('a', 1, 'b'), concat('a', null), 4.0, 0.5"
            #expect(try await queries.rows(statement) == [["b", "a1b", nil, "4", "0.5"]])
        }

        @Test("Columns are named as they were written, and typed by their table or their values")
        func columns() async throws {
            let statement = """
                select *, 'x' as mark, r_name n, COUNT( * ) over (), @@autocommit, VERSION( ), 0.5
                from region limit 1
                """
            let columns = try await queries.run(statement).columns
            #expect(
                columns.map(\.name) == [
                    "r_regionkey", "r_name", "mark", "n", "COUNT( * ) over ()", "@@autocommit",
                    "VERSION( )", "0.5",
                ]
            )
            #expect(
                columns.map(\.type) == [
                    .integer, .text, .text, .text, .integer, .integer, .text, .double,
                ]
            )
            let region = TableName(database: "tpch", table: "region")
            #expect(columns.map(\.table) == [region, region, nil, region, nil, nil, nil, nil])
            let times = try await queries.run("select at, 1 from events where 0", in: "demo")
                .columns
            #expect(times.map(\.type) == [.dateTime, .text])
        }

        @Test("The generated events are the same at each start")
        func events() async throws {
            let first = "select * from events order by id limit 3"
            let again = try await TestQueries().rows(first, in: "demo")
            #expect(try await queries.rows(first, in: "demo") == again)
            let kinds = "select kind, count(*) from events group by kind order by kind"
            let counts = try await queries.rows(kinds, in: "demo")
            #expect(counts.map(\.[0]) == ["cart", "purchase", "view"])
            #expect(counts.allSatisfy { (1_500...6_500).contains($0[1].flatMap { Int($0) } ?? 0) })
            let spread = "select count(distinct country), count(distinct user_id) from events"
            #expect(try await queries.rows(spread, in: "demo").first?.first == "25")
        }

        @Test(
            "What does not exist is named by MySQL's own error",
            arguments: [
                ("select * from nope", 1146), ("select * from nope.t", 1049),
                ("select * from demo.nation", 1146), ("select * from events", 1146),
                ("select nope from nation", 1054), ("select 1 from nation where nope = 1", 1054),
                ("select n.nope from nation n", 1054), ("select 1 from nation order by nope", 1054),
                ("select n_name from nation a, nation b", 1052), ("select nope()", 1305),
                ("select version(1)", 1582), ("select trim('a', 'b')", 1582), ("select nope", 1054),
                ("show tables from nope", 1049), ("describe nope", 1146),
                ("show columns from events from tpch", 1146), ("select", 1064), ("select ,", 1064),
                ("select 1 1 1", 1064), ("select 1 from", 1064), ("select 12ab", 1064),
                ("select count(", 1064), ("select * from t order a", 1064),
            ] as [(String, UInt16)]
        )
        func errors(statement: String, code: UInt16) async throws {
            #expect(try await queries.errorCode(statement) == code)
        }

        @Test("Without a current database an unqualified table has no meaning")
        func noDatabase() async throws {
            #expect(try await queries.errorCode("select * from nation", in: nil) == 1046)
            #expect(try await queries.errorCode("select * from nope", in: nil) == 1046)
            #expect(try await queries.errorCode("show tables", in: nil) == 1046)
            #expect(try await queries.rows("select count(*) from tpch.nation", in: nil) == [["25"]])
            #expect(try await queries.rows("select 1 from dual", in: nil) == [["1"]])
        }

        @Test("SHOW lists databases, tables, columns, variables and the status")
        func show() async throws {
            #expect(
                try await queries.rows("show databases") == [
                    ["demo"], ["information_schema"], ["tpch"],
                ]
            )
            #expect(try await queries.rows("show tables like 'n%'") == [["nation"]])
            #expect(
                try await queries.rows("show full tables from demo where Tables_in_demo = 'events'")
                    == [["events", "BASE TABLE"]]
            )
            #expect(
                try await queries.run("show tables from DEMO").columns.map(\.name) == [
                    "Tables_in_demo"
                ]
            )
            #expect(
                try await queries.rows("describe nation")
                    == [
                        ["n_nationkey", "bigint", "NO", "", nil, ""],
                        ["n_name", "varchar(255)", "NO", "", nil, ""],
                        ["n_regionkey", "bigint", "NO", "", nil, ""],
                    ]
            )
            #expect(
                try await queries.rows(#"show variables like 'wait\_timeout'"#)
                    == [["wait_timeout", "28800"]]
            )
            #expect(try await queries.rows("show status") == [["Threads_connected", "3"]])
            let definition = try await queries.rows("show create table region")
            #expect(
                definition == [
                    [
                        "region",
                        """
                        CREATE TABLE `region` (
                          `r_regionkey` bigint NOT NULL,
                          `r_name` varchar(255) NOT NULL
                        )
                        """,
                    ]
                ]
            )
        }

        @Test("information_schema describes what there is, as metadata calls of drivers read it")
        func informationSchema() async throws {
            let tables =
                "select TABLE_NAME from INFORMATION_SCHEMA.TABLES where TABLE_SCHEMA = 'tpch'"
            #expect(try await queries.rows(tables) == [["nation"], ["region"]])
            let variables = "select count(*) from session_variables"
            let count = try await queries.rows(variables, in: "information_schema")
            #expect(count == [["\(SystemVariables.all.count)"]])
        }

        @Test("Connector/J's first query has all its variables")
        func connectorJ() async throws {
            let names = [
                "session.auto_increment_increment", "character_set_client",
                "character_set_connection",
                "character_set_results", "character_set_server", "collation_server",
                "collation_connection", "init_connect", "interactive_timeout", "license",
                "lower_case_table_names", "max_allowed_packet", "net_write_timeout",
                "performance_schema", "sql_mode", "system_time_zone", "time_zone",
                "transaction_isolation", "wait_timeout",
            ]
            let items = names.map { "@@\($0) AS `\($0)`" }.joined(separator: ", ")
            let answer = try await queries.run("/* mysql-connector-j-8.3.0 */SELECT  \(items)")
            #expect(answer.columns.map(\.name) == names)
            #expect(answer.rows.count == 1)
        }
    }
}

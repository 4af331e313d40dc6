import CIDRTrie
import MySQLProtocol
@testable import SampleWarehouse
import Testing
import Time
import Traffic


@Suite("Queries of the sample data")
struct QueryTests {
    private func rows(_ statement: String, database: String? = "tpch") throws -> [[SQLValue]] {
        try table(statement, database: database).rows
    }

    private func table(_ statement: String, database: String? = "tpch") throws -> Table {
        var session = SessionFacts(connectionID: 7, user: "demo", host: "203.0.113.7")
        session.database = database
        session.now = UnixTime(seconds: 1_767_225_600)
        let executor = QueryExecutor(
            catalog: Catalog(loads: LoadJournal()),
            session: session,
            sessions: [session]
        )
        guard case .table(let table) = try executor.execute(try SQLParser.parse(statement)) else {
            throw SQLError.syntax(near: statement)
        }
        return table
    }

    @Test("A session can ask who and where it is")
    func sessionFunctions() throws {
        let statement = "select user(), current_user, database(), connection_id(), now(), @x"
        #expect(
            try rows(statement) == [
                [
                    .text("demo@203.0.113.7"), .text("demo@%"), .text("tpch"), .integer(7),
                    .text("2026-01-01 00:00:00"), .null,
                ]
            ]
        )
    }

    @Test("WHERE, ORDER BY and LIMIT pick rows in that order")
    func clauses() throws {
        let statement = """
            select n_name from nation where n_regionkey = 3 and n_name > 'G' order by n_name desc
            limit 2 offset 1
            """
        #expect(try rows(statement) == [[.text("RUSSIA")], [.text("ROMANIA")]])
    }

    @Test("The first key of ORDER BY decides, the next where rows are equal by it")
    func severalKeys() throws {
        let statement = """
            select n_regionkey, n_name from nation order by n_regionkey desc, n_name
            """
        let answer = try rows(statement)
        #expect(answer.first == [.integer(4), .text("EGYPT")])
        #expect(answer.last == [.integer(0), .text("MOZAMBIQUE")])
    }

    @Test("COUNT(*) counts what WHERE leaves, whatever LIMIT says")
    func count() throws {
        #expect(try rows("select count(*) from nation") == [[.integer(25)]])
        #expect(
            try rows("select count(*) n from nation where n_regionkey = '1' limit 1")
                == [[.integer(5)]]
        )
        #expect(try rows("select count(*) from demo.events") == [[.integer(10_000)]])
    }

    @Test("Texts compare without case, numbers as numbers, and NULL with nothing")
    func comparison() throws {
        let france = "select n_nationkey from nation where n_name = 'france'"
        #expect(try rows(france) == [[.integer(6)]])
        #expect(try rows("select r_name from region where r_regionkey < '2'").count == 2)
        #expect(try rows("select r_name from region where r_name = null").isEmpty)
        #expect(try rows("select r_name from region where r_name is not null").count == 5)
    }

    @Test("* and columns, aliases and literals mix")
    func projection() throws {
        let answer = try table("select *, 'x' as mark, r_name n from region limit 1")
        #expect(answer.columns.map(\.name) == ["r_regionkey", "r_name", "mark", "n"])
        #expect(answer.rows == [[.integer(0), .text("AFRICA"), .text("x"), .text("AFRICA")]])
    }

    @Test("The generated events are the same at each start")
    func events() throws {
        let statement = "select * from events where kind = 'purchase' limit 1"
        #expect(try rows(statement, database: "demo") == rows(statement, database: "demo"))
        let kinds = try rows("select kind from events where kind = 'view'", database: "demo")
        #expect((5_000...7_000).contains(kinds.count))
    }

    @Test(
        "What does not exist is named by MySQL's own error",
        arguments: [
            ("select * from nope", 1146), ("select * from nope.t", 1049), ("use nope", 1049),
            ("select nope from nation", 1054), ("select 1 from nation where nope = 1", 1054),
            ("select 1 from nation order by nope", 1054), ("select nope()", 1305),
            ("select @@nope", 1193), ("select nope", 1054), ("show tables from nope", 1049),
        ] as [(String, UInt16)]
    )
    func errors(statement: String, code: UInt16) {
        #expect {
            _ = try table(statement)
        } throws: { error in
            (error as? SQLError)?.packet.code == code
        }
    }

    @Test("Without a database a bare table has no meaning")
    func noDatabase() {
        #expect(throws: SQLError.noDatabaseSelected) {
            try rows("select * from nation", database: nil)
        }
    }

    @Test("SHOW lists databases, tables, columns, variables and sessions")
    func show() throws {
        #expect(try rows("show databases") == [[.text("demo")], [.text("tpch")]])
        #expect(try rows("show tables like 'n%'") == [[.text("nation")]])
        let columns = try columnNames("nation")
        #expect(try rows("describe nation").map(\.first) == columns)
        #expect(
            try rows("show variables like 'wait_timeout'")
                == [[.text("wait_timeout"), .text("28800")]]
        )
        #expect(try rows("show processlist").first?.prefix(2) == [.integer(7), .text("demo")])
        #expect(try rows("show create table nation").first?.first == .text("nation"))
    }

    private func columnNames(_ name: String) throws -> [SQLValue?] {
        try table("select * from \(name)").columns.map { .text($0.name) }
    }
}

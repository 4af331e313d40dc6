import MySQLProtocol
@testable import SampleWarehouse
import Testing
import Traffic


@Suite("SQL statements")
struct SQLParserTests {
    @Test("A SELECT is read with all its clauses")
    func select() throws {
        let statement = """
            SELECT n_name AS name, t.n.x y, COUNT(*), 7 FROM tpch.`nation`
            WHERE n_regionkey >= 3 AND n_name != 'x' AND z IS NOT NULL
            ORDER BY n_name DESC, x LIMIT 5 OFFSET 2;
            """
        var select = Select(items: [
            .expression(.column("n_name"), name: "name"), .expression(.column("x"), name: "y"),
            .expression(.countOfRows, name: "COUNT(*)"),
            .expression(.literal(.integer(7)), name: "7"),
        ])
        select.source = TableName(database: "tpch", table: "nation")
        select.conditions = [
            Condition(column: "n_regionkey", comparison: .greaterOrEqual, value: .integer(3)),
            Condition(column: "n_name", comparison: .notEqual, value: .text("x")),
            Condition(column: "z", comparison: .isNotNull, value: .null),
        ]
        select.order = [
            OrderKey(column: "n_name", isDescending: true),
            OrderKey(column: "x", isDescending: false),
        ]
        (select.limit, select.offset) = (5, 2)
        #expect(try SQLParser.parse(statement) == .select(select))
    }

    @Test("LIMIT m, n skips m rows")
    func limit() throws {
        guard case .select(let select) = try SQLParser.parse("select 1 limit 4, 9") else {
            Issue.record("no SELECT")
            return
        }
        #expect(select.offset == 4)
        #expect(select.limit == 9)
    }

    @Test(
        "A column without an alias is named as it was written",
        arguments: [
            ("select VERSION( )", "VERSION( )"), ("select @@session.x limit 1", "@@session.x"),
            ("select current_user ;", "current_user"), ("select -1", "-1"),
        ]
    )
    func writtenNames(statement: String, name: String) throws {
        guard case .select(let select) = try SQLParser.parse(statement),
            case .expression(_, name)? = select.items.first
        else {
            Issue.record("another name than \(name)")
            return
        }
    }

    @Test(
        "SHOW knows what clients ask for",
        arguments: [
            ("show schemas", .databases(like: nil)),
            ("SHOW FULL TABLES FROM `tpch` LIKE 'n%'", .tables(database: "tpch", like: "n%")),
            ("show variables where Variable_name = 'a'", .variables(like: "a")),
            ("show session status like 'a'", .status(like: "a")),
            ("show columns from t from d", .columns(TableName(database: "d", table: "t"))),
            ("describe d.t", .columns(TableName(database: "d", table: "t"))),
            ("show processlist", .processList), ("show warnings", .warnings),
        ] as [(String, Show)]
    )
    func show(statement: String, show: Show) throws {
        #expect(try SQLParser.parse(statement) == .show(show))
    }

    @Test(
        "What drivers send when they connect is taken",
        arguments: ["SET NAMES utf8mb4", "set @@session.autocommit = off", "COMMIT", "rollback"]
    )
    func acknowledged(statement: String) throws {
        #expect(try SQLParser.parse(statement) == .acknowledge)
    }

    @Test(
        "What is not understood is a syntax error, never a crash",
        arguments: [
            "", ";", "select", "select ,", "select 1 from", "select 1 from t where",
            "select 1 from t where a =", "select 1 limit -1", "select 1 1 1", "show",
            "show engines", "select count(", "select a from t order a", "use", "select 1; select 2",
        ]
    )
    func syntaxErrors(statement: String) {
        #expect {
            try SQLParser.parse(statement)
        } throws: { error in
            (error as? SQLError)?.packet.code == 1064
        }
    }

    @Test("What would write is refused by name")
    func readOnly() {
        #expect(throws: SQLError.readOnly("INSERT")) { try SQLParser.parse("insert into t x") }
    }
}

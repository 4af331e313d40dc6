import GRDB
import Testing

@testable import SampleWarehouse

@Suite("Statements as clients write them")
struct ClientStatementTests {
    private func query(_ statement: String) throws -> SQLiteQuery {
        guard case .query(let query) = try ClientStatement(parsing: statement) else {
            throw SQLError.syntax(near: statement)
        }
        return query
    }

    @Test(
        "What MySQL writes in another way is translated, the rest is left alone",
        arguments: [
            (#"select "it's" , 'a\'b' "#, "select 'it''s' , 'a''b'"),
            ("select 1 # x\n+ 1;;", "select 1  \n+ 1"),
            ("select a<=>b && c || `d e`", "select a IS b  AND  c  OR  `d e`"),
            (
                "select current_timestamp (), CURRENT_DATE",
                #"select "current_timestamp" (), CURRENT_DATE"#
            ),
            (
                "/* driver */ with a as (select 1) select * from a",
                "with a as (select 1) select * from a"
            ),
            ("select @x, n.current_users", "select @x, n.current_users"),
        ]
    )
    func translation(statement: String, sql: String) throws {
        #expect(try query(statement).sql == sql)
    }

    @Test("Variables are parameters that carry the name the client gave them")
    func variables() throws {
        let query = try query("select @@Session.autocommit, @@wait_timeout w, current_user")
        #expect(
            query.sql == "select $p(@@Session.autocommit), $p(@@wait_timeout) w, $p(current_user)"
        )
        #expect(
            query.arguments == [
                "p(@@Session.autocommit)": 1.databaseValue,
                "p(@@wait_timeout)": 28_800.databaseValue,
                "p(current_user)": "demo@%".databaseValue,
            ]
        )
        #expect(SQLiteQuery.originalName("'it''s'") == "it's")
        #expect(
            SQLiteQuery.originalName("$p(@@Session.autocommit) + 1") == "@@Session.autocommit + 1"
        )
    }

    @Test(
        "What drivers send when they connect is accepted",
        arguments: [
            "SET NAMES utf8mb4", "set @@session.autocommit = off", "COMMIT", "rollback;",
            "/* x */ SET character_set_results = NULL", "START TRANSACTION READ ONLY", "begin",
        ]
    )
    func acknowledged(statement: String) throws {
        guard case .acknowledge = try ClientStatement(parsing: statement) else {
            Issue.record("not acknowledged: \(statement)")
            return
        }
    }

    @Test(
        "Anything but one MySQL statement is an error with MySQL's code",
        arguments: [
            ("", 1065), (" ; ", 1065), ("-- x", 1065), ("frobnicate", 1064),
            ("select 1; select 2", 1064), ("use", 1064), ("use a b", 1064), ("show", 1064),
            ("show engines", 1064), ("show tables from", 1064), ("show tables like", 1064),
            ("show tables like 'a' b", 1064), ("show columns", 1064), ("describe", 1064),
            ("describe a.", 1064), ("select @@nope", 1193), ("insert into t values (1)", 1290),
            ("DROP TABLE nation", 1290), ("truncate t", 1290), ("attach 'x' as y", 1064),
            ("pragma database_list", 1064), ("vacuum into 'x'", 1064),
            ("explain query plan select 1", 1064),
        ] as [(String, UInt16)]
    )
    func errors(statement: String, code: UInt16) {
        #expect {
            _ = try ClientStatement(parsing: statement)
        } throws: { error in
            (error as? SQLError)?.code == code
        }
    }

    @Test(
        "SHOW has the forms that clients use",
        arguments: [
            "show schemas", "SHOW FULL TABLES FROM `tpch` LIKE 'n%'", "desc tpch.nation",
            "show variables where Variable_name = 'a' or Variable_name like \"b%\"",
            "show session status like 'a'", "show full columns from nation from tpch",
            "show global variables", "show create table tpch.`nation`",
            "show fields in tpch.region",
        ]
    )
    func show(statement: String) throws {
        guard case .show(let show) = try ClientStatement(parsing: statement) else {
            Issue.record("another statement than SHOW")
            return
        }
        #expect(try show.query(in: "tpch", sessionCount: 1) != nil)
    }
}

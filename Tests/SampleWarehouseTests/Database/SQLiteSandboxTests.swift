import Testing

@testable import SampleWarehouse

extension SampleWarehouseSuite {
    @Suite("What a client's statements cannot do", .timeLimit(.minutes(2)))
    struct SQLiteSandboxTests {
        @Test(
            "SQLite's own tables, functions and statements are out of reach",
            arguments: [
                ("select * from sqlite_master", 1146), ("select count(*) from sqlite_master", 1146),
                ("select * from tpch.sqlite_master", 1146),
                ("select * from temp.sqlite_master", 1146),
                ("select * from sqlite_temp_schema", 1146),
                ("select * from pragma_database_list", 1290),
                ("select count(*) from pragma_database_list", 1290),
                ("select * from json_each('[1]')", 1290), ("select * from dbstat", 1290),
                ("select load_extension('x')", 1305), ("select readfile('/etc/passwd')", 1305),
                ("select writefile('/tmp/x', 'y')", 1305), ("select zeroblob(1000000000)", 1305),
                ("select randomblob(1000000000)", 1305), ("select printf('%1000000000d', 1)", 1305),
                ("select instr('a', 'b')", 1305), ("select fts3_tokenizer('x')", 1305),
                ("select 'a' glob 'b'", 1305), ("select sqlite_version()", 1305),
                ("with x as (select 1) delete from demo.events", 1290),
                ("with x as (select 1) insert into demo.events select 1, 2, 3, 4, 5, 6", 1290),
                ("with x as (select 1) update demo.events set id = 1", 1290),
            ] as [(String, UInt16)]
        )
        func denied(statement: String, code: UInt16) async throws {
            #expect(try await TestQueries.shared.get().errorCode(statement) == code)
        }

        @Test("What a CTE or a subquery names is not mistaken for a table")
        func ownNames() async throws {
            let queries = try TestQueries.shared.get()
            #expect(
                try await queries.rows("with a as (select 1) select count(*) from a") == [["1"]]
            )
            #expect(try await queries.rows("select count(*) from (select 1) b") == [["1"]])
            #expect(try await queries.rows("select count(*) from Nation") == [["25"]])
            #expect(try await queries.rows("select count(*) from TPCH.nation") == [["25"]])
        }

        @Test("A query without an end is stopped in time, and so is one that waits for it")
        func endlessRecursion() async throws {
            let queries = try TestQueries(statementTimeout: .seconds(2))
            let endless = """
                with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n
                """
            async let first = queries.errorCode(endless)
            async let second = queries.errorCode(endless)
            async let third = queries.errorCode(endless)
            #expect(try await [first, second, third] == [3024, 3024, 3024])
            #expect(try await queries.rows("select 1") == [["1"]])
        }

        @Test("Sorts, rows and values have limits")
        func memory() async throws {
            let queries = try TestQueries.shared.get()
            let padding = repeated("x", 60_000)
            let sort = """
                with recursive n(x) as (select 1 union all select x + 1 from n)
                select x from (select x, x || '\(padding)' as y from n order by y)
                """
            #expect(try await queries.errorCode(sort) == 1038)
            let rows = "select '\(padding)' from demo.events"
            #expect(try await queries.errorCode(rows) == 1105)
            let long = "select group_concat(country) from demo.events"
            #expect(try await queries.errorCode(long) == 1301)
            #expect(try await queries.rows("select 1") == [["1"]])
        }

        @Test("A statement that explodes while it is compiled is stopped by SQLite's heap limit")
        func compilation() async throws {
            let queries = try TestQueries.shared.get()
            var doubled = "with a0 as (select 1 as x)"
            for level in 1...24 {
                doubled += ", a\(level) as (select p.x from a\(level - 1) p, a\(level - 1) q)"
            }
            #expect(try await queries.errorCode("\(doubled) select count(*) from a24") == 1038)
            var nested = "select n_nationkey as x from nation"
            for _ in 1...8 {
                let sum = Array(repeating: "x", count: 10).joined(separator: "+")
                nested = "select \(sum) as x from (\(nested))"
            }
            #expect(try await queries.errorCode(nested) != nil)
            #expect(try await queries.rows("select 1") == [["1"]])
        }

        @Test("Statements that are too deep, too long or too wide are errors")
        func shape() async throws {
            let queries = try TestQueries.shared.get()
            let (opening, closing) = (repeated("(", 10_000), repeated(")", 10_000))
            let statements: [String] = [
                "select \(opening)1\(closing)",
                "select \(repeated("- ", 20_000))1",
                "select \(repeated("1,", 20_000))1",
                "select \(repeated("1+", 20_000))1",
                "\(repeated("select 1 union all ", 1_000))select 1",
                "select '\(repeated("x", 1 << 17))'",
                "select 'x' like '\(repeated("%x", 1_000))'",
            ]
            for statement in statements {
                #expect(try await queries.errorCode(statement) != nil, "\(statement.prefix(40))")
            }
            #expect(try await queries.rows("select 1") == [["1"]])
        }

        private func repeated(_ text: String, _ count: Int) -> String {
            String(repeating: text, count: count)
        }

        @Test("No text of any kind crashes the translation or SQLite")
        func randomText() async throws {
            let queries = try TestQueries.shared.get()
            let pieces = [
                "select", "from", "nation", "(", ")", ",", "*", "'a'", "\"b\"", "`c`", "@@version",
                "@x",
                "where", "=", "1", "order by", "limit", "join", "on", "as", "count(", "with", ".",
                ";",
                "/* */", "-- ", "\n", "show", "tables", "like", "current_user", "union", "<=>", "é",
                "\0",
                "case", "when", "end", "over", "null", "-", "current_timestamp", "$", "values", "'",
            ]
            for _ in 0..<1_500 {
                let words = (0..<Int.random(in: 1...12)).map { _ in pieces.randomElement() ?? "" }
                let start = Bool.random() ? "select " : ""
                _ = try await queries.errorCode(start + words.joined(separator: " "))
            }
            #expect(try await queries.rows("select 1") == [["1"]])
        }
    }
}

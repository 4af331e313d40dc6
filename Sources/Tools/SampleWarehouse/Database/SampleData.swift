import GRDB

/// Creates and fills the sample tables in an empty SQLite connection.
enum SampleData {
    /// Every database, in alphabetical order.
    static let databases = ["demo", "information_schema", "tpch"]

    static func install(on database: Database) throws {
        // Temporary tables and sorts stay in memory too.
        try database.execute(sql: "PRAGMA temp_store = MEMORY")
        for name in databases { try database.execute(sql: "ATTACH ':memory:' AS \(name)") }
        for statement in [tables, regions, nations, events] {
            try database.execute(sql: statement)
        }
        for name in databases { try describe(name, on: database) }
        for (name, value) in SystemVariables.all {
            try database.execute(
                sql: "INSERT INTO information_schema.session_variables VALUES (?, ?)",
                arguments: [name, value]
            )
        }
    }

    /// Enters a database's tables in `information_schema`, and creates the views that unqualified
    /// names find.
    ///
    /// SQLite looks through all attached databases for an unqualified name, starting with the
    /// temporary objects; MySQL looks only in the session's current database. So a view refuses to
    /// answer while another database is selected.
    private static func describe(_ name: String, on database: Database) throws {
        let type = name == "information_schema" ? "SYSTEM VIEW" : "BASE TABLE"
        try database.execute(
            sql: """
                INSERT INTO information_schema.schemata VALUES ('\(name)', 'utf8mb4');
                INSERT INTO information_schema.tables
                    SELECT '\(name)', name, '\(type)' FROM \(name).sqlite_schema;
                INSERT INTO information_schema.columns
                    SELECT '\(name)', t.name, c.name, c.cid + 1, NULL, 'NO',
                        replace(c.type, '(255)', ''), c.type, '', ''
                    FROM \(name).sqlite_schema t, pragma_table_info(t.name, '\(name)') c;
                """
        )
        let tables = try String.fetchAll(database, sql: "SELECT name FROM \(name).sqlite_schema")
        for table in tables {
            try database.execute(
                sql: """
                    CREATE TEMP VIEW \(table) AS SELECT * FROM \(name).\(table)
                    WHERE \(SQLFunctions.currentDatabaseCheck)('\(name)', '\(table)')
                    """
            )
        }
    }

    /// The types are MySQL's; of each, SQLite derives how it compares.
    private static var tables: String {
        """
        CREATE TABLE demo.events (
            id bigint, at datetime, kind text, country text, user_id bigint, amount_cents bigint);
        CREATE TABLE demo.stream_loads (
            id bigint, label text, target text, loaded_rows bigint, bytes bigint,
            finished_at datetime);
        CREATE TABLE tpch.nation (n_nationkey bigint, n_name text, n_regionkey bigint);
        CREATE TABLE tpch.region (r_regionkey bigint, r_name text);
        CREATE TABLE information_schema.columns (
            table_schema text, table_name text, column_name text, ordinal_position bigint,
            column_default text, is_nullable text, data_type text, column_type text,
            column_key text, extra text);
        CREATE TABLE information_schema.schemata (
            schema_name text, default_character_set_name text);
        CREATE TABLE information_schema.session_variables (
            variable_name text, variable_value text);
        CREATE TABLE information_schema.tables (
            table_schema text, table_name text, table_type text);
        CREATE TEMP VIEW dual AS SELECT 'X' AS dummy;
        """
        .replacing(" text", with: " varchar(255) COLLATE NOCASE")
    }

    /// TPC-H 3.0 §4.2.3, without comments.
    private static let regions = """
        INSERT INTO tpch.region VALUES
            (0, 'AFRICA'), (1, 'AMERICA'), (2, 'ASIA'), (3, 'EUROPE'), (4, 'MIDDLE EAST');
        """

    /// TPC-H 3.0 §4.2.3, without comments.
    private static let nations = """
        INSERT INTO tpch.nation VALUES
            (0, 'ALGERIA', 0), (1, 'ARGENTINA', 1), (2, 'BRAZIL', 1), (3, 'CANADA', 1),
            (4, 'EGYPT', 4), (5, 'ETHIOPIA', 0), (6, 'FRANCE', 3), (7, 'GERMANY', 3),
            (8, 'INDIA', 2), (9, 'INDONESIA', 2), (10, 'IRAN', 4), (11, 'IRAQ', 4),
            (12, 'JAPAN', 2), (13, 'JORDAN', 4), (14, 'KENYA', 0), (15, 'MOROCCO', 0),
            (16, 'MOZAMBIQUE', 0), (17, 'PERU', 1), (18, 'CHINA', 2), (19, 'ROMANIA', 3),
            (20, 'SAUDI ARABIA', 4), (21, 'VIETNAM', 2), (22, 'RUSSIA', 3),
            (23, 'UNITED KINGDOM', 3), (24, 'UNITED STATES', 1);
        """

    /// 10,000 events of a web shop, one every 37 seconds from 2026-01-01T00:00:00Z on; the same at
    /// each start. The noise is a linear congruential generator (that of the C standard's example),
    /// whose high bits are used.
    private static let events = """
        INSERT INTO demo.events
        WITH RECURSIVE noise(id, state) AS (
            SELECT 1, 2026
            UNION ALL
            SELECT id + 1, (state * 1103515245 + 12345) % 2147483648 FROM noise WHERE id < 10000
        ),
        event AS (
            SELECT id, state >> 12 AS noise,
                CASE (state >> 20) % 5 WHEN 3 THEN 'cart' WHEN 4 THEN 'purchase' ELSE 'view' END
                    AS kind
            FROM noise
        )
        SELECT id, datetime(1767225600 + id * 37, 'unixepoch'), kind, n_name, noise % 2000,
            CASE kind WHEN 'purchase' THEN noise % 50000 + 99 ELSE 0 END
        FROM event JOIN tpch.nation ON n_nationkey = noise % 25
        ORDER BY id;
        """
}

import GRDB
import Hummingbird
import Text

/// The page at `/`: which tables can be queried and what was loaded.
struct StatusPage: ResponseGenerator {
    /// Names and numbers of rows.
    private let tables: ResultSet
    private let loads: ResultSet
    /// The address that the client used.
    private let host: String

    init(of database: SampleDatabase, host: String) async throws(SQLError) {
        let counts = ["demo.events", "demo.stream_loads", "tpch.nation", "tpch.region"]
            .map { "SELECT '\($0)', COUNT(*) FROM \($0)" }
            .joined(separator: " UNION ALL ")
        let latest = "SELECT * FROM demo.stream_loads ORDER BY id DESC LIMIT 10"
        tables = try await database.answer(SQLiteQuery(sql: counts), for: .ownQueries)
        loads = try await database.answer(SQLiteQuery(sql: latest), for: .ownQueries)
        self.host = host
    }

    func response(from request: Request, context: some RequestContext) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html))
        )
    }

    private var html: String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Sample warehouse</title>
        <style>\(Self.style)</style>
        <main>
        <p class="ok">Running</p>
        <h1>Sample warehouse</h1>
        <p>You reached it at <code>\(host.htmlEscaped)</code>. Log in as
        <code>\(MySQLSession.user)</code>, without a password.</p>
        <h2>Tables</h2>
        <table><tr><th>Table<th class="n">Rows</tr>\(tableRows)</table>
        <h2>Latest stream loads</h2>
        \(loads.rows.isEmpty ? "<p>None yet.</p>" : loadTable)
        </main>
        """
    }

    private var tableRows: String {
        tables.rows.map { row in
            "<tr><td><code>\(escaped(row[0]))</code><td class=\"n\">\(escaped(row[1]))</tr>"
        }.joined()
    }

    private var loadTable: String {
        let heads = loads.columns.map { "<th>\($0.name.htmlEscaped)" }.joined()
        let rows = loads.rows.map { row in
            "<tr>" + row.map { "<td>\(escaped($0))" }.joined() + "</tr>"
        }
        return "<table><tr>\(heads)</tr>\(rows.joined())</table>"
    }

    private func escaped(_ field: DatabaseValue) -> String {
        String(decoding: field.mysqlText ?? [], as: UTF8.self).htmlEscaped
    }

    private static let style = """
        :root { color-scheme: light dark; --line: light-dark(#dcdfe4, #3a3f47);
          --quiet: light-dark(#5d6672, #9aa4b1); --ok: light-dark(#18794e, #4cc38a) }
        body { margin: 0; font: 16px/1.5 system-ui, sans-serif;
          background: light-dark(#fbfcfd, #16181c); color: light-dark(#1a1d21, #e8eaed) }
        main { max-width: 44rem; margin: 4rem auto; padding: 0 1.5rem }
        h1 { margin: .2rem 0 1rem; font-size: 2rem; letter-spacing: -.02em }
        h2 { margin: 2.5rem 0 .5rem; font-size: 1rem; color: var(--quiet) }
        table { width: 100%; border-collapse: collapse; font-size: .9rem }
        th { text-align: left; font-weight: 500; color: var(--quiet) }
        th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line) }
        .n { text-align: right; font-variant-numeric: tabular-nums; padding-right: 0 }
        .ok { margin: 0; color: var(--ok); font-weight: 600 } .ok::before { content: "● " }
        code { font-size: .9em }
        """
}

import Hummingbird

/// The page at `/`: what there is to query and what was loaded.
struct StatusPage: ResponseGenerator {
    var databases: [(name: String, tables: [Table])]
    var loads: Table
    /// The address that the client used.
    var host: String

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
        <p class="ok">serving</p>
        <h1>Sample warehouse</h1>
        <p>You reached it as <code>\(escaped(host))</code>. Log in as
        <code>\(MySQLSession.user)</code>, without a password.</p>
        <h2>Tables</h2>
        <table><tr><th>Table<th class="n">Rows</tr>\(tableRows)</table>
        <h2>Latest stream loads</h2>
        \(loads.rows.isEmpty ? "<p>None yet.</p>" : loadTable)
        </main>
        """
    }

    private var tableRows: String {
        databases.flatMap { database in
            database.tables.map { table in
                let name = "\(escaped(database.name)).\(escaped(table.name))"
                return "<tr><td><code>\(name)</code><td class=\"n\">\(table.rows.count)</tr>"
            }
        }.joined()
    }

    private var loadTable: String {
        let heads = loads.columns.map { "<th>\(escaped($0.name))" }.joined()
        let rows = loads.rows.suffix(10).reversed().map { row in
            "<tr>" + row.map { "<td>\(escaped($0.text ?? ""))" }.joined() + "</tr>"
        }
        return "<table><tr>\(heads)</tr>\(rows.joined())</table>"
    }

    private func escaped(_ text: String) -> String {
        text.map { character in
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            default: String(character)
            }
        }.joined()
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

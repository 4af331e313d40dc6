import Hummingbird
import HummingbirdTesting
import Testing

@testable import SampleWarehouse

extension SampleWarehouseSuite {
    @Suite("The sample warehouse's HTTP side")
    struct WarehouseRoutesTests {
        private let database: SampleDatabase
        private let authorization = "Basic ZGVtbzo="

        init() throws {
            database = try SampleDatabase()
        }

        private func loads() async throws -> [[String]] {
            let session = SessionFacts(connectionID: 1, user: "demo", host: "localhost")
            let query = SQLiteQuery(sql: "SELECT * FROM demo.stream_loads ORDER BY id")
            return try await database.answer(query, for: session).rows.map { row in
                row.map { String(decoding: $0.mysqlText ?? [], as: UTF8.self) }
            }
        }

        private func respond(
            to method: HTTPRequest.Method,
            _ uri: String,
            headers: HTTPFields = [:],
            body: String? = nil,
            check: @escaping @Sendable (TestResponse) throws -> Void
        ) async throws {
            let routes = WarehouseRoutes(database: database)
            try await Application(router: routes.router).test(.router) { client in
                let buffer = body.map(ByteBuffer.init(string:))
                let response = try await client.execute(
                    uri: uri,
                    method: method,
                    headers: headers,
                    body: buffer
                )
                try check(response)
            }
        }

        @Test("The status page lists the tables, in light and dark")
        func statusPage() async throws {
            try await respond(to: .get, "/") { response in
                let page = String(buffer: response.body)
                #expect(response.status == .ok)
                #expect(page.contains("<code>tpch.nation</code><td class=\"n\">25"))
                #expect(page.contains("color-scheme: light dark"))
            }
        }

        @Test("The health page answers as Doris does")
        func health() async throws {
            try await respond(to: .get, "/api/health") { response in
                #expect(response.status == .ok)
                #expect(String(buffer: response.body).contains("\"msg\":\"success\""))
            }
        }

        @Test("The frontend redirects a stream load to the backend, at the address the client used")
        func redirect() async throws {
            let headers: HTTPFields = [.authorization: authorization]
            try await respond(
                to: .put,
                "/api/demo/events/_stream_load",
                headers: headers
            ) { response in
                #expect(response.status == .temporaryRedirect)
                let location = try #require(response.headers[.location])
                #expect(location.hasPrefix("http://demo:@"))
                #expect(location.hasSuffix("/backend/api/demo/events/_stream_load"))
            }
        }

        @Test("The backend counts the rows, answers as Doris does and records the load")
        func load() async throws {
            let headers: HTTPFields = [.authorization: authorization]
            try await respond(
                to: .put,
                "/backend/api/demo/events/_stream_load",
                headers: headers,
                body: "1\n2\n3"
            ) { response in
                let answer = String(buffer: response.body)
                #expect(response.status == .ok)
                #expect(answer.contains("\"Status\":\"Success\""))
                #expect(answer.contains("\"NumberLoadedRows\":3"))
            }
            let row = try #require(try await loads().first)
            #expect(row[2...4] == ["demo.events", "3", "5"])
        }

        @Test("Without the user name a stream load is rejected, by frontend and backend")
        func unauthorized() async throws {
            for path in ["/api", "/backend/api"] {
                let target = "\(path)/demo/events/_stream_load"
                try await respond(to: .put, target, body: "1") { response in
                    #expect(response.status == .unauthorized)
                    #expect(response.headers[.wwwAuthenticate] != nil)
                }
            }
            #expect(try await loads().isEmpty)
        }

        @Test("A stream load into an unknown table is not found")
        func noTable() async throws {
            let headers: HTTPFields = [.authorization: authorization]
            try await respond(
                to: .put,
                "/backend/api/demo/nope/_stream_load",
                headers: headers,
                body: "1"
            ) { response in
                #expect(response.status == .notFound)
            }
        }

        @Test("Text that a client chose is escaped in the page")
        func escaping() async throws {
            let load = StreamLoad(
                label: "<b>&\"",
                target: TableName(database: "d", table: "t"),
                rowCount: 1,
                byteCount: 1
            )
            #expect(try await database.record(load) == 1)
            try await respond(to: .get, "/") { response in
                let page = String(buffer: response.body)
                #expect(page.contains("&lt;b&gt;&amp;&quot;"))
                #expect(!page.contains("<b>"))
            }
        }

        @Test("Only the latest stream loads are listed, numbered on")
        func latestLoads() async throws {
            let target = TableName(database: "demo", table: "events")
            for number in 1...(StreamLoad.listedCount + 2) {
                let load = StreamLoad(label: "x", target: target, rowCount: 0, byteCount: 0)
                #expect(try await database.record(load) == number)
            }
            let numbers = try await loads().map(\.[0])
            #expect(numbers.count == Int(StreamLoad.listedCount))
            #expect(numbers.first == "3")
        }
    }
}

@Suite("Counting a stream load's rows")
struct RowCounterTests {
    @Test(
        "Rows are the lines that are not empty, however the body is split",
        arguments: [("", 0), ("\n\n", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\n\nb\r\n", 2)]
    )
    func rows(body: String, count: Int) {
        var whole = RowCounter()
        whole.count(Array(body.utf8))
        var pieces = RowCounter()
        for byte in body.utf8 { pieces.count([byte]) }
        #expect(whole.rowCount == count)
        #expect(pieces.rowCount == count)
        #expect(whole.byteCount == body.utf8.count)
        #expect(pieces.byteCount == body.utf8.count)
    }
}

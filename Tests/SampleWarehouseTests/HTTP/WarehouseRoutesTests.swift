import Hummingbird
import HummingbirdTesting
import Testing

@testable import SampleWarehouse

@Suite("The sample warehouse's HTTP side")
struct WarehouseRoutesTests {
    private let loads = LoadJournal()
    private let authorization = "Basic ZGVtbzo="

    private func respond(
        to method: HTTPRequest.Method,
        _ uri: String,
        headers: HTTPFields = [:],
        body: String? = nil,
        check: @escaping @Sendable (TestResponse) throws -> Void
    ) async throws {
        let routes = WarehouseRoutes(catalog: Catalog(loads: loads), loads: loads)
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

    @Test("The frontend sends a stream load on to the backend, by the client's own way here")
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

    @Test("The backend counts the rows, answers as Doris does and writes the load down")
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
        let row = try #require(loads.table.rows.first)
        #expect(row[2...4] == [.text("demo.events"), .integer(3), .integer(5)])
    }

    @Test("Without the user's name a stream load is refused, at either end")
    func unauthorized() async throws {
        for path in ["/api", "/backend/api"] {
            let target = "\(path)/demo/events/_stream_load"
            try await respond(to: .put, target, body: "1") { response in
                #expect(response.status == .unauthorized)
                #expect(response.headers[.wwwAuthenticate] != nil)
            }
        }
        #expect(loads.table.rows.isEmpty)
    }

    @Test("A stream load into no table is not found")
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
        let load = LoadJournal.Load(
            label: "<b>&\"",
            database: "d",
            table: "t",
            rowCount: 1,
            byteCount: 1,
            finishedAt: .now
        )
        #expect(loads.append(load) == 1)
        try await respond(to: .get, "/") { response in
            let page = String(buffer: response.body)
            #expect(page.contains("&lt;b&gt;&amp;&quot;"))
            #expect(!page.contains("<b>"))
        }
    }
}

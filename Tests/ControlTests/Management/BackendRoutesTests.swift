import Operations
import Policy
import Settings
import Store
import Testing
import Traffic

@testable import Control

@Suite("The API's answers about backends")
struct BackendRoutesTests {
    private struct Success: Decodable, Sendable {
        var data: BackendList
    }

    /// Two listeners lead to one service of A; B has a service inside its listener.
    private static let state = {
        func backend(_ name: String, listener: String? = nil) -> BackendStatus {
            var status = BackendStatus()
            (status.name, status.address, status.listener) = (name, name, listener)
            return status
        }
        func listener(_ address: String, _ warehouse: String, _ backends: [BackendStatus])
            -> ListenerStatus
        {
            var status = ListenerStatus()
            (status.address, status.warehouse, status.protocol) = (address, warehouse, .mysql)
            status.backends = backends
            return status
        }
        var state = GatewayStatus()
        state.listeners = [
            listener("0.0.0.0:1", "A", [backend("db:1"), backend("db:2")]),
            listener("0.0.0.0:2", "A", [backend("db:1"), backend("db:2")]),
            listener("0.0.0.0:3", "B", [backend("db:1", listener: "0.0.0.0:3")]),
        ]
        return state
    }()

    private func names(_ list: BackendList) -> [String] {
        list.backends.map { "\($0.warehouse) \($0.backend.name)" }
    }

    @Test("Each backend is listed once, however many listeners lead to it")
    func list() async throws {
        try await ServedManagement.run(of: FixedGateway(state: Self.state)) { server in
            func list(_ query: String) async throws -> [String] {
                names(try await server.get("/v1/backends\(query)").decoded(as: Success.self).data)
            }
            let expected: [(query: String, names: [String])] = [
                ("", ["A db:1", "A db:2", "B db:1"]),
                ("?warehouse=A", ["A db:1", "A db:2"]),
                ("?backend=db:1", ["A db:1", "B db:1"]),
                ("?backend=db:1&warehouse=B&protocol=mysql", ["B db:1"]),
                ("?protocol=http", []),
            ]
            for (query, names) in expected {
                let listed = try await list(query)
                #expect(listed == names, "\(query)")
            }
        }
    }

    @Test("A mode is set for the backends that match the filter")
    func mode() async throws {
        let gateway = FixedGateway(state: Self.state)
        try await ServedManagement.run(of: gateway) { server in
            for (mode, query) in [
                (BackendMode.drain, "backend=db:1&mode=drain&warehouse=A"),
                (nil, "backend=db:2&mode=configured"),
            ] {
                let answer = try await server.ask("PUT", "/v1/backends?\(query)")
                #expect(answer.status == 200, "\(query)")
                #expect(gateway.choices.last?.mode == mode)
            }
        }
        #expect(gateway.choices.map(\.filter.backend) == ["db:1", "db:2"])
        #expect(gateway.choices.map(\.filter.warehouse) == ["A", nil])
    }

    @Test(
        "An invalid request changes nothing",
        arguments: [
            ("mode=drain", 400, "FilterRequired"), ("backend=db:1", 400, "InvalidRequest"),
            ("backend=db:1&mode=off", 400, "InvalidRequest"),
            ("backend=db:1&mode=drain&mode=active", 400, "InvalidRequest"),
            ("backend=db:1&mode=drain&wharehouse=A", 400, "InvalidFilter"),
            ("backend=db:9&mode=drain", 404, "BackendNotFound"),
            ("backend=db:2&mode=drain&warehouse=B", 404, "BackendNotFound"),
            ("backend=db:1&mode=drain&warehouse=C", 404, "WarehouseNotFound"),
        ]
    )
    func refusal(query: String, status: Int, code: String) async throws {
        let gateway = FixedGateway(state: Self.state)
        try await ServedManagement.run(of: gateway) { server in
            let answer = try await server.ask("PUT", "/v1/backends?\(query)")
            #expect(answer.status == status)
            #expect(try answer.decoded(as: HTTPAnswer.Refusal.self).code == code)
        }
        #expect(gateway.choices == [])
    }

    @Test("Modes can only be set by who may operate")
    func role() async throws {
        let gateway = FixedGateway(state: Self.state)
        try await ServedManagement.run(of: gateway, as: .holder(of: .read)) { server in
            let answer = try await server.ask("PUT", "/v1/backends?backend=db:1&mode=drain")
            #expect(answer.status == 403)
            #expect(try await server.get("/v1/backends").status == 200)
        }
        #expect(gateway.choices == [])
    }

    @Test("Who is limited to a warehouse sees its backends, and names it to set a mode")
    func limitedHolder() async throws {
        let gateway = FixedGateway(state: Self.state)
        let holder = Principal.holder(of: .operate, warehouses: ["B"])
        try await ServedManagement.run(of: gateway, as: holder) { server in
            let list = try await server.get("/v1/backends").decoded(as: Success.self).data
            #expect(names(list) == ["B db:1"])
            for (query, status) in [
                ("backend=db:1", 400), ("backend=db:1&warehouse=A", 404),
                ("backend=db:2&warehouse=B", 404), ("backend=db:1&warehouse=B", 200),
            ] {
                let answer = try await server.ask("PUT", "/v1/backends?mode=drain&\(query)")
                #expect(answer.status == status, "\(query)")
            }
        }
        #expect(gateway.choices.map(\.filter.warehouse) == ["B"])
    }
}

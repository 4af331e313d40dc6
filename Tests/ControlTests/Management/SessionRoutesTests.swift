import Addresses
import CIDRTrie
import Operations
import Policy
import Store
import Testing
import Time

@testable import Control

@Suite("The API's answers about access")
struct SessionRoutesTests {
    private struct Success<Value: Decodable & Sendable>: Decodable, Sendable {
        var success: Bool
        var data: Value
    }

    private static let sessions = Session.many(3, of: ["A", "B"])

    @Test("Sessions are listed by filter and limit, and all that match are counted")
    func list() async throws {
        try await ServedManagement.run(of: FixedGateway(sessions: Self.sessions)) { server in
            func list(_ query: String) async throws -> SessionList {
                let answer = try await server.get("/v1/sessions\(query)")
                return try answer.decoded(as: Success<SessionList>.self).data
            }
            #expect(try await list("").sessions == Self.sessions)
            let some = try await list("?warehouse=A&limit=1")
            #expect(some.sessions.map(\.connection) == [0] && some.total == 2)
            #expect(try await list("?source=10.0.0.1").sessions.map(\.connection) == [1])
            #expect(try await list("?source=10.0.0.0%2F31").total == 2)
        }
    }

    @Test(
        "An invalid filter is rejected, and closes nothing",
        arguments: [
            ("?warehose=A", "InvalidFilter"), ("?source=10.0.0.1%2F8", "InvalidFilter"),
            ("?warehouse=A&warehouse=B", "InvalidFilter"), ("?idle=5", "InvalidFilter"),
            ("?link=privat", "InvalidFilter"), ("?limit=-1&warehouse=A", "InvalidRequest"),
            ("?limit=1000000000&warehouse=A", "InvalidRequest"), ("", "FilterRequired"),
            ("?all=yes", "InvalidParameter"), ("?limit=5", "FilterRequired"),
        ]
    )
    func invalidFilter(query: String, code: String) async throws {
        let gateway = FixedGateway(sessions: Self.sessions)
        try await ServedManagement.run(of: gateway) { server in
            let answer = try await server.ask("DELETE", "/v1/sessions\(query)")
            #expect(answer.status == 400)
            #expect(try answer.decoded(as: HTTPAnswer.Refusal.self).code == code)
        }
        #expect(gateway.closings == [])
    }

    @Test("Sessions are closed by a filter, or all of them if requested")
    func close() async throws {
        let gateway = FixedGateway(sessions: Self.sessions)
        try await ServedManagement.run(of: gateway) { server in
            func close(_ query: String) async throws -> ClosedSessions {
                let answer = try await server.ask("DELETE", "/v1/sessions?\(query)")
                return try answer.decoded(as: Success<ClosedSessions>.self).data
            }
            #expect(try await close("warehouse=A").closed == 2)
            #expect(try await close("all=true").closed == 3)
            let limited = try await close("all=true&limit=1")
            #expect(limited.closed == 1 && limited.remaining == 2)
            #expect(limited.sessions.map(\.connection) == [0])
            for query in [
                "all=true&limit=1&limit=2", "all=true&all=false", "limit=1&all=true&all=true",
            ] {
                let refused = try await server.ask("DELETE", "/v1/sessions?\(query)")
                #expect(
                    refused.status == 400 && refused.body.contains("Duplicate parameter"),
                    "\(query)"
                )
            }
        }
        #expect(gateway.closings.map(\.warehouse) == ["A", nil, nil])
    }

    @Test("Sessions can only be closed under the gateway's own name, and by who may operate")
    func closingByOthers() async throws {
        let gateway = FixedGateway(sessions: Self.sessions)
        try await ServedManagement.run(of: gateway) { server in
            let answer = try await server.ask(
                "DELETE",
                "/v1/sessions?all=true",
                host: "evil.example"
            )
            #expect(answer.status == 403)
        }
        try await ServedManagement.run(of: gateway, as: .holder(of: .read)) { server in
            let answer = try await server.ask("DELETE", "/v1/sessions?all=true")
            #expect(answer.status == 403)
            let refusal = try answer.decoded(as: HTTPAnswer.Refusal.self)
            #expect(refusal.code == "Forbidden" && refusal.message.contains("operate"))
            #expect(try await server.get("/v1/sessions").status == 200)
        }
        #expect(gateway.closings == [])
    }

    @Test("Who is limited to warehouses sees and closes only sessions of those")
    func limitedHolder() async throws {
        let gateway = FixedGateway(state: Self.ofBoth, sessions: Self.sessions)
        let holder = Principal.holder(of: .operate, warehouses: ["A"])
        try await ServedManagement.run(of: gateway, as: holder) { server in
            let list = try await server.get("/v1/sessions")
                .decoded(as: Success<SessionList>.self).data
            #expect(list.sessions.map(\.connection) == [0, 2] && list.total == 2)
            for (method, query) in [
                ("GET", "warehouse=B"), ("DELETE", "warehouse=B"), ("DELETE", "listener=2.2.2.2:2"),
            ] {
                let answer = try await server.ask(method, "/v1/sessions?\(query)")
                #expect(answer.status == 404, "\(method) \(query)")
                #expect(!answer.body.contains("of B"))
            }
            _ = try await server.ask("DELETE", "/v1/sessions?all=true")
        }
        #expect(gateway.closings.map(\.warehouse) == ["A"], "all that it may close")
    }

    /// A listener of each warehouse.
    private static let ofBoth: GatewayStatus = {
        var state = GatewayStatus()
        state.listeners = [("A", "1.1.1.1:1"), ("B", "2.2.2.2:2")].map { warehouse, address in
            var listener = ListenerStatus()
            (listener.warehouse, listener.address) = (warehouse, address)
            return listener
        }
        return state
    }()

    @Test("Denials have RFC 3339 times, and are limited as requested")
    func denials() async throws {
        let denials = (0..<3).map { number in
            DenialRecord(
                warehouse: "W",
                source: CIDRBlock(containing: .v4(IPv4Address(10, 0, 0, number)), prefixLength: 32),
                reason: .notInWhitelist,
                count: 7,
                firstSeen: UnixTime(seconds: 0),
                lastSeen: UnixTime(seconds: 1_795_428_000)
            )
        }
        try await ServedManagement.run(of: FixedGateway(denials: denials)) { server in
            func list(_ query: String) async throws -> DenialList {
                let answer = try await server.get("/v1/denials?\(query)")
                return try answer.decoded(as: Success<DenialList>.self).data
            }
            let some = try await server.get("/v1/denials?limit=2")
            #expect(some.body.contains("\"lastSeen\":\"2026-11-23T10:00:00Z\""))
            #expect(try await list("limit=2").denials == Array(denials.prefix(2)))
            #expect(try await list("limit=0") == DenialList(total: 3), "the total counts all")
            #expect(try await list("source=10.0.0.1").denials == [denials[1]])
            #expect(try await list("since=2026-11-23T10:00:01Z").total == 0)
        }
    }

    private static let state: GatewayStatus = {
        var listener = ListenerStatus()
        (listener.warehouse, listener.address) = ("sales", "0.0.0.0:9030")
        var state = GatewayStatus()
        state.listeners = [listener]
        return state
    }()

    @Test(
        "An unknown warehouse or listener is rejected with a suggestion",
        arguments: [
            (
                "warehouse=sale", "WarehouseNotFound",
                "unknown warehouse \"sale\" (did you mean sales?)"
            ),
            ("warehouse=X", "WarehouseNotFound", "(expected one of sales)"),
            ("listener=0.0.0.0:9031", "ListenerNotFound", "did you mean 0.0.0.0:9030?"),
            ("warehouse=sales&listener=x", "ListenerNotFound", "(expected one of 0.0.0.0:9030)"),
        ]
    )
    func unknownPlace(query: String, code: String, words: String) async throws {
        let gateway = FixedGateway(state: Self.state, sessions: Self.sessions)
        try await ServedManagement.run(of: gateway) { server in
            for (method, path) in [
                ("GET", "/v1/sessions"), ("GET", "/v1/denials"), ("DELETE", "/v1/sessions"),
            ] {
                let answer = try await server.ask(method, "\(path)?\(query)")
                #expect(answer.status == 404)
                let refusal = try answer.decoded(as: HTTPAnswer.Refusal.self)
                #expect(refusal.code == code)
                #expect(answer.body.contains(words.replacing("\"", with: "\\\"")), "\(answer.body)")
            }
        }
        #expect(gateway.closings == [])
    }

    @Test("A known name, or a removed one with sessions, has a result, perhaps empty")
    func knownPlaces() async throws {
        let gateway = FixedGateway(state: Self.state, sessions: Self.sessions)
        try await ServedManagement.run(of: gateway) { server in
            let known = ["warehouse=sales", "listener=0.0.0.0:9030", "warehouse=A", "warehouse=W"]
            for query in known.map({ "/v1/sessions?\($0)" }) + ["/v1/denials?warehouse=sales"] {
                let answer = try await server.get(query)
                #expect(answer.status == 200, "\(query)")
            }
        }
    }

    @Test(
        "An invalid filter of denials is rejected",
        arguments: [
            "since=yesterday", "source=10.0.0", "reason=bad", "warehose=W", "since=5m&since=6m",
        ]
    )
    func invalidDenialFilter(query: String) async throws {
        try await ServedManagement.run(of: FixedGateway()) { server in
            let answer = try await server.get("/v1/denials?\(query)")
            #expect(answer.status == 400)
            #expect(try answer.decoded(as: HTTPAnswer.Refusal.self).code == "InvalidFilter")
        }
    }

    @Test("An endpoint is its cloud and its id; the id alone is enough if only one cloud has it")
    func endpoints() async throws {
        let names = [
            EndpointName(.azure, "99"), EndpointName(.gcp, "99"), EndpointName(.aws, "vpce-1"),
        ]
        let gateway = FixedGateway(endpoints: names)
        try await ServedManagement.run(of: gateway) { server in
            let query = "/v1/explain?warehouse=W&source=10.0.0.1&endpoint="
            for endpoint in ["gcp:99", "vpce-1", "aws:vpce-7"] {
                #expect(try await server.get(query + endpoint).status == 200, "\(endpoint)")
            }
            let ambiguous = try await server.get(query + "99")
            #expect(ambiguous.status == 400)
            let refusal = try ambiguous.decoded(as: HTTPAnswer.Refusal.self)
            #expect(refusal.message.contains("azure:99, gcp:99"))
            #expect(try await server.get(query + "vpce-7").status == 400)
            #expect(try await server.get(query + "amazon:vpce-7").status == 400)
            // A deed must not hit another cloud's endpoint.
            let close = try await server.ask("DELETE", "/v1/sessions?endpoint=99")
            #expect(close.status == 400)
            _ = try await server.ask("DELETE", "/v1/sessions?endpoint=vpce-1")
        }
        #expect(
            gateway.explanations
                == [EndpointName(.gcp, "99"), names[2], EndpointName(.aws, "vpce-7")]
        )
        #expect(gateway.closings.map(\.endpoint) == [EndpointReference(names[2])])
    }

    @Test("An explanation needs an existing warehouse, and an address")
    func explain() async throws {
        try await ServedManagement.run(of: FixedGateway()) { server in
            let expected = [
                "?warehouse=W&source=10.0.0.1": 200, "?warehouse=X&source=10.0.0.1": 404,
                "?warehouse=W&source=10.0.0": 400, "?warehouse=W": 400, "": 400,
            ]
            for (query, status) in expected {
                let answer = try await server.get("/v1/explain\(query)")
                #expect(answer.status == status, "\(query)")
            }
        }
    }

    @Test("With what a client says of where it wants to go, an explanation needs no warehouse")
    func claims() async throws {
        let gateway = FixedGateway()
        try await ServedManagement.run(of: gateway) { server in
            let query = "source=10.0.0.1&serverName=s&host=h&user=a%40B&database=d&attribute=t"
            #expect(try await server.get("/v1/explain?\(query)").status == 200)
            let unprintable = try await server.get("/v1/explain?source=10.0.0.1&user=a%0ab")
            #expect(unprintable.status == 400)
        }
        #expect(
            gateway.explainedClaims == [
                ClientClaims(
                    serverName: "s",
                    host: "h",
                    user: "a@B",
                    database: "d",
                    attribute: "t"
                )
            ]
        )
    }

    @Test("A certificate is asked for by a name, which an address is not")
    func certificates() async throws {
        try await ServedManagement.run(of: FixedGateway()) { server in
            for (name, status) in [
                ("a.gw.example", 200), ("not%20a%20name", 400), ("10.77.0.1", 400), ("::1", 400),
            ] {
                let answer = try await server.get("/v1/certificates?name=\(name)")
                #expect(answer.status == status, "\(name)")
            }
        }
    }
}

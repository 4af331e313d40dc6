import Addresses
import CIDRTrie
import Core
import Testing

@testable import Control

@Suite("What the API answers about who may pass")
struct PolicyRoutesTests {
    private struct Success<Value: Decodable & Sendable>: Decodable, Sendable {
        var success: Bool
        var data: Value
    }

    private static let sessions = ["A", "B", "A"].enumerated().map { index, warehouse in
        Session(
            connection: UInt64(index),
            warehouse: warehouse,
            listener: "127.0.0.1:9030",
            link: .public,
            peer: SocketAddress(.v4(IPv4Address(10, 0, 0, UInt8(index))), port: 1),
            client: SocketAddress(.v4(IPv4Address(10, 0, 0, UInt8(index))), port: 1),
            startedAt: UnixTime(seconds: 1_795_428_000)
        )
    }

    @Test("Sessions are listed as a filter and a limit say, and all that match are counted")
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
        "A filter that is not understood is refused, and closes nothing",
        arguments: [
            ("?warehose=A", "InvalidFilter"), ("?source=10.0.0.1%2F8", "InvalidFilter"),
            ("?warehouse=A&warehouse=B", "InvalidFilter"), ("?idle=5", "InvalidFilter"),
            ("?link=privat", "InvalidFilter"), ("?limit=-1&warehouse=A", "InvalidRequest"),
            ("?limit=1000000000&warehouse=A", "InvalidRequest"), ("", "FilterRequired"),
            ("?all=yes", "FilterRequired"), ("?limit=5", "FilterRequired"),
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

    @Test("Sessions are closed by a filter, or all of them where that is said")
    func close() async throws {
        let gateway = FixedGateway(sessions: Self.sessions)
        try await ServedManagement.run(of: gateway) { server in
            let some = try await server.ask("DELETE", "/v1/sessions?warehouse=A")
            #expect(try some.decoded(as: Success<SessionList>.self).data.total == 2)
            let all = try await server.ask("DELETE", "/v1/sessions?all=true")
            #expect(try all.decoded(as: Success<SessionList>.self).data.total == 3)
        }
        #expect(gateway.closings.map(\.warehouse) == ["A", nil])
    }

    @Test("Sessions are closed by those on this machine only, who ask by its address")
    func closingFromElsewhere() async throws {
        let gateway = FixedGateway(sessions: Self.sessions)
        try await ServedManagement.run(of: gateway) { server in
            for host in ["evil.example", "evil.example:7080", "127.0.0.1.evil.example"] {
                let answer = try await server.ask("DELETE", "/v1/sessions?all=true", host: host)
                #expect(answer.status == 403, "\(host)")
            }
        }
        try await ServedManagement.run(of: gateway, allowsClosing: false) { server in
            let answer = try await server.ask("DELETE", "/v1/sessions?all=true")
            #expect(answer.status == 403)
            #expect(try await server.get("/v1/sessions").status == 200)
        }
        #expect(gateway.closings == [])
    }

    @Test("Denials come with their times as RFC 3339 writes them, so many as are asked for")
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
            let answer = try await server.get("/v1/denials?limit=2")
            #expect(
                try answer.decoded(as: Success<[DenialRecord]>.self).data
                    == denials.prefix(2).map { $0 }
            )
            #expect(answer.body.contains("\"lastSeen\":\"2026-11-23T10:00:00Z\""))
        }
    }

    @Test("An explanation needs a warehouse that is there, and an address")
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
}

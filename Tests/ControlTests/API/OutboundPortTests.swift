import Addresses
import FreePorts
import Operations
import Policy
import Settings
import Store
import Synchronization
import Testing
import Text
import Time
import Traffic

@testable import Control

private let endpoints = "/v1/private-link/warehouses/W1/outbound-endpoints"
private let id = "6a7f0c9e-1111-4222-8333-444455556666"

/// Whether a port is free must decide neither who may connect nor what an answer says is stored.
@Suite("Outbound endpoints whose port is taken", .timeLimit(.minutes(2)))
struct OutboundPortTests {
    private static let address = IPAddress.v4(IPv4Address(127, 0, 0, 1))

    private let enforcement = FakeGateway()
    private let stored: StoredGateway
    private let listen: SocketAddress

    init() throws {
        let port = try Ports.free()
        listen = SocketAddress(Self.address, port: port)
        stored = try StoredGateway(
            outbound: OutboundNetwork(
                listen: Self.address,
                ports: port...port,
                sources: [CIDRBlock(containing: Self.address, prefixLength: 8)]
            ),
            enforcement: enforcement
        )
    }

    /// The outbound listeners that are served.
    private var served: [SocketAddress] {
        enforcement.reloads.withLock { reloads in
            reloads.last?.topology.listeners.filter { $0.link == .outbound }.map(\.address) ?? []
        }
    }

    private func prepare(_ api: APIClient) async throws {
        try await api.expect(
            200,
            nil,
            "POST",
            "/v1/private-link/endpoint-services",
            [
                "cloudProvider": "aws", "region": "eu-west-1", "endpointServiceId": "vpce-svc-1",
                "endpointServiceName": "ledger",
            ]
        )
    }

    private let body: JSONValue = [
        "name": "ledger", "serviceId": "vpce-svc-1", "address": "db.example:5432",
    ]

    @Test("It is stored, and the answer and its repetition name what is not open, and why")
    func answers() async throws {
        try await stored.run { api in
            try await prepare(api)
            enforcement.taken.withLock { _ = $0.insert(listen) }
            for _ in 0..<2 {
                let answer = try await api.expect(201, nil, "POST", endpoints, body, id: id)
                let warning = answer.data["effect", "warnings"]?.array?.first?.string ?? ""
                #expect(warning.hasPrefix("the endpoint is stored, but cannot be used yet"))
                #expect(warning.contains("cannot listen on \(listen)"), "\(warning)")
                #expect(warning.contains("in use") && warning.contains("tries again"))
            }
            #expect(stored.store.policy.warehouses["W1"]?.outboundEndpoints.count == 1)
            #expect(served.isEmpty)

            let view = try await api.get("\(endpoints)/ledger")
            #expect(view["connectivity"] == "unreachable")
            #expect(view["lastFailure"]?.string?.contains("in use") == true)
            let listeners = try await api.get("/v1/status")["listeners"]?.array ?? []
            let listener = try #require(
                listeners.first { $0["address"]?.string == listen.description }
            )
            #expect(listener["failure"]?.string?.contains("in use") == true)
            #expect(listener["link"] == "outbound" && listener["warehouse"] == "W1")
            let metrics = try await api.send("GET", "/metrics").text
            #expect(metrics.contains("sluice_outbound_listeners_closed 1"))
        }
    }

    @Test("The whitelist is enforced nevertheless")
    func whitelist() async throws {
        try await stored.run { api in
            try await prepare(api)
            enforcement.taken.withLock { _ = $0.insert(listen) }
            try await api.expect(201, nil, "POST", endpoints, body)
            let path = "/v1/warehouses/W1/whitelist"
            let answer = try await api.expect(200, nil, "PATCH", path, ["mode": "nowhere"])
            #expect(answer.data["effect", "warnings"] == [])
            #expect(stored.gateway.policy["W1"].whitelist.mode == .nowhere)
        }
    }

    @Test("The listener is opened once the port is free, and nothing is reported any longer")
    func retry() async throws {
        try await stored.run { api in
            try await prepare(api)
            enforcement.taken.withLock { _ = $0.insert(listen) }
            try await api.expect(201, nil, "POST", endpoints, body, id: id)
            enforcement.taken.withLock { $0 = [] }
            while served != [listen] { try await Task.sleep(for: .milliseconds(20)) }
            while !stored.writer.closedListeners.isEmpty {
                try await Task.sleep(for: .milliseconds(20))
            }
            let repeated = try await api.expect(201, nil, "POST", endpoints, body, id: id)
            #expect(repeated.data["effect", "warnings"] == [])
            #expect(try await api.get("\(endpoints)/ledger")["connectivity"] == "unknown")
        }
    }

    @Test("An endpoint that is removed is no longer tried")
    func removal() async throws {
        try await stored.run { api in
            try await prepare(api)
            enforcement.taken.withLock { _ = $0.insert(listen) }
            try await api.expect(201, nil, "POST", endpoints, body)
            try await api.expect(200, nil, "DELETE", "\(endpoints)/ledger")
            #expect(stored.writer.closedListeners.isEmpty)
        }
    }

    @Test("Retries wait longer each time, and at most half a minute")
    func delays() throws {
        let listener = OutboundNetwork(listen: Self.address, ports: 1...1, sources: [])
            .listener(of: "W1", port: 1, to: try #require(BackendAddress(written: "a.example:1")))
        let closed = OutboundPorts.Closed(
            listener: listener,
            reason: "in use",
            since: .init(seconds: 0)
        )
        var ports = OutboundPorts(wanted: [listener])
        #expect(ports.scheduleRetry() == nil)
        let (new, gone) = ports.record([closed])
        #expect(new == [closed] && gone == [])
        var delays: [Int?] = []
        for _ in 0..<7 {
            delays.append(ports.scheduleRetry())
            #expect(ports.scheduleRetry() == nil, "one is scheduled")
            #expect(ports.beginRetry() == [listener.address])
            ports.recordTakenPorts()
        }
        #expect(delays == [1, 2, 4, 8, 16, 30, 30])
        let end = ports.record([])
        #expect(end.closed == [] && end.gone == [closed])
        #expect(ports.scheduleRetry() == nil)
    }
}

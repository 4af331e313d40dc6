import MySQLProtocol
import SeededRandom
import Testing
import Text
import Traffic

@Suite("The servers that a front end lists")
struct LearnedServersTests {
    /// Doris' BackendsProcDir.
    private static let dorisColumns = [
        "BackendId", "Host", "HeartbeatPort", "BePort", "HttpPort", "BrpcPort",
        "ArrowFlightSqlPort",
        "LastStartTime", "LastHeartbeat", "Alive", "SystemDecommissioned", "TabletNum",
        "DataUsedCapacity", "TrashUsedCapacity", "AvailCapacity", "TotalCapacity", "UsedPct",
        "MaxDiskUsedPct", "RemoteUsedCapacity", "Tag", "ErrMsg", "Version", "Status",
        "HeartbeatFailureCounter", "CpuCores", "Memory", "RunningTasks", "NodeRole",
    ]
    /// An older Doris' FrontendsProcNode.
    private static let frontendColumns = [
        "Name", "IP", "HostName", "EditLogPort", "HttpPort", "QueryPort", "RpcPort", "Role",
        "IsMaster", "ClusterId", "Join", "Alive", "ReplayedJournalId", "LastHeartbeat", "IsHelper",
        "ErrMsg", "Version", "CurrentConnected",
    ]
    /// A newer one's.
    private static let newFrontendColumns = [
        "Name", "Host", "EditLogPort", "HttpPort", "QueryPort", "RpcPort", "ArrowFlightSqlPort",
        "Role", "IsMaster", "ClusterId", "Join", "Alive", "ReplayedJournalId", "LastStartTime",
        "LastHeartbeat", "IsHelper", "ErrMsg", "Version", "CurrentConnected",
    ]
    /// StarRocks' compute nodes.
    private static let computeNodeColumns = [
        "ComputeNodeId", "IP", "HeartbeatPort", "BePort", "HttpPort", "BrpcPort", "LastStartTime",
        "LastHeartbeat", "Alive", "SystemDecommissioned", "ClusterDecommissioned", "ErrMsg",
        "Version", "CpuCores", "MemLimit",
    ]

    private static func table(_ columns: [String], _ rows: [[String: String]]) -> MySQLTable {
        MySQLTable(columns: columns, rows: rows.map { row in columns.map { row[$0] ?? "" } })
    }

    private static func places(_ tables: MySQLTable?...) throws -> [String] {
        try LearnedServers(tables).places.map(\.description)
    }

    @Test("Backends of Doris, with the endpoints among their tags")
    func backends() throws {
        let tag = """
            {"location" : "default", "public_endpoint" : "203.0.113.7:18040",
            "private_endpoint" : "be-1.internal:28040", "compute_group" : "a:1"}
            """
        let table = Self.table(
            Self.dorisColumns,
            [
                ["Host": "10.0.0.7", "HttpPort": "8040", "BePort": "9060", "Tag": tag],
                ["Host": "be-2", "HttpPort": "8041", "Tag": #"{"location" : "default"}"#],
                ["Host": "2001:db8::7", "HttpPort": "8040", "Tag": "not JSON"],
                ["Host": "10.0.0.7", "HttpPort": "8040"],
            ]
        )
        #expect(
            try Self.places(table) == [
                "10.0.0.7:8040", "be-2:8041", "[2001:db8::7]:8040", "be-1.internal:28040",
                "203.0.113.7:18040",
            ]
        )
    }

    @Test("Front ends by address and by name, in either version")
    func frontends() throws {
        let row = ["IP": "10.0.0.1", "HostName": "fe-1", "Host": "fe-1", "HttpPort": "8030"]
        #expect(
            try Self.places(Self.table(Self.frontendColumns, [row]))
                == ["10.0.0.1:8030", "fe-1:8030"]
        )
        #expect(try Self.places(Self.table(Self.newFrontendColumns, [row])) == ["fe-1:8030"])
        let secure = Self.table(
            ["Host", "HttpPort", "HttpsPort"],
            [row.merging(["HttpsPort": "8050"]) { $1 }]
        )
        #expect(try Self.places(secure) == ["fe-1:8030", "fe-1:8050"])
    }

    @Test("What one kind of warehouse does not know is no obstacle")
    func refused() throws {
        let nodes = Self.table(
            Self.computeNodeColumns,
            [["IP": "10.0.0.9", "HttpPort": "8040"]]
        )
        let empty = Self.table(Self.dorisColumns, [])
        #expect(try Self.places(nil, nodes, nil) == ["10.0.0.9:8040"])
        #expect(try Self.places(empty, nodes) == ["10.0.0.9:8040"])
        #expect(throws: LearnedServersError.nothing) { try Self.places(nil, nil, nil) }
        #expect(throws: LearnedServersError.empty) { try Self.places(empty, nil) }
    }

    @Test("Columns are found by name, never by position")
    func moved() throws {
        let table = MySQLTable(columns: ["HTTPPORT", "x", "host"], rows: [["8040", nil, "be-1"]])
        #expect(try Self.places(table) == ["be-1:8040"])
        let nameless = MySQLTable(columns: ["HttpPort"], rows: [["8040"]])
        #expect(throws: LearnedServersError.missing("Host")) { try Self.places(nameless) }
        let portless = MySQLTable(columns: ["Host"], rows: [["be-1"]])
        #expect(throws: LearnedServersError.missing("HttpPort")) { try Self.places(portless) }
    }

    @Test(
        "A server without a valid address is passed over",
        arguments: [
            ("", "8040"), ("be 1", "8040"), ("be-1:8040", "8040"), ("u:p@be-1", "8040"),
            ("12345", "8040"), ("0x7f000001/", "8040"), ("be-1", ""), ("be-1", "0"), ("be-1", "-1"),
            ("be-1", "65536"), ("be-1", "8040x"), ("fe80::1%eth0", "8040"), ("é", "8040"),
            ("10.0.0.256", "8040"), ("010.0.0.1", "8040"),
        ]
    )
    func invalid(host: String, port: String) throws {
        let good = ["Host": "good", "HttpPort": "1"]
        let bad = ["Host": host, "HttpPort": port]
        #expect(try Self.places(Self.table(Self.dorisColumns, [bad, good])) == ["good:1"])
        let json =
            #"{"data":{"backends":[{"ip":\#(JSONValue.string(host).text),"http_port":"\#(port)"},{"ip":"good","http_port":1}]}}"#
        #expect(try Self.list(json) == ["good:1"])
    }

    private static func list(_ json: String) throws -> [String] {
        try LearnedServers(backendList: Array(json.utf8)).places.map(\.description)
    }

    @Test("The answer of /api/backends, wrapped or not")
    func backendList() throws {
        let backends =
            #"{"backends":[{"ip":"10.0.0.7","http_port":8040,"is_alive":true},{"ip":"be-2","http_port":8041,"is_alive":false}]}"#
        let expected = ["10.0.0.7:8040", "be-2:8041"]
        #expect(
            try Self.list(#"{"msg":"success","code":0,"data":\#(backends),"count":0}"#) == expected
        )
        #expect(try Self.list(backends) == expected)
    }

    @Test("An answer without a list says why")
    func badList() {
        let denied = #"{"msg":"Unauthorized","code":401,"data":"Access denied","count":0}"#
        #expect(throws: LearnedServersError.refused(code: "401")) { try Self.list(denied) }
        #expect(throws: LearnedServersError.missing("backends")) { try Self.list(#"{"code":0}"#) }
        #expect(throws: LearnedServersError.missing("backends")) { try Self.list("[]") }
        #expect(throws: LearnedServersError.empty) { try Self.list(#"{"backends":[]}"#) }
        #expect(throws: LearnedServersError.empty) { try Self.list(#"{"backends":[1,null,{}]}"#) }
        #expect(throws: LearnedServersError.badJSON(.unexpectedEnd)) { try Self.list("") }
        #expect(throws: LearnedServersError.self) { try Self.list("<html>") }
        #expect(throws: LearnedServersError.self) {
            try Self.list(String(repeating: "[", count: 1_000_000))
        }
    }

    @Test("At most 1,024 servers are kept, each once")
    func bounded() throws {
        let rows = (0..<5_000).map { ["Host": "be-\($0 / 2)", "HttpPort": "8040"] }
        #expect(try Self.places(Self.table(Self.dorisColumns, rows)).count == 1_024)
    }

    @Test("Lists of any kind are read or refused", arguments: SeededGenerator.seeds)
    func anything(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let json = Array(
            #"{"msg":"success","code":0,"data":{"backends":[{"ip":"10.0.0.7","http_port":8040}]}}"#
                .utf8
        )
        for _ in 0..<3_000 {
            var bytes = json
            for _ in 0..<Int.random(in: 1..<4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                    UInt8.random(in: 0...255, using: &random)
            }
            // `try?`: what is refused is of no further interest.
            let servers = try? LearnedServers(backendList: bytes)
            #expect(servers?.places.allSatisfy { $0.port > 0 } != false)
        }
    }
}

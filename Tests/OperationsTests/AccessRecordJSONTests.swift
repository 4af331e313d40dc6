import Addresses
import Foundation
import Operations
import Policy
import SeededRandom
import Settings
import TestInputs
import Testing
import Traffic

@Suite("A line of the access log")
struct AccessRecordJSONTests {
    private func record() throws -> AccessRecord {
        var record = AccessRecord(peer: try SocketAddress(parsing: "10.0.0.9:40000"))
        record.acceptedAtMicroseconds = 1_795_428_000_123_456
        record.connection = 257
        record.warehouse = "AWVA7CM7"
        record.listener = "0.0.0.0:9030"
        record.client = try SocketAddress(parsing: "[2001:db8::7]:51000")
        record.rule = try CIDRBlock(parsing: "2001:db8::/32")
        record.backend = try SocketAddress(parsing: "127.0.0.1:3306")
        record.bytesIn = 12
        record.bytesOut = .max
        record.durationMicroseconds = 1_002_003
        return record
    }

    private func line(_ record: AccessRecord) -> String {
        var bytes: [UInt8] = []
        record.appendJSON(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What another reader finds in it.
    private struct Fields: Decodable {
        var warehouse: String?
        var link: String
        var endpoint: String?
        var cloud: String?
        var verdict: String
        var rule: String?
        var reason: String?
        var backend: String?
        var end: String
        var shadow: String?
        var detail: String?
    }

    @Test("A client that shadow mode admits is allowed, with the reason in a field of its own")
    func shadow() throws {
        var record = try record()
        #expect(!line(record).contains("shadow"))
        record.shadow = .notInWhitelist
        let fields = try fields(record)
        #expect(fields.shadow == "notInWhitelist" && fields.reason == nil)
        #expect(fields.verdict == "allow")
    }

    private func fields(_ record: AccessRecord) throws -> Fields {
        try JSONDecoder().decode(Fields.self, from: Data(line(record).utf8))
    }

    @Test("It has the documented keys in the documented order, and null if one does not apply")
    func admitted() throws {
        let expected = """
            {"time":"2026-11-23T10:00:00.123456Z","connection":257,"warehouse":"AWVA7CM7",\
            "listener":"0.0.0.0:9030","protocol":"tcp","link":"public","peer":"10.0.0.9:40000",\
            "client":"[2001:db8::7]:51000","endpoint":null,"verdict":"allow",\
            "rule":"2001:db8::/32","reason":null,"backend":"127.0.0.1:3306","bytesIn":12,\
            "bytesOut":18446744073709551615,"durationMs":1002.003,"end":"finished"}

            """
        #expect(line(try record()) == expected)
    }

    @Test("An HTTP request's record has what is known of it, and nothing else")
    func request() throws {
        var record = try record()
        var http = HTTPRequestRecord()
        http.method = "PUT"
        record.request = AccessRecord.Request(number: 2, http: http)
        #expect(
            line(record).contains(
                #","request":2,"title":"PUT other","http":{"method":"PUT","pathClass":"other"}}"#
            )
        )
        http.pathClass = .streamLoad
        (http.database, http.table, http.label) = ("sales", #"a"b"#, "l\n1")
        (http.status, http.loadStatus) = (200, "Publish Timeout")
        http.hops = [
            HTTPRequestRecord.Hop(target: "fe-1:8030", milliseconds: 3),
            HTTPRequestRecord.Hop(target: "10.0.0.7:8040", milliseconds: 1_200),
        ]
        record.request = AccessRecord.Request(number: 2, http: http)
        let expected =
            #","http":{"method":"PUT","pathClass":"streamLoad","database":"sales","#
            + #""table":"a\"b","label":"l\n1","status":200,"loadStatus":"Publish Timeout","#
            + #""hops":[{"target":"fe-1:8030","durationMs":3},"#
            + #"{"target":"10.0.0.7:8040","durationMs":1200}]}"#
        #expect(line(record).contains(expected), "\(line(record))")
    }

    @Test("A denial has its reason, and a detail only if there is one")
    func denied() throws {
        var record = try record()
        record.link = .private
        record.endpoint = EndpointName(.aws, "vpce-0123456789abcdef0")
        record.verdict = .deny
        record.rule = nil
        record.reason = .badProxyHeader
        record.backend = nil
        record.end = .denied
        record.detail = "byte 13 says \"3\""
        let fields = try fields(record)
        #expect(fields.link == "private")
        #expect(fields.endpoint == "vpce-0123456789abcdef0")
        #expect(fields.cloud == "aws", "two clouds may give out the same id")
        #expect(fields.verdict == "deny")
        #expect(fields.rule == nil)
        #expect(fields.reason == "badProxyHeader")
        #expect(fields.backend == nil)
        #expect(fields.end == "denied")
        #expect(fields.detail == "byte 13 says \"3\"")
    }

    @Test("Lines follow each other, each with its line feed")
    func lines() throws {
        var bytes: [UInt8] = Array("before\n".utf8)
        for _ in 0..<3 { try record().appendJSON(to: &bytes) }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix("before\n{") && text.hasSuffix("}\n"))
        #expect(text.split(separator: "\n").count == 4)
    }

    @Test(
        "No text ends the line or its string, and each is read back",
        arguments: SeededGenerator.seeds
    )
    func hostile(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var record = try record()
            record.warehouse = generator.hostileText()
            record.endpoint = EndpointName(.gcp, generator.hostileText())
            record.detail = "-" + generator.hostileText()
            let text = line(record)
            #expect(text.utf8.count { $0 < 0x20 } == 1, "the line feed alone; seed \(seed)")
            let fields = try fields(record)
            #expect(fields.warehouse ?? "" == record.warehouse, "seed \(seed)")
            #expect(fields.endpoint == record.endpoint?.id, "seed \(seed)")
            #expect(fields.detail == record.detail, "seed \(seed)")
        }
    }

    @Test(
        "A duration has three decimals, and is absent if the clock went back",
        arguments: [
            (0, "0.000"), (7, "0.007"), (999, "0.999"), (1_000, "1.000"), (60_000_010, "60000.010"),
            (-5, "0.000"), (.max, "9223372036854775.807"),
        ] as [(Int64, String)]
    )
    func durations(microseconds: Int64, text: String) throws {
        var record = try record()
        record.durationMicroseconds = microseconds
        #expect(line(record).contains("\"durationMs\":\(text),\"end\""))
    }
}

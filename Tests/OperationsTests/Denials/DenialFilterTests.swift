import Addresses
import CIDRTrie
import Operations
import Policy
import Testing
import Time

@Suite("Filters of denials")
struct DenialFilterTests {
    private let now = UnixTime(seconds: 1_795_428_000)

    private func record(_ source: String, lastSeen: Int64 = 0) throws -> DenialRecord {
        DenialRecord(
            warehouse: "W",
            listener: "0.0.0.0:9030",
            source: try CIDRBlock(parsing: source),
            endpoint: EndpointName(.azure, "99"),
            reason: .noEndpoint,
            firstSeen: UnixTime(seconds: 0),
            lastSeen: UnixTime(seconds: now.seconds - lastSeen)
        )
    }

    private func matches(_ key: String, _ value: String, _ record: DenialRecord) throws -> Bool {
        try DenialFilter(query: [(key: key, value: value)], at: now).matches(record)
    }

    @Test("Each part is compared with the record's value")
    func parts() throws {
        let record = try record("10.0.0.1/32")
        for (key, value, other) in [
            ("warehouse", "W", "w"), ("listener", "0.0.0.0:9030", "9030"),
            ("source", "10.0.0.0/8", "11.0.0.0/8"), ("source", "10.0.0.1", "10.0.0.2"),
            ("endpoint", "azure:99", "gcp:99"), ("endpoint", "99", "9"),
            ("reason", "noEndpoint", "notInWhitelist"),
        ] {
            #expect(try matches(key, value, record) && !matches(key, other, record), "\(key)")
        }
    }

    @Test("unrouted matches clients that reached no warehouse")
    func unrouted() throws {
        var record = try record("10.0.0.1/32")
        #expect(try !matches("unrouted", "true", record) && matches("unrouted", "false", record))
        record.warehouse = nil
        #expect(try matches("unrouted", "true", record))
    }

    @Test("An IPv6 source is a /64, which an address in it means too")
    func network() throws {
        let record = try record("2001:db8::/64")
        #expect(try matches("source", "2001:db8::7", record))
        #expect(try matches("source", "2001:db8::/32", record))
        #expect(try !matches("source", "2001:db8:0:1::7", record))
    }

    @Test("since is a duration before now, or a time")
    func since() throws {
        let record = try record("10.0.0.1/32", lastSeen: 600)
        #expect(try matches("since", "10m", record) && !matches("since", "9m59s", record))
        #expect(try matches("since", "2026-11-23T09:50:00Z", record))
        #expect(try !matches("since", "2026-11-23T09:50:01Z", record))
    }

    @Test(
        "An invalid filter matches nothing: it is an error that names the key",
        arguments: [
            ("since", "yesterday"), ("since", "5"), ("source", "10.0.0"), ("reason", "bad"),
            ("endpoint", "amazon:1"), ("endpoint", ""), ("warehose", "W"),
        ]
    )
    func invalid(key: String, value: String) {
        let error = #expect(throws: FilterQueryError.self) {
            try matches(key, value, record("::/64"))
        }
        #expect(error?.description.contains(key) == true)
    }
}

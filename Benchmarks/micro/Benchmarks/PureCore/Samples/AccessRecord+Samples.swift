import Addresses
import Operations

extension AccessRecord {
    /// An answered query, from a client behind a load balancer.
    static func admitted() throws -> AccessRecord {
        var record = try sample(client: "203.0.113.7:51000")
        record.rule = try CIDRBlock(parsing: "203.0.113.0/24")
        record.backend = try SocketAddress(parsing: "10.0.0.5:9030")
        record.bytesIn = 1_337
        record.bytesOut = 48_151_623
        record.durationMicroseconds = 1_234_567
        return record
    }

    static func denied() throws -> AccessRecord {
        var record = try sample(client: "[2001:db8::7]:51000")
        record.verdict = .deny
        record.reason = .notInWhitelist
        record.end = .denied
        record.unlogged = 42
        return record
    }

    private static func sample(client: String) throws -> AccessRecord {
        var record = AccessRecord(peer: try SocketAddress(parsing: "10.0.0.9:40000"))
        record.acceptedAtMicroseconds = Sample.now.seconds * 1_000_000 + 123_456
        record.connection = 257
        record.warehouse = "AWVA7CM7"
        record.listener = "0.0.0.0:9030"
        record.client = try SocketAddress(parsing: client)
        return record
    }
}

import Addresses
import CIDRTrie
import FoundationEssentials
import GRDB
import Policy
import Time

// MARK: - Documents

extension PolicyRows {
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(
        _ document: String,
        _ checksum: Int64,
        of table: String,
        id: String
    ) throws -> Value {
        try check(checksum, of: table, [.text(id), .text(document)])
        return try JSONDecoder().decode(Value.self, from: Data(document.utf8))
    }

    static func write(_ endpoint: Endpoint, of warehouse: String, to database: Database) throws {
        try write(
            endpoint,
            key: [warehouse, endpoint.cloud.rawValue, endpoint.id],
            to: "endpoint",
            database
        )
    }

    static func write(_ service: EndpointService, of warehouse: String, to database: Database)
        throws
    {
        try write(
            service,
            key: [warehouse, service.cloud.rawValue, service.id],
            to: "endpointService",
            database
        )
    }

    private static func write(
        _ value: some Encodable,
        key: [String],
        to table: String,
        _ database: Database
    ) throws {
        let document = try json(value)
        let id = key.joined(separator: "\u{0}")
        let checksum = RowChecksum.of(table, [.text(id), .text(document)])
        try database.execute(
            sql: """
                INSERT INTO \(table) (warehouse, cloud, id, document, checksum)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (warehouse, cloud, id) DO UPDATE
                SET document = excluded.document, checksum = excluded.checksum
                """,
            arguments: StatementArguments(key) + [document, checksum]
        )
    }

    static func remove(
        _ name: EndpointName,
        from table: String,
        of warehouse: String,
        in database: Database
    ) throws {
        try database.execute(
            sql: "DELETE FROM \(table) WHERE warehouse = ? AND cloud = ? AND id = ?",
            arguments: [warehouse, name.cloud.rawValue, name.id]
        )
    }

    static func readDocuments<Value: Decodable>(
        of table: String,
        from database: Database,
        _ take: (_ warehouse: String, Value) throws -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT warehouse, cloud, id, document, checksum FROM \(table) ORDER BY 1, 2, 3"
        )
        while let row = try rows.next() {
            let key: [String] = try [row.value(0), row.value(1), row.value(2)]
            let id = key.joined(separator: "\u{0}")
            try take(key[0], decode(row.value(3), row.value(4), of: table, id: id))
        }
    }

    static func write(_ service: OutboundService, to database: Database) throws {
        let document = try json(service)
        let checksum = RowChecksum.of(
            "outboundService",
            [.text(service.id), .text(document)]
        )
        try database.execute(
            sql: """
                INSERT INTO outboundService (id, document, checksum) VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE
                SET document = excluded.document, checksum = excluded.checksum
                """,
            arguments: [service.id, document, checksum]
        )
    }
}

// MARK: - Outbound endpoints

extension PolicyRows {
    static func write(_ endpoint: OutboundEndpoint, of warehouse: String, to database: Database)
        throws
    {
        let document = try json(endpoint)
        let key = [warehouse, endpoint.id, endpoint.service]
        let id = key.joined(separator: "\u{0}")
        try database.execute(
            sql: """
                INSERT INTO outboundEndpoint (warehouse, id, service, document, checksum)
                VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (warehouse, id) DO UPDATE SET service = excluded.service,
                document = excluded.document, checksum = excluded.checksum
                """,
            arguments: StatementArguments(key) + [
                document, RowChecksum.of("outboundEndpoint", [.text(id), .text(document)]),
            ]
        )
    }

    static func readOutboundEndpoints(
        of policy: inout StoredPolicy,
        from database: Database
    ) throws {
        let table = "outboundEndpoint"
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT warehouse, id, service, document, checksum FROM \(table)"
        )
        while let row = try rows.next() {
            let key: [String] = try [row.value(0), row.value(1), row.value(2)]
            let id = key.joined(separator: "\u{0}")
            let endpoint: OutboundEndpoint = try decode(
                row.value(3),
                row.value(4),
                of: table,
                id: id
            )
            guard policy.warehouses[key[0]] != nil, endpoint.id == key[1],
                endpoint.service == key[2],
                policy.outboundServices.contains(where: { $0.id == endpoint.service })
            else { throw DamagedRow(table: table, reason: "unknown warehouse or service") }
            policy.warehouses[key[0]]?.outboundEndpoints.append(endpoint)
        }
        for id in policy.warehouses.keys { policy.warehouses[id]?.sortLinks() }
    }
}

// MARK: - Shadow mode

extension PolicyRows {
    static func write(
        shadowOf listener: SocketAddress,
        until end: UnixTime,
        of warehouse: String,
        to database: Database
    ) throws {
        let fields: [RowChecksum.Field] = [
            .text(warehouse), .text("\(listener)"), .number(end.seconds),
        ]
        try database.execute(
            sql: """
                INSERT INTO shadow (warehouse, listener, endsAt, checksum) VALUES (?, ?, ?, ?)
                ON CONFLICT (warehouse, listener) DO UPDATE
                SET endsAt = excluded.endsAt, checksum = excluded.checksum
                """,
            arguments: [
                warehouse, "\(listener)", end.seconds, RowChecksum.of("shadow", fields),
            ]
        )
    }

    static func removeShadow(
        of listener: SocketAddress,
        of warehouse: String,
        in database: Database
    ) throws {
        try database.execute(
            sql: "DELETE FROM shadow WHERE warehouse = ? AND listener = ?",
            arguments: [warehouse, "\(listener)"]
        )
    }

    static func readShadows(of policy: inout StoredPolicy, from database: Database) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT warehouse, listener, endsAt, checksum FROM shadow"
        )
        while let row = try rows.next() {
            let (id, listener): (String, String) = try (row.value(0), row.value(1))
            let end: Int64 = try row.value(2)
            try check(
                row.value(3),
                of: "shadow",
                [.text(id), .text(listener), .number(end)]
            )
            guard policy.warehouses[id] != nil else {
                throw DamagedRow(table: "shadow", reason: "unknown warehouse")
            }
            policy.warehouses[id]?.shadows[try SocketAddress(parsing: listener)] =
                UnixTime(seconds: end)
        }
    }
}

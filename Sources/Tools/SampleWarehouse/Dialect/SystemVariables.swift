import GRDB

/// The system variables that clients and drivers read when they connect.
enum SystemVariables {
    /// Also sent in the greeting. Drivers parse the number; people read the rest.
    static let version = "8.0.36-sluice-sample"

    static let all: [String: DatabaseValue] = numbers.mapValues(\.databaseValue)
        .merging(texts.mapValues(\.databaseValue)) { number, _ in number }

    private static let numbers: [String: Int64] = [
        "auto_increment_increment": 1,
        "autocommit": 1,
        "interactive_timeout": 28_800,
        "lower_case_table_names": 0,
        "max_allowed_packet": Int64(MySQLSession.packetLimit),
        "max_connections": Int64(SampleWarehouse.connectionLimit),
        "net_buffer_length": 16_384,
        "net_write_timeout": 60,
        "performance_schema": 0,
        "protocol_version": 10,
        "query_cache_size": 0,
        "transaction_read_only": 0,
        "tx_read_only": 0,
        "wait_timeout": 28_800,
    ]

    private static let texts = [
        "character_set_client": "utf8mb4",
        "character_set_connection": "utf8mb4",
        "character_set_database": "utf8mb4",
        "character_set_results": "utf8mb4",
        "character_set_server": "utf8mb4",
        "collation_connection": "utf8mb4_general_ci",
        "collation_database": "utf8mb4_general_ci",
        "collation_server": "utf8mb4_general_ci",
        "have_ssl": "DISABLED",
        "hostname": "sample-warehouse",
        "init_connect": "",
        "license": "Apache-2.0",
        "query_cache_type": "OFF",
        "sql_mode": "STRICT_TRANS_TABLES",
        "system_time_zone": "UTC",
        "time_zone": "+00:00",
        "transaction_isolation": "READ-COMMITTED",
        "tx_isolation": "READ-COMMITTED",
        "version": version,
        "version_comment": "Sluice sample warehouse",
    ]

    /// The value of the system variable `name`, in lower case.
    static func value(of name: String) throws(SQLError) -> DatabaseValue {
        guard let value = all[name] else { throw .unknownVariable(name) }
        return value
    }
}

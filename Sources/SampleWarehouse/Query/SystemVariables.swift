/// The system variables that clients and drivers ask for when they connect.
enum SystemVariables {
    /// What the greeting says too. Drivers parse the number; people read the rest.
    static let version = "8.0.36-sluice-sample"

    static let all: [String: SQLValue] = [
        "auto_increment_increment": .integer(1),
        "autocommit": .integer(1),
        "character_set_client": .text("utf8mb4"),
        "character_set_connection": .text("utf8mb4"),
        "character_set_database": .text("utf8mb4"),
        "character_set_results": .text("utf8mb4"),
        "character_set_server": .text("utf8mb4"),
        "collation_connection": .text("utf8mb4_general_ci"),
        "collation_database": .text("utf8mb4_general_ci"),
        "collation_server": .text("utf8mb4_general_ci"),
        "have_ssl": .text("DISABLED"),
        "hostname": .text("sample-warehouse"),
        "init_connect": .text(""),
        "interactive_timeout": .integer(28_800),
        "license": .text("Apache-2.0"),
        "lower_case_table_names": .integer(0),
        "max_allowed_packet": .integer(Int64(MySQLSession.packetLimit)),
        "max_connections": .integer(Int64(SampleWarehouse.connectionLimit)),
        "net_buffer_length": .integer(16_384),
        "net_write_timeout": .integer(60),
        "performance_schema": .integer(0),
        "protocol_version": .integer(10),
        "query_cache_size": .integer(0),
        "query_cache_type": .text("OFF"),
        "sql_mode": .text("STRICT_TRANS_TABLES"),
        "system_time_zone": .text("UTC"),
        "time_zone": .text("+00:00"),
        "transaction_isolation": .text("READ-COMMITTED"),
        "transaction_read_only": .integer(0),
        "tx_isolation": .text("READ-COMMITTED"),
        "tx_read_only": .integer(0),
        "version": .text(version),
        "version_comment": .text("Sluice sample warehouse"),
        "wait_timeout": .integer(28_800),
    ]

    /// The value of the system variable `name`, in lower case.
    static func value(of name: String) throws(SQLError) -> SQLValue {
        guard let value = all[name] else { throw .unknownVariable(name) }
        return value
    }
}

import MySQLProtocol
import Traffic

/// Why a statement has no answer: MySQL's code and state for it, and its words.
enum SQLError: Error, Equatable {
    /// What the sample warehouse does not understand, from that word on.
    case syntax(near: String)
    case unknownDatabase(String)
    case unknownTable(String, database: String)
    case unknownColumn(String)
    case unknownVariable(String)
    case unknownFunction(String)
    case noDatabaseSelected
    /// A statement that would write.
    case readOnly(String)
    case unknownCommand(UInt8)
    case accessDenied(user: String, host: String, usedPassword: Bool)

    /// As sent after a greeting.
    var packet: MySQLErrorPacket {
        let (code, state, message) = parts
        return MySQLErrorPacket(code: code, sqlState: state, message: message)
    }

    private var parts: (code: UInt16, state: String, message: String) {
        switch self {
        case .syntax(let near):
            (
                1064, "42000",
                "The sample warehouse does not understand this SQL "
                    + (near.isEmpty ? "at its end" : "near '\(near)'")
            )
        case .unknownDatabase(let name):
            (1049, "42000", "Unknown database '\(name)'")
        case .unknownTable(let name, let database):
            (1146, "42S02", "Table '\(database).\(name)' doesn't exist")
        case .unknownColumn(let name):
            (1054, "42S22", "Unknown column '\(name)'")
        case .unknownVariable(let name):
            (1193, "HY000", "Unknown system variable '\(name)'")
        case .unknownFunction(let name):
            (1305, "42000", "FUNCTION \(name) does not exist in the sample warehouse")
        case .noDatabaseSelected:
            (1046, "3D000", "No database selected")
        case .readOnly(let statement):
            (1290, "HY000", "The sample warehouse is read-only: it runs no \(statement)")
        case .unknownCommand(let command):
            (1047, "08S01", "Unknown command \(command)")
        case .accessDenied(let user, let host, let usedPassword):
            (
                MySQLErrorPacket.accessDenied, "28000",
                "Access denied for user '\(user)'@'\(host)' "
                    + "(using password: \(usedPassword ? "YES" : "NO"))"
            )
        }
    }
}

import MySQLProtocol
import Traffic

/// What a client asks after its login (MySQL internals manual, "Text Protocol").
enum MySQLCommand: Equatable {
    case quit
    case useDatabase(String)
    case query(String)
    case listFields(table: String)
    case statistics
    case ping
    case setOption
    case resetConnection
    case unknown(UInt8)

    init(payload: [UInt8]) throws(MySQLWireError) {
        var reader = MySQLPayloadReader(payload)
        switch try reader.byte() {
        case 0x01: self = .quit
        case 0x02: self = .useDatabase(String(decoding: reader.remainingBytes(), as: UTF8.self))
        case 0x03: self = .query(String(decoding: reader.remainingBytes(), as: UTF8.self))
        case 0x04:
            self = .listFields(table: String(decoding: try reader.nullTerminated(), as: UTF8.self))
        case 0x09: self = .statistics
        case 0x0e: self = .ping
        case 0x1b: self = .setOption
        case 0x1f: self = .resetConnection
        case let code: self = .unknown(code)
        }
    }
}

import MySQLProtocol
import Traffic

/// As sent by a client with a password and a database.
private var login: MySQLLogin {
    var login = MySQLLogin(user: "analyst")
    login.capabilities.insert(.connectWithDatabase)
    login.authentication = Array(1...20)
    login.database = "tpch"
    return login
}

private var greeting: MySQLGreeting {
    MySQLGreeting(
        serverVersion: "8.0.36",
        connectionID: 7,
        scramble: MySQLScramble(1...20),
        capabilities: [.basicLogin, .connectWithDatabase]
    )
}

private let accessDenied = MySQLErrorPacket(
    code: MySQLErrorPacket.accessDenied,
    sqlState: "28000",
    message: "Access denied for user 'analyst'@'203.0.113.7' (using password: YES)"
)

func measureMySQL() {
    measure("MySQL: a greeting is encoded", each: [greeting]) {
        MySQLPacket(sequence: 0, payload: $0.payload).bytes
    }
    measure("MySQL: a login is encoded", each: [login]) {
        MySQLPacket(sequence: 1, payload: $0.payload).bytes
    }
    measure("MySQL: an error is encoded", each: [accessDenied]) {
        MySQLPacket(sequence: 2, payload: $0.payload).bytes
    }
    measureParsing("a greeting", greeting.payload) { try MySQLGreeting(payload: $0) }
    measureParsing("a login", login.payload) { try MySQLLogin(payload: $0) }
    measureParsing("an error", accessDenied.payload) { MySQLErrorPacket(payload: $0) }
    measure("MySQL: an answer to a query is read", each: [answer]) { bytes in
        var parser = MySQLAnswerParser()
        let progress = try parser.receive(bytes.span)
        require(progress == .complete, "an answer has no end")
        return progress
    }
}

/// To `SELECT 1`, shortened: one column, one row.
private let answer: [UInt8] = {
    let end: [UInt8] = [0xfe, 0, 0, 2, 0]
    let payloads = [[1], [3, 0x64, 0x65, 0x66], end, [1, 0x31], end]
    return payloads.enumerated().flatMap { index, payload in
        MySQLPacket(sequence: UInt8(index + 1), payload: payload).bytes
    }
}()

/// Removes the packet from what was received, and reads it.
@inline(__always)
private func measureParsing<Message>(
    _ message: String,
    _ payload: [UInt8],
    _ read: @escaping ([UInt8]) throws -> Message
) {
    let received = MySQLPacket(sequence: 0, payload: payload).bytes
    measure("MySQL: \(message) is decoded", each: [received]) { received in
        guard case .complete(let packet, _) = try MySQLPacket.decode(received, limit: 16_384)
        else { fatalError("\(message) is no whole packet") }
        return try read(packet.payload)
    }
}

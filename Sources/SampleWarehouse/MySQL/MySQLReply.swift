import MySQLProtocol
import Traffic

/// What a server answers to one packet, and whether it then closes.
struct MySQLReply: Equatable {
    /// The packets, framed and numbered.
    private(set) var bytes: [UInt8] = []
    var closes = false
    private var sequence: UInt8

    /// - Parameter packet: the packet that is answered; the first answer has the next number.
    init(to packet: MySQLPacket) {
        sequence = packet.sequence &+ 1
    }

    mutating func append(_ payload: [UInt8]) {
        bytes += MySQLPacket(sequence: sequence, payload: payload).bytes
        sequence &+= 1
    }

    mutating func append(_ error: SQLError) {
        append(error.packet.payload)
    }

    /// An OK packet: no rows were changed, no warnings; autocommit is on.
    mutating func appendOkay() {
        append([0x00, 0, 0, 2, 0, 0, 0])
    }

    /// An EOF packet: no warnings; autocommit is on.
    mutating func appendEndOfFile() {
        append([0xfe, 0, 0, 2, 0])
    }
}

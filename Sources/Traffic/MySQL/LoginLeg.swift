import MySQLProtocol

/// The packets of one side of a login, which counts its own.
struct LoginLeg: Sendable {
    var packets: MySQLPacketCollector
    /// Of the next packet, whoever sends it.
    var nextSequence: UInt8
    /// Whether the other end may send an error at any time, whatever its number.
    let mayInterrupt: Bool

    /// The next packet, with this payload.
    mutating func packet(_ payload: [UInt8]) -> [UInt8] {
        defer { nextSequence &+= 1 }
        return MySQLPacket(sequence: nextSequence, payload: payload).bytes
    }

    /// The next packet of the other end.
    mutating func next(
        of bytes: Span<UInt8>,
        from position: inout Int
    ) throws(MySQLWireError) -> MySQLPacket? {
        let next = try packets.next(of: bytes, from: &position)
        guard let packet = next else { return nil }
        let isError = packet.payload.first == MySQLErrorPacket.mark
        guard packet.sequence == nextSequence || mayInterrupt && isError else {
            throw .outOfSequence
        }
        nextSequence = packet.sequence &+ 1
        return packet
    }
}

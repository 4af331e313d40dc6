/// Cuts a stream into packets without keeping them: of each it hands over how it begins.
///
/// A result of a million rows passes without a copy and without memory.
struct MySQLPacketScanner {
    /// How much of a packet is handed over, in bytes: enough for every OK and EOF, and for the
    /// words of an ERR.
    static let beginningLimit = 512

    private var header: UInt32 = 0
    private var headerByteCount = 0
    private var remainingByteCount = 0
    /// Whether the packet goes on with the payload of the one before, which was as long as can be.
    private var continues = false
    private var isWithinPayload = false
    private var expectedSequence: UInt8
    private var packet = Packet()

    struct Packet: Equatable {
        var beginning: [UInt8] = []
        /// Of the whole payload, in bytes.
        var byteCount = 0
    }

    /// - Parameter sequence: of the first packet.
    init(sequence: UInt8) {
        expectedSequence = sequence
    }

    /// Makes ready for another exchange, of which `sequence` is the first packet; forgets what has
    /// not come wholly.
    mutating func restart(sequence: UInt8) {
        header = 0
        headerByteCount = 0
        isWithinPayload = false
        expectedSequence = sequence
        packet.beginning.removeAll(keepingCapacity: true)
        packet.byteCount = 0
    }

    /// Takes bytes from `position` on until a packet ends.
    ///
    /// - Returns: that packet; `nil` where it goes on in the next piece.
    mutating func next(
        of bytes: Span<UInt8>,
        from position: inout Int
    ) throws(MySQLFault) -> Packet? {
        while position < bytes.count || isAtEndOfPayload {
            if isAtEndOfPayload {
                if let packet = endPayload() { return packet }
            } else if isWithinPayload {
                takePayload(bytes, &position)
            } else {
                try takeHeader(bytes[position])
                position += 1
            }
        }
        return nil
    }

    private var isAtEndOfPayload: Bool { isWithinPayload && remainingByteCount == 0 }

    private mutating func takeHeader(_ byte: UInt8) throws(MySQLFault) {
        guard headerByteCount == 3 else {
            header |= UInt32(byte) << (8 * UInt32(headerByteCount))
            headerByteCount += 1
            return
        }
        guard byte == expectedSequence else { throw .outOfSequence }
        expectedSequence &+= 1
        remainingByteCount = Int(header)
        continues = header == 0xff_ffff
        isWithinPayload = true
        header = 0
        headerByteCount = 0
    }

    private mutating func takePayload(_ bytes: Span<UInt8>, _ position: inout Int) {
        let count = min(remainingByteCount, bytes.count - position)
        let kept = min(count, Self.beginningLimit - packet.beginning.count)
        for index in position..<position + kept { packet.beginning.append(bytes[index]) }
        packet.byteCount += count
        position += count
        remainingByteCount -= count
    }

    private mutating func endPayload() -> Packet? {
        isWithinPayload = false
        guard !continues else { return nil }
        defer {
            packet.beginning.removeAll(keepingCapacity: true)
            packet.byteCount = 0
        }
        return packet
    }
}

/// Cuts a stream into packets without keeping them: of each it hands over how it begins.
///
/// A result of a million rows passes without a copy and without memory.
package struct MySQLPacketScanner {
    /// How much of a packet is kept, in bytes: enough for every OK and EOF.
    static let beginningLimit = 32
    /// How much of an ERR: enough for its words.
    static let errorLimit = 512

    private var header: UInt32 = 0
    private var headerByteCount = 0
    private var remainingByteCount = 0
    /// Whether the packet goes on with the payload of the one before, which was as long as can be.
    private var continues = false
    private var isWithinPayload = false
    private var expectedSequence: UInt8
    /// The packet that ended last, or what has come of the next one.
    package private(set) var packet = Packet()

    package struct Packet: Equatable {
        package var beginning: [UInt8] = []
        /// Of the whole payload, in bytes.
        package var byteCount = 0

        fileprivate mutating func clear() {
            beginning.removeAll(keepingCapacity: true)
            byteCount = 0
        }
    }

    /// - Parameter sequence: of the first packet.
    package init(sequence: UInt8) {
        expectedSequence = sequence
    }

    /// Makes ready for another exchange, of which `sequence` is the first packet; forgets what has
    /// not come wholly.
    package mutating func restart(sequence: UInt8) {
        header = 0
        headerByteCount = 0
        isWithinPayload = false
        continues = false
        expectedSequence = sequence
        packet.clear()
    }

    /// Takes bytes from `position` on until a packet ends.
    ///
    /// - Returns: whether one did: ``packet`` has it until the next call. Where none did, it goes on
    ///   in the next piece.
    package mutating func next(
        of bytes: Span<UInt8>,
        from position: inout Int
    ) throws(MySQLWireError) -> Bool {
        while position < bytes.count || isAtEndOfPayload {
            if isAtEndOfPayload {
                isWithinPayload = false
                if !continues { return true }
            } else if isWithinPayload {
                takePayload(bytes, &position)
            } else {
                try takeHeader(bytes[position])
                position += 1
            }
        }
        return false
    }

    private var isAtEndOfPayload: Bool { isWithinPayload && remainingByteCount == 0 }

    private mutating func takeHeader(_ byte: UInt8) throws(MySQLWireError) {
        guard headerByteCount == 3 else {
            header |= UInt32(byte) << (8 * UInt32(headerByteCount))
            headerByteCount += 1
            return
        }
        guard byte == expectedSequence else { throw .outOfSequence }
        if !continues { packet.clear() }
        expectedSequence &+= 1
        remainingByteCount = Int(header)
        continues = header == 0xff_ffff
        isWithinPayload = true
        header = 0
        headerByteCount = 0
    }

    private mutating func takePayload(_ bytes: Span<UInt8>, _ position: inout Int) {
        let count = min(remainingByteCount, bytes.count - position)
        let isError = (packet.beginning.first ?? bytes[position]) == 0xff
        let limit = isError ? Self.errorLimit : Self.beginningLimit
        let kept = max(0, min(count, limit - packet.beginning.count))
        for index in position..<position + kept { packet.beginning.append(bytes[index]) }
        packet.byteCount += count
        position += count
        remainingByteCount -= count
    }
}

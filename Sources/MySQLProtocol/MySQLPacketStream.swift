/// Reads the packets of a stream that arrives in pieces of any size, and keeps each in full: for
/// the few, short packets of a login.
///
/// ```swift
/// reader.append(received)
/// while let packet = try reader.next() { handle(packet) }
/// ```
public struct MySQLPacketReader: Hashable, Sendable {
    private let limit: Int
    private var received: [UInt8] = []

    /// - Parameter limit: the longest payload that is accepted, in bytes.
    public init(limit: Int) {
        self.limit = limit
    }

    /// Whether no byte is left of what was appended.
    public var isEmpty: Bool { received.isEmpty }

    public mutating func append(_ bytes: Span<UInt8>) {
        for index in bytes.indices { received.append(bytes[index]) }
    }

    /// The next packet; `nil` if it has not arrived completely.
    public mutating func next() throws(MySQLWireError) -> MySQLPacket? {
        let decoding = try MySQLPacket.decode(received, limit: limit)
        guard case .complete(let packet, let byteCount) = decoding else { return nil }
        received.removeFirst(byteCount)
        return packet
    }
}

/// Reads the packets of a stream that arrives in pieces of any size, one by one, and holds nothing of
/// what follows a packet.
///
/// ```swift
/// if let packet = try collector.next(of: bytes, from: &position) { handle(packet) }
/// ```
public struct MySQLPacketCollector: Hashable, Sendable {
    private let limit: Int
    private var header = MySQLPacketHeader.Collector()
    private var begun: MySQLPacketHeader?
    private var payload: [UInt8] = []

    /// - Parameter limit: the longest payload that is accepted, in bytes; less than that of a packet
    ///   that continues in another one.
    public init(limit: Int) {
        self.limit = limit
    }

    /// Reads bytes from `position` on, up to the last one of a packet.
    ///
    /// - Returns: the packet; `nil` if it continues in the next piece.
    public mutating func next(
        of bytes: Span<UInt8>,
        from position: inout Int
    ) throws(MySQLWireError) -> MySQLPacket? {
        guard let header = begun ?? header.next(of: bytes, from: &position) else { return nil }
        guard header.payloadByteCount <= limit else {
            throw .packetTooLong(byteCount: header.payloadByteCount, limit: limit)
        }
        begun = header
        let end = position + min(bytes.count - position, header.payloadByteCount - payload.count)
        for index in position..<end { payload.append(bytes[index]) }
        position = end
        guard payload.count == header.payloadByteCount else { return nil }
        defer { (begun, payload) = (nil, []) }
        return MySQLPacket(sequence: header.sequence, payload: payload)
    }
}

/// Cuts a stream into packets and keeps only the beginning of each: a result of a million rows
/// passes without a copy and without memory.
public struct MySQLPacketScanner: Sendable {
    /// How much of a packet is kept, in bytes: enough for every OK and EOF.
    static let beginningLimit = 32
    /// How much of an ERR is kept, in bytes: enough for its message.
    static let errorLimit = 512

    private var header = MySQLPacketHeader.Collector()
    private var remainingByteCount = 0
    /// Whether the next packet continues the payload of this one, which is as long as one can be.
    private var continues = false
    private var isWithinPayload = false
    private var expectedSequence: UInt8
    /// The packet that ended last, or what has arrived of the next one.
    public private(set) var packet = Packet()

    public struct Packet: Equatable, Sendable {
        public var beginning: [UInt8] = []
        /// Of the whole payload, in bytes.
        public var byteCount = 0

        /// An EOF packet; a row that begins with FE is longer.
        var isEndOfFile: Bool { beginning.first == 0xfe && byteCount < 9 }

        fileprivate mutating func clear() {
            beginning.removeAll(keepingCapacity: true)
            byteCount = 0
        }
    }

    /// - Parameter sequence: of the first packet.
    public init(sequence: UInt8) {
        expectedSequence = sequence
    }

    /// Prepares for another exchange, whose first packet has the number `sequence`; discards a
    /// packet that has not arrived completely.
    public mutating func restart(sequence: UInt8) {
        header = MySQLPacketHeader.Collector()
        isWithinPayload = false
        continues = false
        expectedSequence = sequence
        packet.clear()
    }

    /// Reads bytes from `position` on until a packet ends.
    ///
    /// - Returns: whether one did: then ``packet`` has it until the next call. If not, it continues
    ///   in the next piece.
    public mutating func next(
        of bytes: Span<UInt8>,
        from position: inout Int
    ) throws(MySQLWireError) -> Bool {
        while position < bytes.count || isAtEndOfPayload {
            if isAtEndOfPayload {
                isWithinPayload = false
                if !continues { return true }
            } else if isWithinPayload {
                readPayload(bytes, &position)
            } else if let next = header.next(of: bytes, from: &position) {
                try begin(next)
            }
        }
        return false
    }

    private var isAtEndOfPayload: Bool { isWithinPayload && remainingByteCount == 0 }

    private mutating func begin(_ header: MySQLPacketHeader) throws(MySQLWireError) {
        guard header.sequence == expectedSequence else { throw .outOfSequence }
        if !continues { packet.clear() }
        expectedSequence &+= 1
        remainingByteCount = header.payloadByteCount
        continues = header.payloadByteCount == MySQLPacket.maximumPayloadByteCount
        isWithinPayload = true
    }

    private mutating func readPayload(_ bytes: Span<UInt8>, _ position: inout Int) {
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

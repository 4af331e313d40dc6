/// One MySQL packet: a 3-byte little-endian length, a sequence byte, a payload
/// (MySQL internals manual, "MySQL Packets").
///
/// ```swift
/// switch try MySQLPacket.decode(received, limit: 16_384) {
/// case .incomplete(let missingByteCount): read(atLeast: missingByteCount)
/// case .complete(let packet, let byteCount): handle(packet); received.removeFirst(byteCount)
/// }
/// ```
public struct MySQLPacket: Hashable, Sendable {
    /// What decoding found at the start of some bytes.
    public enum Decoding: Equatable, Sendable {
        /// At least this many bytes are missing.
        case incomplete(missingByteCount: Int)
        /// A packet, in the first `byteCount` bytes.
        case complete(MySQLPacket, byteCount: Int)
    }

    /// The bytes before a payload.
    public static let headerByteCount = 4
    /// A payload of this size or more continues in the next packet.
    public static let maximumPayloadByteCount = 0xff_ffff

    /// Counts the packets of one exchange, both directions together; wraps at 256.
    public var sequence: UInt8
    /// Without the header.
    public var payload: [UInt8]

    /// A packet of exactly these parts.
    public init(sequence: UInt8, payload: [UInt8]) {
        self.sequence = sequence
        self.payload = payload
    }

    /// The packet as sent: several frames if the payload is too long for one.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var sequence = sequence
        var rest = payload[...]
        var isLast = false
        while !isLast {
            let frame = rest.prefix(Self.maximumPayloadByteCount)
            bytes.appendLittleEndian(frame.count, byteCount: 3)
            bytes.append(sequence)
            bytes += frame
            rest.removeFirst(frame.count)
            sequence &+= 1
            isLast = frame.count < Self.maximumPayloadByteCount
        }
        return bytes
    }

    /// Reads one frame from the start of `bytes`.
    ///
    /// The limit is checked as soon as the header has arrived.
    ///
    /// - Parameter limit: the longest payload that is accepted, in bytes.
    public static func decode(
        _ bytes: some Collection<UInt8>,
        limit: Int
    ) throws(MySQLWireError) -> Decoding {
        guard let header = MySQLPacketHeader(bytes) else {
            return .incomplete(missingByteCount: headerByteCount - bytes.count)
        }
        guard header.payloadByteCount <= limit else {
            throw .packetTooLong(byteCount: header.payloadByteCount, limit: limit)
        }
        let byteCount = headerByteCount + header.payloadByteCount
        guard bytes.count >= byteCount else {
            return .incomplete(missingByteCount: byteCount - bytes.count)
        }
        let payload = [UInt8](bytes.dropFirst(headerByteCount).prefix(header.payloadByteCount))
        let packet = MySQLPacket(sequence: header.sequence, payload: payload)
        return .complete(packet, byteCount: byteCount)
    }
}

extension MySQLPacket {
    /// COM_QUIT, which ends a session.
    public static let quit = MySQLPacket(sequence: 0, payload: [0x01])

    /// COM_QUERY: one statement in the text protocol.
    public static func query(_ statement: String) -> MySQLPacket {
        MySQLPacket(sequence: 0, payload: [0x03] + statement.utf8)
    }

    /// The next packet of the exchange, with `payload`.
    public func reply(_ payload: [UInt8]) -> MySQLPacket {
        MySQLPacket(sequence: sequence &+ 1, payload: payload)
    }
}

/// The first four bytes of a packet.
public struct MySQLPacketHeader: Hashable, Sendable {
    public var payloadByteCount: Int
    public var sequence: UInt8

    public init(payloadByteCount: Int, sequence: UInt8) {
        self.payloadByteCount = payloadByteCount
        self.sequence = sequence
    }

    /// As sent.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(payloadByteCount, byteCount: 3)
        return bytes + [sequence]
    }

    /// Reads a header from the start of `bytes`; `nil` if there are fewer than four.
    public init?(_ bytes: some Collection<UInt8>) {
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in bytes.prefix(MySQLPacket.headerByteCount) {
            bits |= UInt32(byte) << (8 * count)
            count += 1
        }
        guard count == MySQLPacket.headerByteCount else { return nil }
        self.init(bits: bits)
    }

    /// Reads a header from the start of `bytes`; `nil` if there are fewer than four.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= MySQLPacket.headerByteCount else { return nil }
        payloadByteCount = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
        sequence = bytes[3]
    }

    private init(bits: UInt32) {
        payloadByteCount = Int(bits & 0xff_ffff)
        sequence = UInt8(bits >> 24)
    }

    /// Reads a header that arrives in pieces of any size.
    public struct Collector: Hashable, Sendable {
        private var bits: UInt32 = 0
        private var count: UInt32 = 0

        public init() {}

        /// Reads bytes from `position` on, up to the header's last.
        ///
        /// - Returns: the header; `nil` if it continues in the next piece.
        public mutating func next(
            of bytes: Span<UInt8>,
            from position: inout Int
        ) -> MySQLPacketHeader? {
            while position < bytes.count {
                bits |= UInt32(bytes[position]) << (8 * count)
                position += 1
                count += 1
                guard count == MySQLPacket.headerByteCount else { continue }
                defer { self = Collector() }
                return MySQLPacketHeader(bits: bits)
            }
            return nil
        }
    }
}

/// One MySQL packet: a 3-byte little-endian length, a sequence byte, a payload
/// (MySQL internals manual, "MySQL Packets").
///
/// ```swift
/// switch try MySQLPacket.decode(received, limit: 16_384) {
/// case .incomplete(let missingByteCount): read(atLeast: missingByteCount)
/// case .complete(let packet, let byteCount): handle(packet); received.removeFirst(byteCount)
/// }
/// ```
package struct MySQLPacket: Hashable, Sendable {
    /// What decoding found at the start of some bytes.
    package enum Decoding: Equatable, Sendable {
        /// At least so many bytes are still to come.
        case incomplete(missingByteCount: Int)
        /// A packet; it took the first `byteCount` bytes.
        case complete(MySQLPacket, byteCount: Int)
    }

    /// The bytes before a payload.
    package static let headerByteCount = 4
    /// A payload of this size or more goes on in the next packet.
    package static let maximumPayloadByteCount = 0xff_ffff

    /// Counts the packets of one exchange, both directions together; wraps at 256.
    package var sequence: UInt8
    /// What is said, without the header.
    package var payload: [UInt8]

    /// A packet of exactly these parts.
    package init(sequence: UInt8, payload: [UInt8]) {
        self.sequence = sequence
        self.payload = payload
    }

    /// The packet as sent: several frames where the payload is longer than one may be.
    package var bytes: [UInt8] {
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
    /// The limit is checked as soon as the header is there, before anything is waited for.
    ///
    /// - Parameter limit: the longest payload that is taken, in bytes.
    package static func decode(
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

/// A packet's first four bytes.
package struct MySQLPacketHeader {
    package var payloadByteCount: Int
    package var sequence: UInt8

    /// Reads a header from the start of `bytes`; `nil` where fewer than four are there.
    package init?(_ bytes: some Collection<UInt8>) {
        let header = [UInt8](bytes.prefix(MySQLPacket.headerByteCount))
        guard header.count == MySQLPacket.headerByteCount else { return nil }
        payloadByteCount = Int(header[0]) | Int(header[1]) << 8 | Int(header[2]) << 16
        sequence = header[3]
    }
}

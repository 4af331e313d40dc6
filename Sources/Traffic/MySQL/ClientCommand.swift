import MySQLProtocol

/// What the beginning of a client's packet says, as far as a watch wants to know it.
struct ClientCommandReader: Hashable, Sendable {
    /// What follows from the bytes of a packet that are there, its header included.
    enum Finding: Equatable {
        /// At least this many bytes of the packet are needed to know.
        case undecided(byteCount: Int)
        /// Nothing to be looked at.
        case other(MySQLPacketHeader)
        /// A request to end a session; the whole packet is there.
        case kill(ClientKill)
        /// A request to log in again; the whole packet is there.
        case changeOfUser(MySQLPacketHeader)
        /// A request to log in again that is longer than ``ClientCommandReader/userChangeLimit``.
        case longChangeOfUser(MySQLPacketHeader)
    }

    /// The longest statement that is read, in bytes: a KILL and its comments.
    static let statementLimit = 1 << 10
    /// The longest request to log in again, in bytes: names, an answer, and connection attributes.
    static let userChangeLimit = 16 << 10
    private static let payloadStart = MySQLPacket.headerByteCount

    /// Whether statements are preceded by attributes (CLIENT_QUERY_ATTRIBUTES).
    let hasQueryAttributes: Bool

    /// Reads a packet from its beginning.
    ///
    /// - Parameter previous: the header of the client's packet before.
    func read(_ packet: Span<UInt8>, after previous: MySQLPacketHeader?) -> Finding {
        guard let header = MySQLPacketHeader(packet) else {
            return .undecided(byteCount: Self.payloadStart)
        }
        guard header.payloadByteCount > 0, header.isCommand(after: previous) else {
            return .other(header)
        }
        guard packet.count > Self.payloadStart else {
            return .undecided(byteCount: Self.payloadStart + 1)
        }
        switch packet[Self.payloadStart] {
        case MySQLCommand.query: return readQuery(packet, header)
        case MySQLCommand.processKill: return readProcessKill(packet, header)
        case MySQLCommand.changeUser: return readChangeOfUser(packet, header)
        default: return .other(header)
        }
    }

    private func readQuery(_ packet: Span<UInt8>, _ header: MySQLPacketHeader) -> Finding {
        // Two more bytes with attributes: that there are none, in one set.
        let start = Self.payloadStart + (hasQueryAttributes ? 3 : 1)
        let end = Self.payloadStart + header.payloadByteCount
        guard start < end, end - start <= Self.statementLimit else { return .other(header) }
        guard packet.count > start else { return .undecided(byteCount: start + 1) }
        let isBare = !hasQueryAttributes || packet[start - 2] == 0 && packet[start - 1] == 1
        guard isBare, MySQLKillStatement.mayBegin(with: packet[start]) else {
            return .other(header)
        }
        guard packet.count >= end else { return .undecided(byteCount: end) }
        guard let statement = MySQLKillStatement(packet.extracting(start..<end)) else {
            return .other(header)
        }
        let digits = statement.digits
        return .kill(
            ClientKill(
                header: header,
                request: KillRequest(
                    session: statement.threadID,
                    scope: statement.endsQueryOnly ? .query : .connection
                ),
                digits: start + digits.lowerBound..<start + digits.upperBound
            )
        )
    }

    private func readProcessKill(_ packet: Span<UInt8>, _ header: MySQLPacketHeader) -> Finding {
        let end = Self.payloadStart + 5
        guard header.payloadByteCount == 5 else { return .other(header) }
        guard packet.count >= end else { return .undecided(byteCount: end) }
        let id = (Self.payloadStart + 1..<end).reversed().reduce(0 as UInt32) {
            $0 << 8 | UInt32(packet[$1])
        }
        let request = KillRequest(session: id, scope: .connection)
        return .kill(ClientKill(header: header, request: request, digits: nil))
    }

    private func readChangeOfUser(_ packet: Span<UInt8>, _ header: MySQLPacketHeader) -> Finding {
        let end = Self.payloadStart + header.payloadByteCount
        guard header.payloadByteCount <= Self.userChangeLimit else {
            return .longChangeOfUser(header)
        }
        return packet.count < end ? .undecided(byteCount: end) : .changeOfUser(header)
    }
}

/// A client's request to end a session, as it was sent.
struct ClientKill: Hashable, Sendable {
    let header: MySQLPacketHeader
    let request: KillRequest
    /// Where the number is in the packet; `nil` for COM_PROCESS_KILL.
    let digits: Range<Int>?

    /// The packet with the backend's id for the session.
    ///
    /// - Parameter packet: as the client sent it, its header included.
    func rewritten(_ packet: [UInt8], threadID: UInt32) -> [UInt8] {
        guard let digits else {
            var payload = [MySQLCommand.processKill]
            payload.appendLittleEndian(threadID, byteCount: 4)
            return MySQLPacket(sequence: header.sequence, payload: payload).bytes
        }
        let statement = packet[MySQLPacket.headerByteCount..<digits.lowerBound]
        let payload = statement + Array("\(threadID)".utf8) + packet[digits.upperBound...]
        return MySQLPacket(sequence: header.sequence, payload: Array(payload)).bytes
    }
}

extension MySQLPacketHeader {
    /// Whether the packet continues in the next one.
    var continues: Bool { payloadByteCount == MySQLPacket.maximumPayloadByteCount }

    /// Whether the packet starts with a command: its number is 0. In a long answer of the client, the
    /// contents of a file (LOAD DATA LOCAL), numbers start again after 255; the last packet of
    /// such an answer is empty.
    func isCommand(after previous: MySQLPacketHeader?) -> Bool {
        guard sequence == 0, let previous else { return sequence == 0 }
        guard !previous.continues else { return false }
        return previous.sequence != 255 || previous.payloadByteCount == 0
    }
}

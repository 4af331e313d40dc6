internal import HTTPProtocol
internal import MySQLProtocol
internal import Traffic

/// What a server's first bytes say of a connection, whichever protocol it has.
///
/// A gateway accepts a connection before it has decided about its client. A client that it denies
/// gets an error in the listener's protocol: a MySQL error packet or an HTTP error response, though
/// nothing was asked.
struct ServerOpening {
    enum Verdict: Equatable {
        /// The bytes so far may still become an error.
        case undecided
        /// They are the beginning of something else.
        case accepted
        case refused(Failure)
    }

    /// The longest error that is recognised, in bytes.
    static let byteLimit = 1_024

    private var bytes: [UInt8] = []
    private var isDecided = false

    mutating func receive(_ piece: Span<UInt8>) -> Verdict {
        guard !isDecided else { return .accepted }
        for index in 0..<min(piece.count, Self.byteLimit - bytes.count) {
            bytes.append(piece[index])
        }
        let verdict = bytes.first == UInt8(ascii: "H") ? readHTTP() : readMySQL()
        isDecided = verdict != .undecided
        return verdict
    }

    /// The stream has ended: what is there is all there is.
    func end() -> Failure? {
        guard !isDecided, !bytes.isEmpty, case .refused(let failure) = readMySQL(isComplete: true)
        else { return nil }
        return failure
    }

    /// `HTTP/1.1 403`: a status line is complete with its status (RFC 9112 §4).
    private func readHTTP() -> Verdict {
        let version = Array("HTTP/1.".utf8)
        guard bytes.starts(with: version.prefix(bytes.count)) else { return .accepted }
        guard bytes.count >= 12 else { return .undecided }
        guard let status = bytes.span.extracting(9..<12).decimal, status >= 400 else {
            return .accepted
        }
        return .refused(Failure(.status, "HTTP status \(status) before any request", code: status))
    }

    /// A packet's header of four bytes, then FF: an error. Its words are worth waiting for.
    private func readMySQL(isComplete: Bool = false) -> Verdict {
        let length = bytes.prefix(3).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count > 4 else { return isComplete ? .accepted : .undecided }
        guard bytes[4] == 0xff, (3...Self.byteLimit - 4).contains(length), bytes[3] <= 2 else {
            return .accepted
        }
        guard bytes.count >= 4 + length || isComplete else { return .undecided }
        guard let error = MySQLErrorPacket(payload: Array(bytes.dropFirst(4).prefix(length))) else {
            return .accepted
        }
        return .refused(Failure(error))
    }
}

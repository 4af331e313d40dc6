/// Collects the headers at the beginning of a connection, however its bytes are cut.
///
/// Only for connections from sources that are trusted to send one; whether a header comes is known
/// from the configuration, never guessed (§2). Several headers may follow each other, because a
/// load balancer does not strip what the proxy before it has sent. Nothing is waited for after a
/// complete header that ends a chunk: the client of a server-first protocol has nothing more to
/// say. What comes later is payload, which a ``ProxySignatureGuard`` can watch.
///
/// ```swift
/// var receiver = ProxyHeaderReceiver(byteLimit: 4096)
/// if case .complete(let headers, let payload) = try receiver.receive(chunk) { … }
/// ```
public struct ProxyHeaderReceiver: Sendable {
    /// How far the beginning of the connection has come.
    public enum Progress: Hashable, Sendable {
        /// A header is incomplete; at least so many bytes are missing.
        case incomplete(missingByteCount: Int)
        /// All headers so far are complete, and the bytes behind them may begin another one.
        ///
        /// If no more bytes come, they are payload: ``ProxyHeaderReceiver/finish()``.
        case undecided
        /// All headers, the one that was sent first in front, and the bytes behind them.
        case complete(headers: [ProxyHeader], payload: [UInt8])
    }

    /// How many headers may follow each other.
    public let headerLimit: Int
    /// How many bytes all headers together may have, and how many are collected at most besides
    /// the last chunk.
    public let byteLimit: Int
    /// The complete headers so far.
    public private(set) var headers: [ProxyHeader] = []

    /// The bytes that no complete header has taken, also after an error.
    ///
    /// Where a header is optional and ``ProxyHeaderError/notAProxyHeader(offset:)`` says that there
    /// is none, they are all of the client's payload.
    public private(set) var pendingBytes: [UInt8] = []

    private var headersByteCount = 0

    /// A receiver that has seen nothing.
    public init(byteLimit: Int, headerLimit: Int = 4) {
        self.byteLimit = byteLimit
        self.headerLimit = headerLimit
    }

    /// Takes the connection's next bytes. Not to be called again after an error, nor after
    /// `.complete` with a payload; without one, whoever knows that another header comes may wait.
    ///
    /// - Throws: ``ProxyHeaderError``, also for a faulty header behind a good one: whoever wrote
    ///   it, it must reach the backend neither as a header nor as payload.
    public mutating func receive(_ chunk: [UInt8]) throws(ProxyHeaderError) -> Progress {
        pendingBytes.append(contentsOf: chunk)
        while true {
            switch try next() {
            case .payload:
                return .complete(headers: headers, payload: pendingBytes)
            case .undecided:
                return .undecided
            case .header:
                if let missing = try takeHeader() { return .incomplete(missingByteCount: missing) }
            }
        }
    }

    /// The outcome if no more bytes come, at a deadline or the end of the stream: `.complete` with
    /// the undecided bytes as payload, or `nil` if a header is missing or cut off.
    public func finish() -> Progress? {
        // `try?`: the error of one header too many has been thrown by `receive` already.
        guard !headers.isEmpty, let next = try? next(), next != .header else { return nil }
        return .complete(headers: headers, payload: pendingBytes)
    }
}

extension ProxyHeaderReceiver {
    /// What the pending bytes begin with.
    private enum Next {
        case header
        case payload
        case undecided
    }

    /// The first header must come; another one only may.
    private func next() throws(ProxyHeaderError) -> Next {
        guard !headers.isEmpty else { return .header }
        guard !pendingBytes.isEmpty else { return .payload }
        switch ProxySignature.match(pendingBytes.span) {
        case .none: return .payload
        case .prefix: return .undecided
        case .whole:
            guard headers.count < headerLimit else { throw .tooManyHeaders(limit: headerLimit) }
            return .header
        }
    }

    /// Takes one header off the pending bytes, or returns how many bytes it lacks.
    private mutating func takeHeader() throws(ProxyHeaderError) -> Int? {
        switch try ProxyHeader.decode(pendingBytes, limit: byteLimit - headersByteCount) {
        case .complete(let header, let byteCount):
            headers.append(header)
            headersByteCount += byteCount
            pendingBytes.removeFirst(byteCount)
            return nil
        case .incomplete(let missingByteCount):
            return missingByteCount
        }
    }
}

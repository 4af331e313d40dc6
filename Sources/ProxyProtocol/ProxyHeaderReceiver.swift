/// Collects the headers at the start of a connection, however its bytes are split.
///
/// Only for connections from sources that are trusted to send one; whether a header is expected is
/// configured, never guessed (§2). Several headers may follow each other, because a load balancer
/// does not strip what the proxy before it has sent. After a complete header at the end of a chunk
/// nothing more is awaited: the client of a server-first protocol does not send anything yet. Later
/// bytes are payload, which a ``ProxySignatureGuard`` can watch.
///
/// ```swift
/// var receiver = ProxyHeaderReceiver(byteLimit: 4096)
/// if case .complete(let headers, let payload) = try receiver.receive(chunk) { … }
/// ```
public struct ProxyHeaderReceiver: Sendable {
    /// How much of the connection's start has arrived.
    public enum Progress: Hashable, Sendable {
        /// A header is incomplete; at least this many bytes are missing.
        case incomplete(missingByteCount: Int)
        /// All headers so far are complete, and the bytes after them may start another one.
        ///
        /// If no more bytes come, they are payload: ``ProxyHeaderReceiver/finish()``.
        case undecided
        /// All headers, in the order they were sent, and the bytes after them.
        case complete(headers: [ProxyHeader], payload: [UInt8])
    }

    /// The maximum number of headers in a row.
    public let headerLimit: Int
    /// The maximum length of all headers together, and of what is collected besides the last
    /// chunk, in bytes.
    public let byteLimit: Int
    /// The complete headers so far.
    public private(set) var headers: [ProxyHeader] = []

    /// The bytes that are not part of a complete header, also after an error.
    ///
    /// If a header is optional and ``ProxyHeaderError/notAProxyHeader(offset:)`` says that there
    /// is none, they are all of the client's payload.
    public private(set) var pendingBytes: [UInt8] = []

    private var headersByteCount = 0

    /// A receiver that has received nothing.
    public init(byteLimit: Int, headerLimit: Int = 4) {
        self.byteLimit = byteLimit
        self.headerLimit = headerLimit
    }

    /// Receives the connection's next bytes. Not to be called again after an error, nor after
    /// `.complete` with a payload; without one, a caller that expects another header may continue.
    ///
    /// - Throws: ``ProxyHeaderError``, also for an invalid header after a valid one: whoever wrote
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
    /// the undecided bytes as payload, or `nil` if a header is missing or truncated.
    public func finish() -> Progress? {
        // `try?`: `receive` has thrown the error of one header too many already.
        guard !headers.isEmpty, let next = try? next(), next != .header else { return nil }
        return .complete(headers: headers, payload: pendingBytes)
    }
}

extension ProxyHeaderReceiver {
    /// What the pending bytes start with.
    private enum Next {
        case header
        case payload
        case undecided
    }

    /// The first header is required; further ones are optional.
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

    /// Removes one header from the pending bytes, or returns how many bytes it lacks.
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

/// Watches a connection on which no PROXY header may come, or none any more.
///
/// A backend that reads headers would believe one that a client wrote into its own payload. So the
/// client's first bytes are looked at before they are passed on: at most 12 are held back, no
/// header is parsed, and the first byte that fits no signature clears the connection.
///
/// ```swift
/// var watch = ProxySignatureGuard()
/// switch watch.receive(chunk) {
/// case .undecided: break                                      // hold, wait for more
/// case .clear: send(watch.heldBytes); send(chunk)             // and watch no longer
/// case .header: refuse()
/// }
/// ```
public struct ProxySignatureGuard: Sendable {
    /// What the bytes so far say.
    public enum Verdict: Hashable, Sendable {
        /// All bytes so far are a proper prefix of a signature; the guard holds them.
        case undecided
        /// No header stands here, and none can.
        case clear
        /// A whole signature stands here: v2's twelve bytes, or v1's up to the protocol's name.
        case header
    }

    /// The bytes of all chunks before the one that decided.
    public private(set) var heldBytes: [UInt8] = []
    /// The last answer; `.undecided` before the first byte.
    public private(set) var verdict = Verdict.undecided

    /// A guard that has seen nothing.
    public init() {}

    /// Looks at the client's next bytes. After a verdict other than `.undecided` nothing changes.
    public mutating func receive(_ chunk: Span<UInt8>) -> Verdict {
        guard verdict == .undecided else { return verdict }
        verdict = judge(chunk)
        if verdict == .undecided { heldBytes += chunk.copy(0..<chunk.count) }
        return verdict
    }

    /// Looks at the client's next bytes; the same for an array.
    public mutating func receive(_ chunk: [UInt8]) -> Verdict {
        receive(chunk.span)
    }

    private func judge(_ chunk: Span<UInt8>) -> Verdict {
        switch match(chunk) {
        case .whole: .header
        case .prefix: .undecided
        case .none: .clear
        }
    }

    private func match(_ chunk: Span<UInt8>) -> ProxySignature.Match {
        guard !heldBytes.isEmpty else { return ProxySignature.match(chunk) }
        let first = min(chunk.count, ProxySignature.longestByteCount)
        return ProxySignature.match((heldBytes + chunk.copy(0..<first)).span)
    }
}

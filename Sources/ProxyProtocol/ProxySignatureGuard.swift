/// Watches a connection on which the client must not send a PROXY header.
///
/// A backend that reads headers would believe one that a client wrote into its own payload. What
/// matters is the backend's grammar, not ours: MariaDB accepts `PROXY` followed by two spaces, a
/// tab or a bare LF, which §2.1 forbids. So the guard parses nothing. A payload that starts with
/// `PROXY`, or with the first five bytes of version 2's signature, is a header, whatever follows;
/// no MySQL packet or HTTP request starts like that. Of anything else at most four bytes are held
/// back, until the first byte that differs clears the connection.
///
/// ```swift
/// var watch = ProxySignatureGuard()
/// switch watch.receive(chunk) {
/// case .undecided: break                                      // held, wait for more
/// case .clear: send(watch.heldBytes); send(chunk)             // stop watching
/// case .header: refuse()
/// }
/// ```
public struct ProxySignatureGuard: Sendable {
    /// What the bytes so far show.
    public enum Verdict: Hashable, Sendable {
        /// All bytes so far may be the start of a header; the guard holds them.
        case undecided
        /// The payload is not a header.
        case clear
        /// The payload starts like a header.
        case header
    }

    /// The bytes of all chunks before the deciding one: at most four.
    public private(set) var heldBytes: [UInt8] = []
    /// The last verdict; `.undecided` before the first byte.
    public private(set) var verdict = Verdict.undecided

    /// What a payload starts with that some receiver may accept as a header (§2.1, §2.2).
    private static let beginnings: [[UInt8]] = [
        Array("PROXY".utf8), [0x0D, 0x0A, 0x0D, 0x0A, 0x00],
    ]

    /// A guard that has received nothing.
    public init() {}

    /// Examines the client's next bytes. A verdict other than `.undecided` is final.
    public mutating func receive(_ chunk: Span<UInt8>) -> Verdict {
        guard verdict == .undecided else { return verdict }
        verdict = judge(chunk)
        if verdict == .undecided { heldBytes += chunk.copy(0..<chunk.count) }
        return verdict
    }

    /// Examines the client's next bytes; the same for an array.
    public mutating func receive(_ chunk: [UInt8]) -> Verdict {
        receive(chunk.span)
    }

    private func judge(_ chunk: Span<UInt8>) -> Verdict {
        var isPossible = false
        for beginning in Self.beginnings where beginning.starts(with: heldBytes) {
            let rest = beginning[heldBytes.count...]
            let common = min(rest.count, chunk.count)
            guard chunk.matches(rest.prefix(common)) else { continue }
            if common == rest.count { return .header }
            isPossible = true
        }
        return isPossible ? .undecided : .clear
    }
}

extension Span<UInt8> {
    /// Whether the span starts with `bytes`, which are not longer than the span.
    fileprivate func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
        for (index, byte) in bytes.enumerated() where self[index] != byte { return false }
        return true
    }
}

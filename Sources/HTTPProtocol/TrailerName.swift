import Text

/// The name of a trailer field, byte by byte, as far as it matters: whether it is one that a recipient
/// who merges trailers into the head would take for the framing or route of a message
/// (RFC 9110 §6.5.1).
struct TrailerName: Hashable, Sendable {
    private static let forbidden = ["content-length", "transfer-encoding", "host"].map {
        Array($0.utf8)
    }

    private var byteCount = 0
    /// The index of the forbidden name that this one begins like.
    private var candidate: Int?

    var isEmpty: Bool { byteCount == 0 }

    var isForbidden: Bool { candidate.map { Self.forbidden[$0].count == byteCount } ?? false }

    func appending(_ byte: UInt8) -> TrailerName {
        var name = self
        // Their first letters differ.
        let first = isEmpty ? Self.forbidden.firstIndex { $0[0] == byte.lowercased } : candidate
        name.candidate = first.flatMap { index in
            let forbidden = Self.forbidden[index]
            let continues = byteCount < forbidden.count && forbidden[byteCount] == byte.lowercased
            return continues ? index : nil
        }
        name.byteCount += 1
        return name
    }
}

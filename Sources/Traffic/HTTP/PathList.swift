/// Paths of HTTP requests that a listener denies.
///
/// ```swift
/// let denied = PathList(["/api/colocate", "/api/compaction/*", "/api/snapshot$"])
/// denied.contains("/api/colocate/group_stable?db_id=1")  // true
/// denied.contains("/api/Snapshot")                       // true
/// denied.contains("/api/snapshot/orders/_stream_load")   // false: the database of that name
/// ```
public struct PathList: Hashable, Sendable {
    /// Prefixes of whole segments, such as `/api/*/compaction`, in the order of the configuration. `*`
    /// stands for one segment; with a `$` at its end an element is a whole path, not a prefix.
    public var prefixes: [String] {
        didSet {
            patterns = prefixes.map(PathPattern.init)
            index = PathIndex(patterns)
        }
    }

    /// More than any path has; each segment is compared with each pattern.
    private static let segmentLimit = 64

    private var patterns: [PathPattern]
    private var index: PathIndex

    public init(_ prefixes: [String] = []) {
        self.prefixes = prefixes
        patterns = prefixes.map(PathPattern.init)
        index = PathIndex(patterns)
    }

    /// Whether a request for `target` (RFC 9112 §3.2) is denied: if any server could read one of the
    /// list's paths in it.
    ///
    /// Letter case, a slash at the end and the query make no difference. In a target that different
    /// servers read differently (`..`, `//`, `;`, `\`, escapes of these), the segments of a listed path
    /// deny it wherever they are, also with others between them: whatever a server removes from the path,
    /// these remain. Such targets with more than 64 segments, and escapes that are invalid, hide control
    /// characters, or are nested more than three deep are denied by every list that is not empty.
    ///
    /// - Complexity: O(n) in the target's length for a path of plain ASCII, and without allocations; for
    ///   others O(n) for each of the list's paths.
    public func contains(_ target: Span<UInt8>) -> Bool {
        guard !prefixes.isEmpty else { return false }
        if let end = target.plainPathEnd { return index.matches(target.extracting(0..<end)) }
        return containsOddTarget(target)
    }

    /// The same for text.
    public func contains(_ target: String) -> Bool {
        let text = target.utf8Span
        return contains(text.span)
    }

    /// The element of the list that denies `target`; `nil` if it is how the target is written.
    func element(denying target: Span<UInt8>) -> String? {
        guard let end = target.plainPathEnd else { return nil }
        let path = target.extracting(0..<end)
        return patterns.indices.first { patterns[$0].matches(path) }.map { prefixes[$0] }
    }

    private func containsOddTarget(_ target: Span<UInt8>) -> Bool {
        switch TargetPath(decoding: target) {
        case .refused: return true
        case .plain(let path): return index.matches(path.span)
        case .ambiguous(let path):
            let segments = TargetPath.segments(of: path)
            guard segments.count <= Self.segmentLimit else { return true }
            return patterns.contains { $0.isHidden(among: segments) }
        }
    }
}

extension Span<UInt8> {
    /// Where the path of a request's target ends, if it begins with `/` and every server reads it alike,
    /// byte for byte; otherwise `nil`.
    fileprivate var plainPathEnd: Int? {
        guard count > 0, self[0] == UInt8(ascii: "/") else { return nil }
        var previous = UInt8(ascii: "x")
        for index in indices {
            let byte = self[index]
            switch byte {
            case UInt8(ascii: "?"): return index
            case UInt8(ascii: "%"), UInt8(ascii: ";"), UInt8(ascii: "#"), UInt8(ascii: "\\"),
                0...0x20, 0x7f...:
                return nil
            // `//`, and a segment that may be `.` or `..`.
            case UInt8(ascii: "/"), UInt8(ascii: "."):
                if previous == UInt8(ascii: "/") { return nil }
            default: break
            }
            previous = byte
        }
        return count
    }
}

import HTTPProtocol
import Text

/// What a request's target says about it, as Doris and StarRocks route it.
///
/// Segments are compared as servers do: percent-decoded once (RFC 3986 §2.1), without parameters after
/// `;`, and with `.` and `..` resolved.
public struct HTTPRequestPath: Hashable, Sendable {
    public var pathClass = HTTPRequestRecord.PathClass.other
    public var database: String?
    public var table: String?

    /// - Parameter target: in origin or absolute form (RFC 9112 §3.2).
    public init(_ target: Span<UInt8>) {
        let path = target.extracting(target.pathRange)
        let segments = path.segments
        guard segments.count > 0 else { return }
        let first = path.extracting(segments[0])
        if first.isSegment("rest") { pathClass = .rest }
        guard first.isSegment("api") else { return }
        pathClass = .api
        guard segments.count > 1 else { return }
        read(path, segments)
    }

    private mutating func read(_ path: Span<UInt8>, _ segments: PathSegments) {
        let second = path.extracting(segments[1])
        let last = path.extracting(segments[segments.count - 1])
        switch segments.count {
        case 2:
            pathClass = Self.pathClass(ofSingle: second)
        case 3 where second.isSegment("transaction"):
            pathClass = .transaction
        case 3 where last.isSegment("_stream_load_2pc"):
            pathClass = .twoPhaseCommit
            database = path.name(segments[1])
        case 4:
            guard let pathClass = Self.pathClass(ofTable: last) else { return }
            self.pathClass = pathClass
            database = path.name(segments[1])
            table = path.name(segments[2])
        default: break
        }
    }

    private static func pathClass(ofSingle name: Span<UInt8>) -> HTTPRequestRecord.PathClass {
        if name.isSegment("_http_stream") { return .httpStream }
        if name.isSegment("_load_error_log") { return .loadErrorLog }
        if name.isSegment("backends") { return .backendList }
        return name.isSegment("health") || name.isSegment("bootstrap") ? .health : .api
    }

    private static func pathClass(ofTable name: Span<UInt8>) -> HTTPRequestRecord.PathClass? {
        if name.isSegment("_stream_load") || name.isSegment("_stream_load_forward") {
            return .streamLoad
        }
        if name.isSegment("_stream_load_2pc") { return .twoPhaseCommit }
        return name.isSegment("_load") ? .miniLoad : nil
    }
}

extension HTTPRequestRecord.PathClass {
    /// Whether a front end redirects such requests to one of its backends.
    public var isRedirected: Bool {
        switch self {
        case .streamLoad, .twoPhaseCommit, .httpStream, .miniLoad, .transaction: true
        case .loadErrorLog, .backendList, .health, .api, .rest, .other: false
        }
    }

    /// Whether the answer is JSON with a `Status` of its own.
    var hasLoadStatus: Bool { isRedirected }
}

extension HTTPRequestPath {
    /// Whether a client asks a backend to pass its load on to a third server, which only a front end may
    /// (`/_stream_load_forward`, `forward_to`: apache/doris#64935).
    public static func asksToForward(_ target: Span<UInt8>) -> Bool {
        guard target.firstIndex(of: UInt8(ascii: "%")) != nil || target.contains("forward") else {
            return false
        }
        var text: [UInt8] = []
        text.reserveCapacity(target.count)
        var position = 0
        while position < target.count {
            text.append(target.decodedByte(at: &position).lowercased)
        }
        let span = text.span
        return span.contains("_stream_load_forward") || span.contains("forward_to")
    }
}

extension Span<UInt8> {
    /// Where the path is, in a target in origin or absolute form.
    var pathRange: Range<Int> {
        var start = 0
        if count > 0, self[0] != UInt8(ascii: "/"), let colon = firstIndex(of: UInt8(ascii: ":")),
            colon + 2 < count, self[colon + 1] == UInt8(ascii: "/")
        {
            start = colon + 3
            while start < count, self[start] != UInt8(ascii: "/"), self[start] != UInt8(ascii: "?")
            {
                start += 1
            }
        }
        var end = start
        while end < count, self[end] != UInt8(ascii: "?"), self[end] != UInt8(ascii: "#") {
            end += 1
        }
        return start..<end
    }

    /// The parts between slashes that are not empty, with `.` and `..` resolved; of a very long path, the
    /// first few.
    fileprivate var segments: PathSegments {
        var segments = PathSegments()
        var start = 0
        while start < count, segments.count < PathSegments.limit {
            var end = start
            while end < count, self[end] != UInt8(ascii: "/") { end += 1 }
            defer { start = end + 1 }
            let segment = extracting(start..<end)
            if segment.isEmpty { continue }
            // Few segments are worth a closer look.
            let mayBeDots = segment[0] == UInt8(ascii: ".") || segment[0] == UInt8(ascii: "%")
            if mayBeDots, segment.isSegment(".") { continue }
            if mayBeDots, segment.isSegment("..") {
                segments.removeLast()
            } else {
                segments.append(start..<end)
            }
        }
        return segments
    }

    /// Whether it is the segment `name`, in any case, however it is escaped. Allocates only for escapes.
    fileprivate func isSegment(_ name: StaticString) -> Bool {
        // Parameters and escapes only make it longer.
        guard count > name.utf8CodeUnitCount else { return equals(ignoringCase: name) }
        let segment = extracting(0..<(firstIndex(of: UInt8(ascii: ";")) ?? count))
        if segment.equals(ignoringCase: name) { return true }
        guard segment.firstIndex(of: UInt8(ascii: "%")) != nil else { return false }
        var decoded: [UInt8] = []
        var position = 0
        while position < segment.count { decoded.append(segment.decodedByte(at: &position)) }
        let bytes = decoded.span
        return bytes.equals(ignoringCase: name)
    }

    /// A percent-decoded name for the record.
    fileprivate func name(_ range: Range<Int>) -> String {
        var bytes: [UInt8] = []
        let segment = extracting(range)
        var position = 0
        while position < segment.count, bytes.count < 256 {
            bytes.append(segment.decodedByte(at: &position))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The byte that begins at `position`, which is moved behind it: an escape is one (RFC 3986 §2.1).
    fileprivate func decodedByte(at position: inout Int) -> UInt8 {
        defer { position += 1 }
        guard self[position] == UInt8(ascii: "%"), position + 2 < count,
            let high = self[position + 1].hexadecimalDigit,
            let low = self[position + 2].hexadecimalDigit
        else { return self[position] }
        position += 2
        return UInt8(high << 4 | low)
    }

    fileprivate func contains(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard count >= length else { return false }
        for start in 0...(count - length) where extracting(start..<count).hasPrefix(text) {
            return true
        }
        return false
    }
}

/// Where the segments of a path are: of each request, so nothing is allocated for them.
private struct PathSegments {
    /// More than the paths that are told apart here have.
    static let limit = 8

    private(set) var count = 0
    private var ranges = InlineArray<8, Range<Int>>(repeating: 0..<0)

    subscript(index: Int) -> Range<Int> { ranges[index] }

    mutating func append(_ range: Range<Int>) {
        ranges[count] = range
        count += 1
    }

    mutating func removeLast() {
        if count > 0 { count -= 1 }
    }
}

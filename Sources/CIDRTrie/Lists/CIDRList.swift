/// A list of blocks as people keep it in a file, one entry a line:
///
///     # Offices
///     198.51.100.0/24   Lisbon
///     2001:db8:42::/48  # Lisbon
///     203.0.113.7                       one address
///     203.0.113.16-203.0.113.40         a range: as many blocks as it takes
///     !198.51.100.66/32 the guests' Wi-Fi
///
/// Empty lines and lines that start with `#` say nothing. `!` denies. What stands behind the
/// address and white space, without a leading `#`, is the description. A fault costs its own line
/// only; so that no list with a hole in it is used by mistake, check ``faults`` first.
public struct CIDRList: Sendable {
    /// The longest line that is read, in bytes.
    public static let lineLimit = 4096

    /// In the order of the lines. A range that is no block gives several rules.
    public internal(set) var rules: [Rule] = []
    /// For each rule the line on which it stands, counted from 1.
    public internal(set) var lines: [Int] = []
    public internal(set) var faults: [CIDRListFault] = []

    /// Reads UTF-8; a byte order mark and carriage returns at a line's end are passed over.
    ///
    /// - Complexity: O(*n*) for *n* bytes, in one pass.
    public init(parsing bytes: Span<UInt8>) {
        var start = bytes.startsWithByteOrderMark ? 3 : 0
        var line = 1
        while start < bytes.count {
            let end = bytes.endOfLine(from: start)
            append(bytes.extracting(start..<end), line: line)
            start = end + 1
            line += 1
        }
    }

    private mutating func append(_ text: Span<UInt8>, line: Int) {
        do {
            for rule in try CIDRListLine.rules(of: text) {
                rules.append(rule)
                lines.append(line)
            }
        } catch {
            faults.append(CIDRListFault(line: line, column: error.offset + 1, reason: error.reason))
        }
    }
}

extension Span<UInt8> {
    fileprivate var startsWithByteOrderMark: Bool {
        count >= 3 && self[0] == 0xef && self[1] == 0xbb && self[2] == 0xbf
    }

    fileprivate func endOfLine(from start: Int) -> Int {
        var end = start
        while end < count, self[end] != UInt8(ascii: "\n") { end += 1 }
        return end
    }
}

/// A list of blocks as people keep it in a file, one entry a line:
///
///     # Offices
///     198.51.100.0/24   Lisbon
///     2001:db8:42::/48  # Lisbon
///     203.0.113.7                       one address
///     203.0.113.16 - 203.0.113.40       a range: as many blocks as it takes
///     !198.51.100.66/32 the guests' Wi-Fi
///
/// Empty lines and lines that start with `#` or `;` say nothing. `!` denies. What follows the
/// address is the description, if it is clearly one: an address, a number or a verdict there is a
/// fault, never words. After `#` anything is a description. A fault costs its own line only; so
/// that no list with a hole in it is used by mistake, check ``faults`` first.
public struct CIDRList: Sendable {
    /// The longest line that is read, in bytes.
    public static let lineLimit = 4096
    /// The most rules of one list, unless another number is given.
    public static let ruleLimit = 10_000_000

    /// In the order of the lines. A range that is no block gives several rules.
    public internal(set) var rules: [Rule] = []
    /// For each rule the line on which it stands, counted from 1.
    public internal(set) var lines: [Int] = []
    public internal(set) var faults: [CIDRListFault] = []

    /// Reads UTF-8. A line ends with a line feed, a carriage return or both; a byte order mark is
    /// passed over.
    ///
    /// - Parameter ruleLimit: more rules are a fault. A range may take 254 of them, so that a file's
    ///   size says little of the memory that its rules take.
    /// - Complexity: O(*n*) for *n* bytes, in one pass.
    public init(parsing bytes: Span<UInt8>, ruleLimit: Int = ruleLimit) {
        guard !bytes.isUTF16 else {
            faults = [CIDRListFault(line: 1, column: 1, reason: .utf16)]
            return
        }
        var start = 0
        var line = 1
        while start < bytes.count {
            let end = bytes.endOfLine(from: start)
            append(bytes.extracting(start..<end), line: line)
            guard rules.count <= ruleLimit else {
                let reason = CIDRListFault.Reason.tooManyRules(limit: ruleLimit)
                faults.append(CIDRListFault(line: line, column: 1, reason: reason))
                return
            }
            start = bytes.startOfLine(after: end)
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
    /// By its byte order mark.
    fileprivate var isUTF16: Bool {
        count >= 2 && (self[0] == 0xff && self[1] == 0xfe || self[0] == 0xfe && self[1] == 0xff)
    }

    fileprivate func endOfLine(from start: Int) -> Int {
        var end = start
        while end < count, self[end] != UInt8(ascii: "\n"), self[end] != UInt8(ascii: "\r") {
            end += 1
        }
        return end
    }

    /// A carriage return and a line feed are one line end.
    fileprivate func startOfLine(after end: Int) -> Int {
        let isPair =
            end + 1 < count && self[end] == UInt8(ascii: "\r")
            && self[end + 1] == UInt8(ascii: "\n")
        return end + (isPair ? 2 : 1)
    }
}
